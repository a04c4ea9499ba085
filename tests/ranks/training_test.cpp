// Training on ranks against the same training on one: run alone, this compares one rank with itself.
#include <iostream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/test_images.hpp"
#include "tests/ranks/rank_backend.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using ::testing::HasSubstr;
using testing_toy::expect_same_bits;
using testing_toy::toy;
using testing_toy::toy_config;

dist::Communicator& ranks() {
    return dist::testing::backend_named(dist::testing::backend_makers().begin()->first).communicator();
}

/// Eight micro-batches a step.
plan::RunConfig eight_shards() {
    plan::RunConfig config = toy_config(3);
    config.train.batch = 32;
    config.train.micro_batch = 4;
    config.train.mixup_alpha = 0.2;
    config.train.augmentation = plan::Augmentation::crop_flip;
    config.train.schedule.total_steps = 12;
    return config;
}

plan::RunConfig fast(plan::RunConfig config) {
    config.reduction = plan::ReductionMode::fast;
    config.ranks = ranks().size();
    return config;
}

TEST(TrainingOnRanks, StrictGivesTheBitsOfOneRank) {
    plan::RunConfig config = eight_shards();
    const data::DataSet data_set = toy();
    for (const std::size_t shots : {0U, 5U}) {
        config.shots = shots;
        const TrainResult alone = run_training(config, data_set, nullptr, {});
        const TrainResult shared = run_training(config, data_set, nullptr, {}, ranks());
        expect_same_bits(alone, shared);
        EXPECT_EQ(shared.images_seen, 12 * 32);
        EXPECT_EQ(shared.weights_hash, alone.weights_hash);
        EXPECT_EQ(shared.weights_hash, hash64(std::as_bytes(std::span(alone.weights.values))));
        if (ranks().rank() == 0) {
            std::cout << fmt::format("strict, {} ranks, 8 micro-batches, {} shots: weights {:016x}\n",
                                     ranks().size(), shots, shared.weights_hash);
        }
    }
}

TEST(TrainingOnRanks, StrictHoldsForMissingLabelsAndPlainSgd) {
    plan::RunConfig config = eight_shards();
    config.train.micro_batch = 8;
    config.train.optimizer = plan::OptimizerKind::sgd;
    config.train.head_init = plan::HeadInit::prevalence;
    const data::DataSet data_set = toy(plan::Task::multilabel);
    expect_same_bits(run_training(config, data_set, nullptr, {}),
                     run_training(config, data_set, nullptr, {}, ranks()));
}

TEST(TrainingOnRanks, ImagesBehindASourceGiveTheBitsOfOneRankAndAreSkippedOnAll) {
    plan::RunConfig config = eight_shards();
    config.data.set.image_size = 8;
    const data::DataSet data_set = testing_toy::toy_on_disk({3, 50, 77});
    TrainContext context;
    context.loading.on_bad_image = data::BadImagePolicy::skip;
    const TrainResult alone = run_training(config, data_set, nullptr, context);
    const TrainResult shared = run_training(config, data_set, nullptr, context, ranks());
    expect_same_bits(alone, shared);
    ASSERT_EQ(shared.skipped_images.size(), 3U);
    EXPECT_EQ(shared.skipped_images[1].sample, 50U);
    EXPECT_EQ(shared.skipped_images[1].name, "toy:record 50");
}

TEST(TrainingOnRanks, EveryRankKnowsEveryBadTestImage) {
    plan::RunConfig config = eight_shards();
    config.data.set.image_size = 8;
    const data::DataSet data_set = testing_toy::toy_on_disk({}, plan::Task::multiclass, {0, 17, 40});
    const auto check = [&](data::BadImagePolicy policy) {
        return check_test_images(config, data_set, {.on_bad_image = policy}, {}, ranks());
    };
    const TestImages images = check(data::BadImagePolicy::skip);
    ASSERT_EQ(images.skipped.size(), 3U);
    EXPECT_EQ(images.skipped[1].name, "toy:record 17");
    EXPECT_TRUE(images.incomplete.empty());
    try {
        static_cast<void>(check(data::BadImagePolicy::stop));
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("3 of 41 images that cannot be used"));
    }
}

TEST(TrainingOnRanks, FastComesCloseToStrictAndLearns) {
    plan::RunConfig config = eight_shards();
    config.train.mixup_alpha = 0.0;
    config.train.schedule.total_steps = 40;
    const data::DataSet data_set = toy();
    const TrainResult strict = run_training(config, data_set, nullptr, {});
    const TrainResult quick = run_training(fast(config), data_set, nullptr, {}, ranks());
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(quick.losses[i].loss, strict.losses[i].loss, 1e-4) << "step " << i;
    }
    EXPECT_LT(quick.losses.back().loss, 0.5 * quick.losses.front().loss);
}

