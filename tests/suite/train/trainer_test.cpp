#include "suite/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using testing_toy::expect_same_bits;
using testing_toy::toy;
using testing_toy::toy_config;

double accuracy(const Predictions& predictions) {
    double right = 0;
    for (std::size_t n = 0; n < predictions.samples; ++n) {
        const auto row = std::span(predictions.scores).subspan(n * predictions.outputs, predictions.outputs);
        right += std::ranges::max_element(row) - row.begin() == predictions.classes[n] ? 1.0 : 0.0;
    }
    return right / static_cast<double>(predictions.samples);
}

TEST(RunTraining, LearnsASeparableProblem) {
    const TrainResult result = run_training(toy_config(), toy(), nullptr, {});
    ASSERT_EQ(result.losses.size(), 40U);
    EXPECT_NEAR(result.losses.front().loss, std::log(4.0), 0.4);
    EXPECT_LT(result.losses.back().loss, 0.2 * result.losses.front().loss);
    EXPECT_GT(accuracy(result.predictions), 0.9);
    EXPECT_EQ(result.images_seen, 40 * 16);
    EXPECT_EQ(result.losses[5].lr, 1.0);
}

TEST(RunTraining, LearnsFromLabelsThatAreMissingInPart) {
    plan::RunConfig config = toy_config();
    config.train.head_init = plan::HeadInit::prevalence;
    const TrainResult result = run_training(config, toy(plan::Task::multilabel), nullptr, {});
    EXPECT_LT(result.losses.back().loss, 0.5 * result.losses.front().loss);
    EXPECT_EQ(result.predictions.label_matrix.size(), 41U * 4U);
    EXPECT_TRUE(result.predictions.classes.empty());
}

// paper.md#pre-training-recipes: a network of 10,000 outputs learns 1,000 classes; the rest never see a
// positive.
TEST(RunTraining, TakesMoreOutputsThanThereAreClasses) {
    plan::RunConfig config = toy_config();
    config.train.outputs = 7;
    for (const plan::HeadInit how : {plan::HeadInit::framework, plan::HeadInit::prevalence}) {
        config.train.head_init = how;
        const TrainResult result = run_training(config, toy(), nullptr, {});
        ASSERT_EQ(result.predictions.outputs, 7U);
        EXPECT_EQ(result.predictions.scores.size(), 41U * 7U);
        EXPECT_GT(accuracy(result.predictions), 0.9);
        EXPECT_EQ(result.weights.tensors.back().shape, (std::vector<std::int64_t>{7}));
    }
}

TEST(RunTraining, DrawsItsFewShotsAsTheConfigurationSays) {
    data::DataSet data_set = toy();
    data_set.train.labels.classes[3] = 2; // class 3 has 23 images, one fewer than the shots
    plan::RunConfig config = toy_config();
    config.shots = 24;
    config.few_shot_draw = plan::FewShotDraw::per_class;
    EXPECT_EQ(run_training(config, data_set, nullptr, {}).images_seen, 40 * 16) << "takes what there is";
    config.few_shot_draw = plan::FewShotDraw::generic;
    EXPECT_THROW((void)run_training(config, data_set, nullptr, {}), Error)
        << "every class must be large enough";
}

TEST(RunTraining, OneShotIsSmallerThanAMicroBatchAndStillTrains) {
    plan::RunConfig config = toy_config();
    config.shots = 1;
    const TrainResult result = run_training(config, toy(), nullptr, {});
    EXPECT_EQ(result.images_seen, 40 * 16);
    EXPECT_LT(result.losses.back().loss, result.losses.front().loss);
}

TEST(RunTraining, ScoresEverySampleOnceInOrder) {
    const data::DataSet data_set = toy();
    plan::RunConfig config = toy_config();
    const TrainResult in_batches = run_training(config, data_set, nullptr, {});
    config.train.evaluation_batch = 41;
    const TrainResult at_once = run_training(config, data_set, nullptr, {});
    EXPECT_EQ(in_batches.predictions.samples, 41U);
    EXPECT_EQ(in_batches.predictions.classes, data_set.test.labels.classes);
    ASSERT_EQ(in_batches.predictions.scores.size(), 41U * 4U);
    for (std::size_t i = 0; i < 41 * 4; ++i) {
        EXPECT_NEAR(in_batches.predictions.scores[i], at_once.predictions.scores[i], 1e-4);
    }
}

TEST(RunTraining, GivesTheSameBitsWhateverRanBefore) {
    plan::RunConfig config = toy_config(3);
    config.train.mixup_alpha = 0.1;
    const TrainResult first = run_training(config, toy(), nullptr, {});
    plan::RunConfig other = toy_config(4);
    other.network.unit = plan::Unit::bottleneck;
    other.network.bottleneck_factor = 2;
    static_cast<void>(run_training(other, toy(plan::Task::multilabel), nullptr, {}));
    const TrainResult second = run_training(config, toy(), nullptr, {});
    expect_same_bits(first, second);
    config.seed = 5;
    EXPECT_NE(run_training(config, toy(), nullptr, {}).weights.values, first.weights.values);
}

