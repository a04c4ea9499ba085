// The two 16-bit float formats as bits: IEEE 754 binary16 and bfloat16 (the upper half of a binary32).
// Rounding is to nearest, ties to even; too large becomes infinite, NaN stays NaN. No branches on values, so
// that loops over these are vectorised.
#pragma once

#include <bit>
#include <cstdint>

namespace suite {

[[nodiscard]] constexpr std::uint16_t bfloat16_from_float(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    const std::uint32_t quiet = (bits >> 16) | 0x40U;
    return static_cast<std::uint16_t>((bits & 0x7fff'ffffU) > 0x7f80'0000U ? quiet : rounded);
}

[[nodiscard]] constexpr float float_from_bfloat16(std::uint16_t bits) noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

[[nodiscard]] constexpr std::uint16_t float16_from_float(float value) noexcept {
    constexpr std::uint32_t too_large = (127U + 16U) << 23; // 2^16 and up have no exponent left
    constexpr std::uint32_t least_normal = (127U - 14U) << 23;
    // Adding it shifts a small value so that the float's own rounding is that of a subnormal binary16.
    constexpr std::uint32_t shift = ((127U - 15U) + (23U - 10U) + 1U) << 23;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = bits & 0x7fff'ffffU;
    const std::uint32_t special = magnitude > 0x7f80'0000U ? 0x7e00U : 0x7c00U;
    const std::uint32_t subnormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(shift)) - shift;
    const std::uint32_t normal = (magnitude - ((127U - 15U) << 23) + 0xfffU + ((magnitude >> 13) & 1U)) >> 13;
    const std::uint32_t finite = magnitude < least_normal ? subnormal : normal;
    return static_cast<std::uint16_t>((magnitude >= too_large ? special : finite) | ((bits >> 16) & 0x8000U));
}

[[nodiscard]] constexpr float float_from_float16(std::uint16_t bits) noexcept {
    constexpr std::uint32_t exponents = 0x7c00U << 13;
    const std::uint32_t shifted = (bits & 0x7fffU) << 13;
    const std::uint32_t exponent = shifted & exponents;
    const std::uint32_t normal = shifted + ((127U - 15U) << 23);
    const std::uint32_t special = normal + ((128U - 16U) << 23);
    const float subnormal = std::bit_cast<float>(normal + (1U << 23)) - std::bit_cast<float>(113U << 23);
    const std::uint32_t magnitude = exponent == exponents ? special
                                    : exponent == 0       ? std::bit_cast<std::uint32_t>(subnormal)
                                                          : normal;
    return std::bit_cast<float>(magnitude | ((bits & 0x8000U) << 16));
}

} // namespace suite