// As many images as ranks can share, but one micro-batch: each rank takes a part of it.
TEST(TrainingOnRanks, FastSharesOneMicroBatch) {
    plan::RunConfig config = toy_config();
    config.train.batch = config.train.micro_batch = 22;
    config.train.schedule.total_steps = 5;
    const data::DataSet data_set = toy();
    const TrainResult alone = run_training(config, data_set, nullptr, {});
    const TrainResult shared = run_training(fast(config), data_set, nullptr, {}, ranks());
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(shared.losses[i].loss, alone.losses[i].loss, 1e-4) << "step " << i;
    }
}

TEST(TrainingOnRanks, SixteenBitsOnTheWireComeCloseAndAreTheSameOnAllRanks) {
    for (const plan::WireFormat wire : {plan::WireFormat::bfloat16, plan::WireFormat::float16}) {
        plan::RunConfig config = fast(eight_shards());
        const data::DataSet data_set = toy();
        const TrainResult exact = run_training(config, data_set, nullptr, {}, ranks());
        config.wire = wire;
        const TrainResult rounded = run_training(config, data_set, nullptr, {}, ranks());
        EXPECT_NEAR(rounded.losses[3].loss, exact.losses[3].loss, 0.02);
        EXPECT_FALSE(exact.wire_error.has_value());
        ASSERT_EQ(rounded.wire_error.has_value(), ranks().size() > 1);
        if (ranks().size() > 1) {
            EXPECT_NE(rounded.weights_hash, exact.weights_hash);
            EXPECT_GT(*rounded.wire_error, 0.0);
            // A rounding of each rank's part and one of every sum, half a unit in the last of 8 or 11 bits
            // each.
            const double unit = wire == plan::WireFormat::bfloat16 ? 0x1p-9 : 0x1p-12;
            EXPECT_LT(*rounded.wire_error, unit * 2 * ranks().size());
        }
    }
}

TEST(TrainingOnRanks, MeasuredBucketsAreTheSameOnAllRanksAndTrainAlike) {
    plan::RunConfig config = fast(eight_shards());
    const data::DataSet data_set = toy();
    const TrainResult fixed = run_training(config, data_set, nullptr, {}, ranks());
    config.measured_buckets = true;
    const TrainResult measured = run_training(config, data_set, nullptr, {}, ranks());
    EXPECT_NEAR(measured.losses.back().loss, fixed.losses.back().loss, 1e-3);
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(ranks().size()));
    std::int64_t mine = static_cast<std::int64_t>(measured.bucket_bytes);
    ranks().host().all_gather(dist::buffer(std::span(&mine, 1)), dist::buffer(sizes));
    EXPECT_THAT(sizes, testing::Each(mine));
    if (ranks().size() == 1) {
        EXPECT_EQ(mine, 0) << "nothing is summed over ranks";
    } else {
        EXPECT_GE(mine, 4096);
        EXPECT_LE(mine, static_cast<std::int64_t>(measured.parameters * sizeof(float)));
    }
}

TEST(TrainingOnRanks, AFixedSizeOfBucketsIsTaken) {
    plan::RunConfig config = fast(eight_shards());
    config.bucket_bytes = 12'345;
    const TrainResult result = run_training(config, toy(), nullptr, {}, ranks());
    EXPECT_EQ(result.bucket_bytes, ranks().size() > 1 ? 12'345U : 0U);
    config.measured_buckets = true;
    EXPECT_THROW(static_cast<void>(run_training(config, toy(), nullptr, {}, ranks())), Error);
}

TEST(TrainingOnRanks, RanksThatCannotShareAreRefused) {
    plan::RunConfig config = toy_config();
    config.train.micro_batch = config.train.batch;
    if (ranks().size() > 1) {
        try {
            static_cast<void>(run_training(config, toy(), nullptr, {}, ranks()));
            FAIL() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::usage);
            EXPECT_THAT(error.what(), HasSubstr(fmt::format("{} ranks for 1 micro-batches", ranks().size())));
        }
    }
    config.ranks = ranks().size() + 1;
    EXPECT_THROW(static_cast<void>(run_training(config, toy(), nullptr, {}, ranks())), Error);
}

TEST(TrainingOnRanks, AHookThatThrowsOnOneRankEndsAll) {
    TrainContext context;
    if (ranks().rank() == ranks().size() - 1) {
        context.progress = [](std::int64_t step, std::int64_t, double) {
            if (step == 3) {
                throw Error(ErrorKind::environment, {"the pipe", "closed", "a reader", ""});
            }
        };
    }
    try {
        static_cast<void>(run_training(eight_shards(), toy(), nullptr, context, ranks()));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::environment);
        EXPECT_THAT(error.what(), HasSubstr("the pipe"));
    }
}

