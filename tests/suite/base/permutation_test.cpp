#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "suite/base/philox.hpp"

namespace suite {
namespace {

TEST(KeyedPermutation, HitsEveryPlaceOnceForEverySize) {
    for (const std::uint64_t size : {1U, 2U, 3U, 4U, 5U, 16U, 17U, 63U, 64U, 65U, 1000U, 4097U}) {
        for (std::uint32_t epoch = 0; epoch < 3; ++epoch) {
            const KeyedPermutation permutation(size, {.seed = 9, .epoch = epoch});
            std::vector<int> hits(size);
            for (std::uint64_t i = 0; i < size; ++i)
                ++hits.at(permutation(i));
            EXPECT_EQ(std::count(hits.begin(), hits.end(), 1), static_cast<std::ptrdiff_t>(size)) << size;
        }
    }
}

TEST(KeyedPermutation, IsAFunctionOfItsKey) {
    const KeyedPermutation first(1000, {.seed = 1, .epoch = 0});
    const KeyedPermutation same(1000, {.seed = 1, .epoch = 0});
    const KeyedPermutation next_epoch(1000, {.seed = 1, .epoch = 1});
    int fixed_points = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(first(i), same(i));
        fixed_points += first(i) == next_epoch(i) ? 1 : 0;
    }
    EXPECT_LT(fixed_points, 10); // one is expected of two independent permutations
}

TEST(KeyedPermutation, PlacesAreUniformAndNeighboursIndependent) {
    constexpr std::uint64_t size = 100;
    constexpr std::uint32_t epochs = 20000;
    std::vector<double> hits(size);
    double product_sum = 0;
    for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
        const KeyedPermutation permutation(size, {.seed = 2, .epoch = epoch});
        ++hits[permutation(0)];
        product_sum +=
            (static_cast<double>(permutation(0)) - 49.5) * (static_cast<double>(permutation(1)) - 49.5);
    }
    double chi_square = 0;
    for (const double count : hits)
        chi_square += (count - epochs / 100.0) * (count - epochs / 100.0) / (epochs / 100.0);
    EXPECT_LT(chi_square, 149); // 99.9 % point at 99 degrees of freedom
    // Without replacement the covariance of two places is −(size + 1) / 12 = −8.4; its noise is 833 / √epochs
    // = 5.9.
    EXPECT_NEAR(product_sum / epochs, -8.4, 4 * 5.9);
}

TEST(KeyedPermutation, OfAHugeSizeStaysInside) {
    const std::uint64_t size = (std::uint64_t{1} << 40) + 12345;
    const KeyedPermutation permutation(size, {.seed = 3});
    for (std::uint64_t i = 0; i < 1000; ++i)
        EXPECT_LT(permutation(size - 1 - i), size);
}

} // namespace
} // namespace suite
