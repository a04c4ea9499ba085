// Training on images behind a source: a function of the configuration, not of what loads them.
#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using testing_toy::expect_same_bits;
using testing_toy::toy_config;
using testing_toy::toy_on_disk;

/// Pictures of 8 px cut out of 10, in micro-batches of 4.
plan::RunConfig streamed_config(double mixup_alpha = 0.2) {
    plan::RunConfig config = toy_config(3);
    config.data.set.image_size = 8;
    config.train.micro_batch = 4;
    config.train.mixup_alpha = mixup_alpha;
    config.train.augmentation = plan::Augmentation::crop_flip;
    config.train.schedule.total_steps = 14;
    return config;
}

TrainResult train_with(const plan::RunConfig& config, const data::DataSet& data_set, int workers,
                       std::size_t images_ahead, TrainHooks hooks = {}) {
    hooks.loading.workers = workers;
    hooks.loading.images_ahead = images_ahead;
    return run_training(config, data_set, nullptr, hooks);
}

TEST(StreamedTraining, AnyNumberOfThreadsGivesTheSameBits) {
    for (const double alpha : {0.0, 0.2}) {
        const data::DataSet data_set = toy_on_disk();
        const TrainResult alone = train_with(streamed_config(alpha), data_set, 0, 1);
        for (const int workers : {1, 2, 4}) {
            expect_same_bits(train_with(streamed_config(alpha), data_set, workers, 1), alone);
            expect_same_bits(train_with(streamed_config(alpha), data_set, workers, 64), alone);
        }
        EXPECT_EQ(alone.images_seen, 14 * 16);
        EXPECT_TRUE(alone.skipped_images.empty());
    }
}

TEST(StreamedTraining, Learns) {
    plan::RunConfig config = streamed_config(0.0);
    config.train.augmentation = plan::Augmentation::none;
    config.train.schedule.total_steps = 40;
    const TrainResult result = train_with(config, toy_on_disk(), 1, 8);
    EXPECT_LT(result.losses.back().loss, 0.5 * result.losses.front().loss);
}

TEST(StreamedTraining, MultilabelTargetsFollowTheirImages) {
    const data::DataSet data_set = toy_on_disk({}, plan::Task::multilabel);
    expect_same_bits(train_with(streamed_config(), data_set, 0, 1),
                     train_with(streamed_config(), data_set, 3, 16));
}

TEST(StreamedTraining, GoingOnAfterAnyStepGivesTheSameBits) {
    const data::DataSet data_set = toy_on_disk();
    std::vector<TrainingState> saved;
    const TrainResult whole = train_with(
        streamed_config(), data_set, 2, 16,
        {.save = [&](const TrainingState& state) { saved.push_back(state); }, .save_interval_seconds = 0.0});
    ASSERT_EQ(saved.size(), 14U);
    for (const TrainingState& state : saved) {
        expect_same_bits(whole, train_with(streamed_config(), data_set, 1, 8, {.resume = &state}));
    }
}

TEST(StreamedTraining, ABadImageStopsTheRunByName) {
    try {
        static_cast<void>(train_with(streamed_config(), toy_on_disk({17}), 2, 16));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("sample 17: toy:record 17: found no record"));
    }
}

TEST(StreamedTraining, SkippedImagesAreInTheResultAndChangeNothingElse) {
    TrainHooks skipping;
    skipping.loading.on_bad_image = data::BadImagePolicy::skip;
    const data::DataSet data_set = toy_on_disk({17, 40, 41});
    const TrainResult alone = train_with(streamed_config(), data_set, 0, 1, skipping);
    expect_same_bits(train_with(streamed_config(), data_set, 3, 32, skipping), alone);
    std::vector<std::size_t> samples;
    for (const data::BadImage& image : alone.skipped_images) {
        samples.push_back(image.sample);
    }
    EXPECT_THAT(samples, ::testing::ElementsAre(17, 40, 41)) << "14 steps of 16 visit all 96 images";
    EXPECT_NE(alone.losses.back().loss,
              train_with(streamed_config(), toy_on_disk(), 0, 1).losses.back().loss);
}

TEST(StreamedTraining, WaitingForImagesIsMeasured) {
    const TrainResult result = train_with(streamed_config(), toy_on_disk(), 0, 1, {.measure = true});
    ASSERT_EQ(result.step_times.steps(), 14U);
    for (const StepTime& time : result.step_times.values) {
        EXPECT_GT(time.data, 0.0) << "loaded by the training thread itself";
        EXPECT_LT(time.data + time.forward + time.backward, time.whole);
    }
}

} // namespace
} // namespace suite::train
