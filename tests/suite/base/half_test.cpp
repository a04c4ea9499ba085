#include "suite/base/half.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace suite {
namespace {

// The number that a binary16 spells, by its definition (IEEE 754-2019, 3.4).
double by_definition(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1f;
    const int fraction = bits & 0x3ff;
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31) {
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    }
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

TEST(HalfTest, EveryBinary16IsReadAsDefinedAndComesBack) {
    for (unsigned bits = 0; bits < 65'536; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const double expected = by_definition(half);
        const float value = float_from_float16(half);
        if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(value)) << bits;
            EXPECT_TRUE(std::isnan(by_definition(float16_from_float(value)))) << bits;
        } else {
            EXPECT_EQ(static_cast<double>(value), expected) << bits;
            EXPECT_EQ(float16_from_float(value), half) << bits;
        }
    }
}

// Halfway between neighbours goes to the even one, anything off half to the nearer one.
TEST(HalfTest, BetweenTwoBinary16TheNearestIsTakenAndTheEvenOneInTheMiddle) {
    for (unsigned bits = 0; bits < 0x7bff; ++bits) {
        const auto low = static_cast<std::uint16_t>(bits);
        const auto high = static_cast<std::uint16_t>(bits + 1);
        const auto middle = static_cast<float>((by_definition(low) + by_definition(high)) / 2.0);
        EXPECT_EQ(float16_from_float(middle), bits % 2 == 0 ? low : high) << bits;
        EXPECT_EQ(float16_from_float(std::nextafter(middle, 0.0F)), low) << bits;
        EXPECT_EQ(float16_from_float(std::nextafter(middle, 1e9F)), high) << bits;
        EXPECT_EQ(float16_from_float(-middle), (bits % 2 == 0 ? low : high) | 0x8000) << bits;
    }
}

TEST(HalfTest, WhatBinary16CannotHoldIsInfinite) {
    EXPECT_EQ(float16_from_float(65519.0F), 0x7bff);
    EXPECT_EQ(float16_from_float(65520.0F), 0x7c00); // halfway to 65536
    EXPECT_EQ(float16_from_float(-1e30F), 0xfc00);
    EXPECT_EQ(float16_from_float(std::numeric_limits<float>::infinity()), 0x7c00);
    EXPECT_EQ(float16_from_float(1e-30F), 0);
}

TEST(HalfTest, Bfloat16IsTheUpperHalfRoundedToNearestEven) {
    std::mt19937 draw(3);
    for (int i = 0; i < 100'000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(draw()));
        if (!std::isfinite(value)) {
            continue;
        }
        const float rounded = float_from_bfloat16(bfloat16_from_float(value));
        const auto low = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & 0xffff'0000U);
        const auto high =
            std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) & 0xffff'0000U) + 0x1'0000U);
        ASSERT_TRUE(rounded == low || rounded == high) << value;
        if (std::isfinite(high)) {
            ASSERT_LE(std::abs(double{rounded} - value),
                      std::abs(double{rounded == low ? high : low} - value))
                << value;
        }
    }
    EXPECT_EQ(float_from_bfloat16(bfloat16_from_float(257.0F)), 256.0F);
    EXPECT_EQ(float_from_bfloat16(bfloat16_from_float(259.0F)), 260.0F);
    EXPECT_TRUE(
        std::isnan(float_from_bfloat16(bfloat16_from_float(std::numeric_limits<float>::signaling_NaN()))));
}

} // namespace
} // namespace suite
