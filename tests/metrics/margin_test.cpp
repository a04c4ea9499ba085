#include "metrics/margin.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace metrics {
namespace {

TEST(PooledSd, WeighsVariancesByTheirDegreesOfFreedom) {
    const std::vector<Sample> samples{summary_sample(70, 1.0, 5), summary_sample(80, 3.0, 3)};

    EXPECT_DOUBLE_EQ(pooled_sd(samples).value(), std::sqrt((4 * 1.0 + 2 * 9.0) / 6));
}

TEST(PooledSd, OfOneSampleIsItsOwn) {
    EXPECT_DOUBLE_EQ(pooled_sd(std::vector{summary_sample(70, 0.7, 5)}).value(), 0.7);
}

TEST(PooledSd, LeavesOutWhatHasNoSd) {
    const Sample single{.mean = 3, .n = 1};
    const std::vector<Sample> samples{single, summary_sample(70, 2.0, 4)};

    EXPECT_DOUBLE_EQ(pooled_sd(samples).value(), 2.0);
    EXPECT_FALSE(pooled_sd(std::vector{single}));
    EXPECT_DOUBLE_EQ(pooled_sd(std::vector{summary_sample(70, 0.7, 2)}).value(), 0.7);
    EXPECT_FALSE(pooled_sd(std::vector<Sample>{}));
}

TEST(EffectiveMargin, IsTheLargerOfPointsAndSdsUpToTheCap) {
    const MarginRule rule{.points = 1, .sds = 2, .cap = 5};

    EXPECT_DOUBLE_EQ(effective_margin(rule, 0.3), 1.0);
    EXPECT_DOUBLE_EQ(effective_margin(rule, 0.8), 1.6);
    EXPECT_DOUBLE_EQ(effective_margin(rule, 9.0), 5.0);
    EXPECT_DOUBLE_EQ(effective_margin(rule, std::nullopt), 1.0);
    EXPECT_DOUBLE_EQ(effective_margin({.points = 1, .sds = 2}, 9.0), 18.0);
    EXPECT_DOUBLE_EQ(effective_margin({.points = 7, .sds = 0, .cap = 5}, std::nullopt), 5.0);
}

} // namespace
} // namespace metrics