TEST(TrainingOnRanks, AStopOfOneRankSavesOnRankZeroAndGoesOnWithTheSameBits) {
    const data::DataSet data_set = toy();
    const plan::RunConfig config = eight_shards();
    const TrainResult whole = run_training(config, data_set, nullptr, {});
    for (const std::int64_t stop_after : {1, 6, 11}) {
        TrainingState saved;
        std::int64_t done = 0;
        TrainContext context{.progress = [&](std::int64_t step, std::int64_t, double) { done = step; },
                             .save = [&](const TrainingState& state) { saved = state; }};
        if (ranks().rank() == ranks().size() - 1) {
            context.stop_requested = [&] { return done >= stop_after; };
        }
        try {
            static_cast<void>(run_training(config, data_set, nullptr, context, ranks()));
            if (ranks().size() == 1) {
                FAIL() << "no error";
            }
            EXPECT_EQ(stop_after, 11) << "many ranks hear of it one step later, here after the last";
            continue;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::interrupted);
        }
        EXPECT_EQ(saved.step > 0, ranks().rank() == 0);
        const TrainContext again{.resume = ranks().rank() == 0 ? &saved : nullptr};
        expect_same_bits(whole, run_training(config, data_set, nullptr, again, ranks()));
        if (ranks().rank() == 0) { // on another number of ranks: strict
            expect_same_bits(whole, run_training(config, data_set, nullptr, again));
        }
    }
}

TEST(TrainingOnRanks, WeightsThatDifferAreNoticedAndTheRankNamed) {
    if (ranks().size() == 1) {
        GTEST_SKIP() << "needs two ranks";
    }
    std::vector<float> weights;
    Engine* engine = nullptr;
    const bool is_mine = ranks().rank() == ranks().size() - 1;
    TrainContext context{.progress =
                             [&](std::int64_t step, std::int64_t, double) {
                                 if (step == 3 && is_mine) {
                                     weights = engine->read("weights");
                                     weights[17] += 0.001F;
                                     engine->write("weights", weights);
                                 }
                             },
                         .compare_interval_steps = 5,
                         .make_engine =
                             [&](const plan::RunConfig& config, std::size_t outputs) {
                                 auto made = std::make_unique<Engine>(config, outputs);
                                 engine = made.get();
                                 return made;
                             }};
    try {
        static_cast<void>(run_training(eight_shards(), toy(), nullptr, context, ranks()));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::corruption);
        EXPECT_THAT(error.what(), HasSubstr("weights after training step 5"));
        if (ranks().size() > 2) {
            EXPECT_THAT(error.what(), HasSubstr("other weights on rank 3"));
        }
    }
}

TEST(TrainingOnRanks, MeasuresEveryStepOfEveryRank) {
    for (const bool is_fast : {false, true}) {
        const plan::RunConfig config = is_fast ? fast(eight_shards()) : eight_shards();
        const TrainResult result = run_training(config, toy(), nullptr, {.measure = true}, ranks());
        EXPECT_EQ(result.step_times.ranks, ranks().size());
        ASSERT_EQ(result.step_times.steps(), 12U);
        for (const StepTime& time : result.step_times.values) {
            EXPECT_GT(time.data, 0.0);
            EXPECT_GT(time.forward, 0.0);
            EXPECT_GT(time.backward, 0.0);
            EXPECT_GT(time.optimiser, 0.0);
            EXPECT_GE(time.exposed_communication, 0.0);
            EXPECT_LE(time.data + time.forward + time.backward + time.overlapped +
                          time.exposed_communication + time.optimiser,
                      time.whole);
        }
    }
    EXPECT_TRUE(run_training(eight_shards(), toy(), nullptr, {}, ranks()).step_times.values.empty());
}

// float16 on the device's engine in host memory. The scale begins too high: a rank that began anew would
// leave steps out that the others count.
TEST(TrainingOnRanks, AllGoOnWithTheLossScaleThatRankZeroSaved) {
    const data::DataSet data_set = toy();
    plan::RunConfig config = eight_shards();
    config.train.schedule.total_steps = 8;
    const auto halves = [](const plan::RunConfig& of, std::size_t outputs) {
        return std::make_unique<Engine>(
            of, outputs,
            DeviceOptions{.own_kernels = false,
                          .lanes = false,
                          .precision = Precision::float16,
                          .loss_scale = {.initial = 16777216.0F, .growth_interval_steps = 2}});
    };
    std::vector<TrainingState> saved;
    const TrainContext context{.save = [&](const TrainingState& state) { saved.push_back(state); },
                               .save_interval_seconds = 0.0,
                               .make_engine = halves};
    const TrainResult whole = run_training(config, data_set, nullptr, context);
    EXPECT_GT(saved.at(4).loss_scale.value().skipped, 0);
    EXPECT_LT(saved.at(7).loss_scale.value().skipped, 8);
    const TrainContext again{.resume = ranks().rank() == 0 ? &saved[4] : nullptr, .make_engine = halves};
    expect_same_bits(whole, run_training(config, data_set, nullptr, again, ranks()));
}

} // namespace
} // namespace suite::train