TEST(RunTraining, MicroBatchesDoNotChangeTheLoss) {
    plan::RunConfig config = toy_config();
    config.train.schedule.total_steps = 5;
    const TrainResult split = run_training(config, toy(), nullptr, {});
    config.train.micro_batch = 16;
    const TrainResult whole = run_training(config, toy(), nullptr, {});
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(split.losses[i].loss, whole.losses[i].loss, 1e-3) << "step " << i;
    }
}

TEST(RunTraining, FineTunesFromAParentWithAnotherHead) {
    const TrainResult parent = run_training(toy_config(), toy(), nullptr, {});
    data::DataSet binary = toy();
    binary.train.labels.outputs = binary.test.labels.outputs = 2;
    for (data::Split* split : {&binary.train, &binary.test}) {
        std::ranges::for_each(split->labels.classes, [](std::int64_t& label) { label /= 2; });
    }
    plan::RunConfig config = toy_config();
    config.train.schedule.total_steps = 0;
    const TrainResult untouched = run_training(config, binary, &parent.weights, {});
    const std::size_t backbone = parent.parameters - 4 * 16 - 4;
    EXPECT_TRUE(std::equal(parent.weights.values.begin(),
                           parent.weights.values.begin() + static_cast<std::ptrdiff_t>(backbone),
                           untouched.weights.values.begin()));
    EXPECT_EQ(untouched.parameters, backbone + 2 * 16 + 2);
    config.train.schedule.total_steps = 40;
    EXPECT_GT(accuracy(run_training(config, binary, &parent.weights, {}).predictions), 0.9);
}

TEST(RunTraining, WeightsThatDoNotFitAreNamed) {
    TrainResult parent = run_training(toy_config(), toy(), nullptr, {});
    parent.weights.tensors[2].name = "stranger";
    parent.weights.tensors[0].shape = {1};
    try {
        static_cast<void>(run_training(toy_config(), toy(), &parent.weights, {}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
        EXPECT_EQ(error.faults().size(), 3U);
    }
}

TEST(RunTraining, ALossThatIsNotFiniteEndsTheRunWithStepAndLosses) {
    plan::RunConfig config = toy_config();
    config.train.optimizer = plan::OptimizerKind::sgd;
    config.train.schedule.peak_lr = 1e38;
    try {
        static_cast<void>(run_training(config, toy(), nullptr, {}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::numeric);
        EXPECT_THAT(error.what(), testing::ContainsRegex("training step [0-9]+"));
        EXPECT_THAT(error.what(), testing::ContainsRegex("losses 0: 1\\.[0-9]+, 1: "));
    }
}

TEST(RunTraining, StopsBetweenStepsWhenAsked) {
    std::int64_t steps = 0;
    const TrainContext context{.stop_requested = [&] { return steps == 3; },
                               .progress =
                                   [&](std::int64_t step, std::int64_t total, double loss) {
                                       EXPECT_EQ(step, ++steps);
                                       EXPECT_EQ(total, 40);
                                       EXPECT_GT(loss, 0.0);
                                   }};
    try {
        static_cast<void>(run_training(toy_config(), toy(), nullptr, context));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::interrupted);
    }
    EXPECT_EQ(steps, 3);
}

TEST(RunTraining, ABatchThatIsNoWholeNumberOfMicroBatchesIsRefused) {
    plan::RunConfig config = toy_config();
    config.train.micro_batch = 5;
    EXPECT_THROW(static_cast<void>(run_training(config, toy(), nullptr, {})), Error);
}

TEST(RunTraining, TrainsWithPlainSgdAndAnEpochSchedule) {
    plan::RunConfig config = toy_config();
    config.train.optimizer = plan::OptimizerKind::sgd;
    config.train.weight_decay = 1e-4;
    config.train.schedule = {.kind = plan::ScheduleKind::cosine,
                             .peak_lr = 0.1,
                             .total_steps = 48,
                             .steps_per_epoch = 6,
                             .warmup_epochs = 1.0,
                             .workers = 4,
                             .boundaries = {}};
    const TrainResult result = run_training(config, toy(), nullptr, {});
    EXPECT_LT(result.losses.back().loss, 0.5 * result.losses.front().loss);
}

TEST(Runtime, SaysWhatItRunsOn) {
    EXPECT_THAT(torch_version(), testing::ContainsRegex("^[0-9]+\\.[0-9]+\\.[0-9]+"));
    EXPECT_FALSE(cpu_capability().empty());
}

} // namespace
} // namespace suite::train
