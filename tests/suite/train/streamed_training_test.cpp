// Training on images behind a source: a function of the configuration, not of what loads them.
#include <numeric>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/train/test_images.hpp"
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
                       std::size_t images_ahead, TrainContext context = {}) {
    context.loading.workers = workers;
    context.loading.images_ahead = images_ahead;
    return run_training(config, data_set, nullptr, context);
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
    TrainContext skipping;
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

TestImages checked(const data::DataSet& data_set, data::BadImagePolicy policy) {
    const auto single = dist::make_single();
    return check_test_images(streamed_config(), data_set, {.workers = 2, .on_bad_image = policy}, {},
                             *single);
}

TEST(TestPart, ABadImageStopsTheRunBeforeItTrains) {
    try {
        static_cast<void>(
            checked(toy_on_disk({}, plan::Task::multiclass, {5, 40}), data::BadImagePolicy::stop));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        ASSERT_EQ(error.faults().size(), 3U);
        EXPECT_EQ(error.faults()[0].where, "sample 5: toy:record 5");
        EXPECT_EQ(error.faults()[2].found, "2 of 41 images that cannot be used");
        EXPECT_THAT(error.faults()[2].fix, ::testing::HasSubstr("--on-bad-image skip"));
    }
}

TEST(TestPart, SkippedImagesAreLeftOutAndCounted) {
    for (const plan::Task task : {plan::Task::multiclass, plan::Task::multilabel}) {
        const auto whole = std::make_shared<const data::DataSet>(toy_on_disk({}, task));
        const auto broken = std::make_shared<const data::DataSet>(toy_on_disk({}, task, {5, 40}));
        const TestImages images = checked(*broken, data::BadImagePolicy::skip);
        ASSERT_EQ(images.skipped.size(), 2U);
        EXPECT_EQ(images.skipped[1].name, "toy:record 40");
        const auto usable = without_skipped(broken, images);
        const Predictions all = train_with(streamed_config(), *whole, 1, 16).predictions;
        const Predictions some = train_with(streamed_config(), *usable, 1, 16).predictions;
        EXPECT_EQ(some.samples, 39U);
        EXPECT_EQ(usable->test.size(), 39U);
        std::vector<float> expected(all.scores.begin(), all.scores.begin() + 5 * 4);
        expected.insert(expected.end(), all.scores.begin() + 6 * 4, all.scores.begin() + 40 * 4);
        EXPECT_EQ(some.scores, expected) << "the others' scores do not change";
        EXPECT_EQ(some.classes.size() + some.label_matrix.size(),
                  task == plan::Task::multiclass ? 39U : 39U * 4);
    }
}

TEST(TestPart, WithoutAnyUsableImageIsRefused) {
    std::vector<std::size_t> all(41);
    std::iota(all.begin(), all.end(), std::size_t{0});
    EXPECT_THROW(
        static_cast<void>(checked(toy_on_disk({}, plan::Task::multiclass, all), data::BadImagePolicy::skip)),
        Error);
}

TEST(TestPart, IsTheDataSetItselfWhereNothingIsSkipped) {
    const auto whole = std::make_shared<const data::DataSet>(toy_on_disk());
    EXPECT_EQ(without_skipped(whole, checked(*whole, data::BadImagePolicy::stop)), whole);
    const auto in_memory = std::make_shared<const data::DataSet>(testing_toy::toy());
    EXPECT_EQ(without_skipped(in_memory, checked(*in_memory, data::BadImagePolicy::stop)), in_memory);
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
