// Both sides of a test over test images, and its ends.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/mcnemar.hpp"
#include "metrics/test_set.hpp"

namespace metrics {
namespace {

CellOutcomes cell_of_hits(std::vector<double> outcomes, std::size_t trainings = 1) {
    double hits = 0;
    for (const double outcome : outcomes)
        hits += outcome;
    const double score = 100 * hits / static_cast<double>(outcomes.size());
    return {.metric = "top1",
            .test_set = "t",
            .trainings = trainings,
            .score = score,
            .outcomes = std::move(outcomes)};
}

TEST(TestSetEdges, DiscordantImagesCountOnceOnEitherSide) {
    // The first alone hits 3 images, the second alone 1.
    const CellOutcomes a = cell_of_hits({1, 1, 1, 0, 1, 0});
    const CellOutcomes b = cell_of_hits({0, 0, 0, 1, 1, 0});
    const NormalTest expected = mcnemar_mid_p({.only_a = 3, .only_b = 1});
    const auto forward = test_over_images(a, b);
    const auto backward = test_over_images(b, a);

    ASSERT_TRUE(forward && backward);
    EXPECT_DOUBLE_EQ(forward->p, expected.p);
    EXPECT_DOUBLE_EQ(forward->p_greater, expected.p_greater);
    EXPECT_DOUBLE_EQ(forward->p_less, expected.p_less);
    EXPECT_DOUBLE_EQ(backward->p, expected.p);
    EXPECT_DOUBLE_EQ(backward->p_greater, expected.p_less);
    EXPECT_NEAR(forward->difference, 100.0 * 2 / 6, 1e-12);
    EXPECT_NEAR(forward->standard_error, 100.0 * 2 / 6, 1e-12); // root of 4 squares over 6 images
    EXPECT_NEAR(backward->difference, -100.0 * 2 / 6, 1e-12);
}

TEST(TestSetEdges, SeveralTrainingsOnOneSideAreClustered) {
    const CellOutcomes a = cell_of_hits({1, 1, 1, 0, 1, 0});
    const CellOutcomes b = cell_of_hits({0, 0.5, 0, 1, 1, 0}, 2);
    const NormalTest clustered = mcnemar_clustered(a.outcomes, b.outcomes);
    EXPECT_DOUBLE_EQ(test_over_images(a, b)->p, clustered.p);
    EXPECT_DOUBLE_EQ(test_over_images(b, a)->p, clustered.p);
}

TEST(TestSetEdges, BinomialStandardErrorsReachFromNoneToAll) {
    EXPECT_EQ(binomial_se(0, 10), 0.0);
    EXPECT_DOUBLE_EQ(binomial_se(50, 1).value(), 50.0);
    EXPECT_DOUBLE_EQ(binomial_se(90, 100).value(), 3.0);
    EXPECT_FALSE(binomial_se(-0.5, 10));
    EXPECT_FALSE(binomial_se(100.5, 10));
    EXPECT_FALSE(binomial_se(std::nan(""), 10));
}

} // namespace
} // namespace metrics
