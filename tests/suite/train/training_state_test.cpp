// Nothing of a training is forgotten when it is saved: going on after any step gives the bits of a training
// that was never stopped.

#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using testing_toy::expect_same_bits;
using testing_toy::toy;
using testing_toy::toy_config;

TEST(TrainingState, HoldsTheseFieldsAndNoOthers) {
    const TrainingState state{
        .step = 1, .arenas = {}, .losses = {}, .images_seen = 2, .train_seconds = 3.0, .loss_scale = {}};
    const auto& [step, arenas, losses, images_seen, train_seconds, loss_scale] = state;
    EXPECT_EQ(static_cast<double>(step + images_seen) + train_seconds, 6.0);
    EXPECT_TRUE(arenas.empty() && losses.empty() && !loss_scale);
}

plan::RunConfig short_config() {
    plan::RunConfig config = toy_config(3);
    config.train.mixup_alpha = 0.1;
    config.train.augmentation = plan::Augmentation::crop_flip;
    config.train.schedule.total_steps = 14;
    return config;
}

TEST(TrainingState, GoingOnAfterAnyStepGivesTheSameBits) {
    const data::DataSet data_set = toy();
    std::vector<TrainingState> saved;
    const TrainContext saving{.save = [&](const TrainingState& state) { saved.push_back(state); },
                              .save_interval_seconds = 0.0};
    const TrainResult whole = run_training(short_config(), data_set, nullptr, saving);
    ASSERT_EQ(saved.size(), 14U);
    for (const TrainingState& state : saved) {
        const TrainResult resumed = run_training(short_config(), data_set, nullptr, {.resume = &state});
        expect_same_bits(whole, resumed);
        EXPECT_EQ(resumed.images_seen, whole.images_seen);
        EXPECT_GE(resumed.train_seconds, state.train_seconds);
    }
}

TEST(TrainingState, AStopSavesFirst) {
    std::vector<TrainingState> saved;
    std::int64_t steps = 0;
    const TrainContext context{.stop_requested = [&] { return steps == 3; },
                               .progress = [&](std::int64_t step, std::int64_t, double) { steps = step; },
                               .save = [&](const TrainingState& state) { saved.push_back(state); }};
    EXPECT_THROW(static_cast<void>(run_training(short_config(), toy(), nullptr, context)), Error);
    ASSERT_EQ(saved.size(), 1U);
    EXPECT_EQ(saved[0].step, 3);
    EXPECT_EQ(saved[0].losses.size(), 3U);
    EXPECT_EQ(saved[0].images_seen, 3 * 16);
}

TEST(TrainingState, OfAnotherRunIsRefused) {
    TrainingState state;
    state.step = 2;
    state.arenas = {{"weights", std::vector<float>(5)}};
    try {
        static_cast<void>(run_training(short_config(), toy(), nullptr, {.resume = &state}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
    }
}

} // namespace
} // namespace suite::train
