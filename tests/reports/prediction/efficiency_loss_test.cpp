#include "reports/prediction/efficiency_loss.hpp"

#include <gtest/gtest.h>

namespace reports {
namespace {

using suite::store::ScalingSummary;

/// 64 images in steps of 10 ms: 9.5 ms of computing, 0.5 ms of other things.
ScalingSummary base() {
    return {.ranks = 1,
            .local_batch = 64,
            .steady_images_per_second = 64 / 0.010,
            .data_seconds = 0.0005,
            .forward_seconds = 0.003,
            .backward_seconds = 0.0055,
            .optimizer_seconds = 0.0005};
}

/// Steps of 12.5 ms, 80 % efficient: 10.5 ms of computing, 1.2 ms exposed, of which 0.7 ms waiting.
ScalingSummary pair() {
    return {.ranks = 2,
            .local_batch = 64,
            .steady_images_per_second = 128 / 0.0125,
            .data_seconds = 0.0005,
            .forward_seconds = 0.0035,
            .backward_seconds = 0.006,
            .communication_seconds = 0.0012,
            .optimizer_seconds = 0.0005,
            .imbalance_seconds = 0.0007};
}

TEST(EfficiencyLoss, SharesOutWhatIsMissingToAHundred) {
    const EfficiencyLoss loss = efficiency_loss(pair(), base(), base());

    EXPECT_NEAR(loss.computing, 8.0, 1e-9);     // 1.0 of 12.5 ms
    EXPECT_NEAR(loss.communication, 4.0, 1e-9); // 0.5
    EXPECT_NEAR(loss.waiting, 5.6, 1e-9);       // 0.7
    EXPECT_NEAR(loss.other, 2.4, 1e-9);         // 0.8 instead of 0.5
    EXPECT_NEAR(loss.total(), 20.0, 1e-9);
}

TEST(EfficiencyLoss, TakesTheMeanOfBothBaseCases) {
    ScalingSummary slow = base();
    slow.forward_seconds += 0.001;
    slow.steady_images_per_second = 64 / 0.011;

    const EfficiencyLoss loss = efficiency_loss(pair(), base(), slow);

    EXPECT_NEAR(loss.computing, 4.0, 1e-9);
    EXPECT_NEAR(loss.total(), 16.0, 1e-9);
}

TEST(EfficiencyLoss, MeasuresAShareOfTheBatchAgainstThatShareOfTheStep) {
    ScalingSummary half = pair();
    half.local_batch = 32;
    half.steady_images_per_second = 64 / 0.00625;
    for (double ScalingSummary::*part :
         {&ScalingSummary::data_seconds, &ScalingSummary::forward_seconds, &ScalingSummary::backward_seconds,
          &ScalingSummary::communication_seconds, &ScalingSummary::optimizer_seconds,
          &ScalingSummary::imbalance_seconds}) {
        half.*part /= 2.0;
    }

    const EfficiencyLoss whole_loss = efficiency_loss(pair(), base(), base());
    const EfficiencyLoss half_loss = efficiency_loss(half, base(), base());

    EXPECT_NEAR(half_loss.computing, whole_loss.computing, 1e-9);
    EXPECT_NEAR(half_loss.waiting, whole_loss.waiting, 1e-9);
    EXPECT_NEAR(half_loss.total(), 20.0, 1e-9);
}

TEST(EfficiencyLoss, OfEqualStepsIsNone) {
    EXPECT_NEAR(efficiency_loss(base(), base(), base()).total(), 0.0, 1e-9);
}

} // namespace
} // namespace reports
