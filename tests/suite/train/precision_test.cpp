#include "suite/train/precision.hpp"

#include <gtest/gtest.h>

namespace suite::train {
namespace {

TEST(LossScale, BeginsAsTheAuthorsDid) {
    EXPECT_EQ(LossScale().scale(), 65536.0F);
}

TEST(LossScale, HalvesOnOverflowAndLeavesTheStepOut) {
    LossScale scale;
    EXPECT_FALSE(scale.update(true));
    EXPECT_EQ(scale.scale(), 32768.0F);
    EXPECT_TRUE(scale.update(false));
    EXPECT_EQ(scale.scale(), 32768.0F);
    EXPECT_EQ(scale.skipped(), 1);
}

TEST(LossScale, DoublesAfterTwoThousandGoodSteps) {
    LossScale scale;
    for (int i = 0; i < 1999; ++i) {
        scale.update(false);
    }
    EXPECT_EQ(scale.scale(), 65536.0F);
    scale.update(false);
    EXPECT_EQ(scale.scale(), 131072.0F);
}

TEST(LossScale, AnOverflowBeginsTheCountAnew) {
    LossScale scale(LossScale::Settings{.growth_interval_steps = 3});
    scale.update(false);
    scale.update(false);
    scale.update(true);
    scale.update(false);
    scale.update(false);
    EXPECT_EQ(scale.scale(), 32768.0F);
    scale.update(false);
    EXPECT_EQ(scale.scale(), 65536.0F);
}

TEST(LossScale, StaysWithinItsLimits) {
    LossScale scale(LossScale::Settings{.initial = 2.0F, .growth_interval_steps = 1, .largest = 8.0F});
    for (int i = 0; i < 5; ++i) {
        scale.update(true);
    }
    EXPECT_EQ(scale.scale(), 1.0F);
    for (int i = 0; i < 9; ++i) {
        scale.update(false);
    }
    EXPECT_EQ(scale.scale(), 8.0F);
}

using Action = CapturePolicy::Action;

constexpr PassShape batch{.images = 16, .size = 224};
constexpr CapturePolicy::Circumstances on_device{.device_captures = true};

TEST(CapturePolicy, CapturesAfterTheWarmUpAndThenReplays) {
    CapturePolicy policy;
    for (int i = 0; i < CapturePolicy::warm_up_passes; ++i) {
        const auto decision = policy.next(batch, on_device);
        EXPECT_EQ(decision.action, Action::eager);
        EXPECT_STREQ(decision.reason, "warm-up");
    }
    EXPECT_EQ(policy.next(batch, on_device).action, Action::capture);
    EXPECT_EQ(policy.next(batch, on_device).action, Action::replay);
    EXPECT_EQ(policy.next(batch, on_device).action, Action::replay);
}

TEST(CapturePolicy, AnotherShapeBeginsAnew) {
    CapturePolicy policy;
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(policy.next(batch, on_device));
    }
    for (const PassShape& other : {PassShape{.images = 8, .size = 224}, PassShape{.images = 16, .size = 128},
                                   PassShape{.images = 16, .size = 224, .width = 256},
                                   PassShape{.images = 16, .size = 224, .mixed = true}}) {
        EXPECT_EQ(policy.next(other, on_device).action, Action::eager);
        EXPECT_EQ(policy.next(batch, on_device).action, Action::eager);
    }
}

TEST(CapturePolicy, SaysWhyNot) {
    CapturePolicy policy;
    for (int i = 0; i < 9; ++i) {
        EXPECT_STREQ(policy.next(batch, {.device_captures = true, .wanted = false}).reason, "not wanted");
        EXPECT_STREQ(policy.next(batch, {}).reason, "the device captures no graphs");
        EXPECT_STREQ(policy.next(batch, {.device_captures = true, .listened = true}).reason,
                     "the host starts reductions while the backward pass runs");
        EXPECT_STREQ(policy.next(batch, {.device_captures = true, .measured = true}).reason,
                     "the host reads the clock inside the pass");
    }
    EXPECT_EQ(policy.next(batch, on_device).action, Action::eager) << "none of these was a warm-up";
}

} // namespace
} // namespace suite::train
