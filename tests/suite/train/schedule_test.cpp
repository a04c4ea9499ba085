#include "suite/train/schedule.hpp"

#include "tests/suite/kernels/golden.hpp"

namespace suite::train {
namespace {

using plan::ScheduleConfig;
using plan::ScheduleKind;

void expect_every_step(const ScheduleConfig& schedule, const std::vector<double>& expected) {
    ASSERT_EQ(static_cast<std::size_t>(schedule.total_steps), expected.size());
    for (std::int64_t step = 0; step < schedule.total_steps; ++step) {
        const double rate = expected[static_cast<std::size_t>(step)];
        ASSERT_NEAR(learning_rate(schedule, step), rate, 1e-9 * rate + 1e-12) << "step " << step;
    }
}

ScheduleConfig epochs(ScheduleKind kind, double warmup) {
    return {.kind = kind,
            .peak_lr = 0.48,
            .total_steps = 84,
            .steps_per_epoch = 7,
            .warmup_epochs = warmup,
            .workers = 16,
            .boundaries = {5, 8, 10}};
}

ScheduleConfig hyperrule(std::vector<std::int64_t> boundaries) {
    const std::int64_t total = boundaries.back();
    return {.kind = ScheduleKind::hyperrule,
            .peak_lr = 0.001,
            .total_steps = total,
            .boundaries = std::move(boundaries)};
}

class Schedule : public testing::Test {
protected:
    const test::Arrays golden_ = test::read_golden("schedules.txt");
};

TEST_F(Schedule, StepAgreesAtEveryStep) {
    expect_every_step(epochs(ScheduleKind::step, 3.0), golden_.at("step"));
}

TEST_F(Schedule, CosineAgreesAtEveryStep) {
    expect_every_step(epochs(ScheduleKind::cosine, 3.0), golden_.at("cosine"));
    expect_every_step(epochs(ScheduleKind::cosine, 0.0), golden_.at("cosine_no_warmup"));
}

TEST_F(Schedule, HyperRuleAgreesAtEveryStep) {
    expect_every_step(hyperrule({100, 200, 300, 400, 500}), golden_.at("hyperrule_small"));
    expect_every_step(hyperrule({500, 3000, 6000, 9000, 10000}), golden_.at("hyperrule_medium"));
}

// paper.md#bit-hyperrule, word by word.
TEST_F(Schedule, HyperRuleDecaysOneStepAfterTheBoundary) {
    const ScheduleConfig small = hyperrule({100, 200, 300, 400, 500});
    EXPECT_EQ(learning_rate(small, 0), 0.0);
    EXPECT_DOUBLE_EQ(learning_rate(small, 200), 0.001);
    EXPECT_DOUBLE_EQ(learning_rate(small, 201), 0.0001);
    EXPECT_DOUBLE_EQ(learning_rate(small, 499), 0.000001);
    EXPECT_EQ(learning_rate(small, 500), 0.0);
}

TEST_F(Schedule, WarmUpStartsAtAboutOneWorkersShareAndEndsAtThePeak) {
    const ScheduleConfig schedule = epochs(ScheduleKind::step, 3.0);
    EXPECT_NEAR(learning_rate(schedule, 0), 0.48 / 16 * (1 + 15.0 / 21.0), 1e-12);
    EXPECT_NEAR(learning_rate(schedule, 20), 0.48, 1e-12);
}

TEST_F(Schedule, AWarmUpShorterThanAnEpochNeverExceedsThePeak) {
    for (std::int64_t step = 0; step < 84; ++step) {
        EXPECT_LE(learning_rate(epochs(ScheduleKind::step, 0.5), step), 0.48);
    }
}

} // namespace
} // namespace suite::train
