// Closed forms of the influences of DeLong's variance.
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/delong.hpp"

namespace metrics {
namespace {

TEST(AucInfluences, OfEqualScoresAreNone) {
    const std::vector<double> scores(1000, 0.25);
    std::vector<float> labels;
    for (int i = 0; i < 1000; ++i)
        labels.push_back(i % 3 == 0 ? 1.0F : 0.0F);
    EXPECT_THAT(auc_influences(std::span<const double>(scores), labels),
                testing::Each(testing::DoubleEq(0.0)));
}

TEST(AucInfluences, OfFourSamplesByHand) {
    // Positives 0.4 and 0.8 beat 1 and 2 of the 2 negatives, negatives 0.1 and 0.6 are beaten by 2 and 1 of
    // the 2 positives: placements less the AUC of 3/4, over sqrt(2 · 1).
    const std::vector<double> scores{0.1, 0.4, 0.6, 0.8};
    const std::vector<float> labels{0.0F, 1.0F, 0.0F, 1.0F};
    const double unit = 0.25 / std::sqrt(2.0);
    EXPECT_THAT(auc_influences(std::span<const double>(scores), labels),
                testing::Pointwise(testing::DoubleNear(1e-15), {unit, -unit, -unit, unit}));
}

} // namespace
} // namespace metrics
