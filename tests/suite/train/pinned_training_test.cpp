// Streams in pinned memory into the device's engine: in host memory, with a table of CUDA calls whose copies
// happen as late as the order of calls allows. What is overwritten or freed on its way changes the weights.
#include <atomic>
#include <cmath>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/train/engine.hpp"
#include "tests/suite/dist/recording_api.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using dist::test::RecordingApi;
using testing_toy::expect_same_bits;
using testing_toy::toy;
using testing_toy::toy_config;
using testing_toy::toy_on_disk;

constexpr int steps = 8;
constexpr std::size_t images_ahead = 16;
constexpr std::size_t image_bytes = 3 * 8 * 8 * sizeof(float);

/// Pictures of 8 px, steps of 16 in micro-batches of 4.
plan::RunConfig streamed_config(double mixup_alpha = 0.0) {
    plan::RunConfig config = toy_config(3);
    config.data.set.image_size = 8;
    config.train.micro_batch = 4;
    config.train.evaluation_batch = 4;
    config.train.mixup_alpha = mixup_alpha;
    config.train.augmentation = plan::Augmentation::crop_flip;
    config.train.schedule.total_steps = steps;
    return config;
}

/// A training whose images go through pinned memory of the table.
struct PinnedTraining {
    RecordingApi api;
    dist::PinnedResource memory{api};
    DeviceOptions options{.own_kernels = false, .lanes = false, .images = &memory};
    TrainContext context;

    PinnedTraining() { api.late_copies = true; }
    TrainResult run(const plan::RunConfig& config, const data::DataSet& data_set, int workers) {
        context.loading.workers = workers;
        context.loading.images_ahead = images_ahead;
        context.loading.memory = &memory;
        context.make_engine = [this](const plan::RunConfig& of, std::size_t outputs) {
            return std::make_unique<Engine>(of, outputs, options);
        };
        return run_training(config, data_set, nullptr, context);
    }
};

/// The device's engine without any table, and images on the heap.
TrainResult on_the_heap(const plan::RunConfig& config, const data::DataSet& data_set) {
    const TrainContext context{
        .loading = {.workers = 0}, .make_engine = [](const plan::RunConfig& of, std::size_t outputs) {
            return std::make_unique<Engine>(of, outputs, DeviceOptions{.own_kernels = false, .lanes = false});
        }};
    return run_training(config, data_set, nullptr, context);
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, static_cast<double>(std::abs(a[i] - b[i])));
    }
    return largest;
}

TEST(PinnedStream, TrainsToTheSameBitsWithAnyNumberOfWorkers) {
    for (const double alpha : {0.0, 0.2}) {
        const data::DataSet data_set = toy_on_disk();
        const TrainResult heap = on_the_heap(streamed_config(alpha), data_set);
        for (const int workers : {0, 1, 2}) {
            PinnedTraining pinned;
            expect_same_bits(pinned.run(streamed_config(alpha), data_set, workers), heap);
            EXPECT_EQ(pinned.api.alive(), 0);
            EXPECT_EQ(pinned.api.lost_copies(), 0);
        }
    }
}

TEST(PinnedStream, LabelsTravelBetweenImages) {
    const data::DataSet data_set = toy_on_disk({}, plan::Task::multilabel);
    PinnedTraining pinned;
    expect_same_bits(pinned.run(streamed_config(), data_set, 2), on_the_heap(streamed_config(), data_set));
    EXPECT_EQ(pinned.api.lost_copies(), 0);
}

TEST(PinnedStream, TrainsToTheWeightsOfTheKernels) {
    const data::DataSet data_set = toy_on_disk();
    const TrainResult cpu = run_training(streamed_config(), data_set, nullptr, {});
    for (const int workers : {0, 1, 2}) {
        PinnedTraining pinned;
        const TrainResult device = pinned.run(streamed_config(), data_set, workers);
        EXPECT_LT(largest_difference(device.weights.values, cpu.weights.values), 1e-4);
        EXPECT_LT(largest_difference(device.predictions.scores, cpu.predictions.scores), 1e-3);
    }
}

TEST(PinnedStream, ImagesInMemoryAreStagedToTheSameBits) {
    plan::RunConfig config = toy_config(3);
    config.train.schedule.total_steps = steps;
    PinnedTraining pinned;
    expect_same_bits(pinned.run(config, toy(), 1), on_the_heap(config, toy()));
    EXPECT_EQ(pinned.api.count("allocate_pinned"), 3) << "two slots, one of them grown for evaluation";
    EXPECT_EQ(pinned.api.alive(), 0);
}

TEST(PinnedStream, CopiesEveryBatchOnceFromWhereItWasLoaded) {
    PinnedTraining pinned;
    const TrainResult result = pinned.run(streamed_config(), toy_on_disk(), 2);
    const long evaluated = 11; // 41 images in batches of 4
    EXPECT_EQ(pinned.api.count("copy"), steps * 4 + evaluated);
    const long depth = images_ahead / 4 + 1; // batches of a stream, each in one allocation
    EXPECT_EQ(pinned.api.count("allocate_pinned"), 2 * depth) << "two streams, and no room of the slots' own";
    EXPECT_EQ(pinned.api.most_pinned_bytes(), static_cast<std::size_t>(depth) * 4 * image_bytes);
    EXPECT_EQ(result.predictions.samples, 41U);
}

data::Split nothing_like(const data::Split& split) {
    data::Split nothing;
    nothing.labels.task = split.labels.task;
    nothing.labels.outputs = split.labels.outputs;
    return nothing;
}

// Handles: #1 the copy stream; #2 copied, #3 used of the first slot; #4, #5 of the second.
TEST(PinnedStream, CallsTheDeviceInThisOrder) {
    plan::RunConfig config = streamed_config();
    config.train.micro_batch = config.train.batch;
    config.train.schedule.total_steps = 4; // batches: one more than a stream of so large ones keeps
    data::DataSet data_set = toy_on_disk();
    data_set.test = nothing_like(data_set.train);
    PinnedTraining pinned;
    static_cast<void>(pinned.run(config, data_set, 0));

    std::vector<std::string> expected{"create_stream", "create_event", "create_event", "create_event",
                                      "create_event"};
    const auto expect = [&](std::initializer_list<const char*> calls) {
        expected.insert(expected.end(), calls.begin(), calls.end());
    };
    for (int step = 0; step < 4; ++step) {
        if (step < 3) {
            expect({"set_device 0", "allocate_pinned"}); // then the first batch's memory serves again
        }
        expect({"query_event"}); // the slot's earlier copy has ended
        if (step == 0) {
            expect({"allocate_device"});
        }
        expect({"stream_wait_event #1 for #3", "copy 12288 on #1", "record_event #2 on #1",
                "stream_wait_event default for #2", "record_event #3 on default",
                "query_event"}); // before the batch is given back to the stream
    }
    expect({"free_pinned", "free_pinned", "free_pinned", "query_event", "query_event"});
    std::vector<std::string> calls = pinned.api.calls();
    ASSERT_GE(calls.size(), expected.size());
    calls.resize(expected.size()); // what follows gives back the slots
    EXPECT_EQ(calls, expected);
}

/// Counts the images that were read.
class CountedRecords final : public data::ImageSource {
public:
    explicit CountedRecords(std::shared_ptr<const data::ImageSource> source) : source_(std::move(source)) {}
    [[nodiscard]] std::size_t size() const noexcept override { return source_->size(); }
    [[nodiscard]] std::string name(std::size_t index) const override { return source_->name(index); }
    [[nodiscard]] data::RawExtent raw_extent() const noexcept override { return source_->raw_extent(); }
    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        source_->read(index, bytes);
        ++count_;
        count_.notify_all();
    }
    void wait_for(std::int64_t count) const {
        for (std::int64_t now = count_; now < count; now = count_) {
            count_.wait(now);
        }
    }

private:
    std::shared_ptr<const data::ImageSource> source_;
    mutable std::atomic<std::int64_t> count_ = 0;
};

/// Releases of the compute stream behind which another copy than the released one's is under way already.
long releases_with_the_next_on_its_way(const std::vector<std::string>& calls) {
    long copies = 0;
    long releases = 0;
    long found = 0;
    for (const std::string& call : calls) {
        copies += call.starts_with("copy");
        if (call.starts_with("record_event") && call.ends_with("on default")) {
            ++releases;
            found += copies > releases;
        }
    }
    return found;
}

// One micro-batch a step: what is on its way is of the next step. The hook lets the loader get there first.
TEST(PinnedStream, TheNextStepsImagesTravelWhileThisOneComputes) {
    plan::RunConfig config = streamed_config();
    config.train.micro_batch = config.train.batch;
    data::DataSet data_set = toy_on_disk();
    const auto source = std::make_shared<const CountedRecords>(data_set.train.source);
    data_set.train.source = source;
    data_set.test = nothing_like(data_set.train);
    PinnedTraining pinned;
    // The thread begins an image once it is done with the one before: with the first of batch n + 2 read,
    // batch n + 1 is whole.
    pinned.context.progress = [&](std::int64_t step, std::int64_t total, double) {
        source->wait_for(std::min((step + 2) * 16 + 1, total * 16));
    };
    static_cast<void>(pinned.run(config, data_set, 1));
    EXPECT_GE(releases_with_the_next_on_its_way(pinned.api.calls()), steps - 3)
        << "all but the first, and the last two, which have no such reader or no next";
}

TEST(PinnedStream, GoesOnOnTheHeapAndSaysSoOnceWhenNoMemoryCanBePinned) {
    const data::DataSet data_set = toy_on_disk();
    const TrainResult heap = on_the_heap(streamed_config(), data_set);
    for (const int good : {0, 2}) { // all, or some batches of the stream
        PinnedTraining pinned;
        pinned.api.cuda_results["allocate_pinned"] = dist::CudaResult::memory_allocation;
        pinned.api.calls_before_failure["allocate_pinned"] = good;
        ::testing::internal::CaptureStderr();
        expect_same_bits(pinned.run(streamed_config(), data_set, 2), heap);
        const std::string said = ::testing::internal::GetCapturedStderr();
        EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
        EXPECT_THAT(said, ::testing::HasSubstr("expected pinned memory"));
        EXPECT_EQ(pinned.api.alive(), 0);
        EXPECT_EQ(pinned.api.lost_copies(), 0);
    }
}

TEST(PinnedStream, EveryFailureEndsTheRunAndLeaksNothing) {
    for (const char* call : {"create_stream", "create_event", "set_device", "allocate_pinned",
                             "allocate_device", "copy", "record_event", "query_event", "stream_wait_event"}) {
        for (const int workers : {0, 1, 2}) {
            for (const int good : {0, 1, 60}) { // at once, soon after, and amid training or evaluation
                PinnedTraining pinned;
                pinned.api.cuda_results[call] = static_cast<dist::CudaResult>(700);
                pinned.api.calls_before_failure[call] = good;
                try {
                    static_cast<void>(pinned.run(streamed_config(), toy_on_disk(), workers));
                    EXPECT_LT(pinned.api.count(call), good + 1) << call << ": no error";
                } catch (const Error& error) {
                    EXPECT_EQ(error.exit_code(), 6) << call;
                    EXPECT_THAT(error.what(), ::testing::HasSubstr("cuda error 700"));
                }
                EXPECT_EQ(pinned.api.alive(), 0) << call << " with " << workers << " workers, after " << good;
                // A device that has no answer about a copy has failed as a whole, and the copy with it.
                const std::string name = call;
                EXPECT_TRUE(pinned.api.lost_copies() == 0 || name == "query_event" || name == "record_event");
            }
        }
    }
}

// ---------------------------------------------------------------- float16 after an interruption

/// A scale that begins too high and grows soon: every few steps one is left out.
void train_in_halves(PinnedTraining& training) {
    training.options.precision = Precision::float16;
    training.options.loss_scale = {.initial = 16777216.0F, .growth_interval_steps = 2};
}

TEST(LossScaleInAState, GoingOnAfterAnyStepGivesTheSameBits) {
    const data::DataSet data_set = toy_on_disk();
    std::vector<TrainingState> saved;
    PinnedTraining undisturbed;
    train_in_halves(undisturbed);
    undisturbed.context.save = [&](const TrainingState& state) { saved.push_back(state); };
    undisturbed.context.save_interval_seconds = 0.0;
    const TrainResult whole = undisturbed.run(streamed_config(), data_set, 1);
    ASSERT_EQ(saved.size(), static_cast<std::size_t>(steps));
    const LossScaleState last = saved.back().loss_scale.value();
    EXPECT_GT(last.skipped, 0) << "some steps were left out";
    EXPECT_LT(last.skipped, steps) << "and some were not";
    for (const TrainingState& state : saved) {
        PinnedTraining again;
        train_in_halves(again);
        again.context.resume = &state;
        std::optional<LossScaleState> end = state.loss_scale;
        again.context.save = [&](const TrainingState& later) { end = later.loss_scale; };
        again.context.save_interval_seconds = 0.0;
        expect_same_bits(whole, again.run(streamed_config(), data_set, 1));
        EXPECT_EQ(end, last);
    }
}

TEST(LossScaleInAState, DecidesWhichStepsCount) {
    std::vector<TrainingState> saved;
    PinnedTraining undisturbed;
    train_in_halves(undisturbed);
    undisturbed.context.save = [&](const TrainingState& state) { saved.push_back(state); };
    undisturbed.context.save_interval_seconds = 0.0;
    const TrainResult whole = undisturbed.run(streamed_config(), toy_on_disk(), 1);
    // The scale halves until a step counts, which is the next one here.
    const auto counts = [&](std::size_t step) { return saved.at(step).loss_scale->good_steps > 0; };
    std::size_t first = 0;
    while (!counts(first)) {
        ++first;
    }
    TrainingState state = saved.at(first - 1);
    state.loss_scale = LossScaleState{.scale = 16777216.0F}; // as if it had begun anew
    PinnedTraining again;
    train_in_halves(again);
    again.context.resume = &state;
    EXPECT_NE(again.run(streamed_config(), toy_on_disk(), 1).weights.values, whole.weights.values);
}

std::string refusal_of(std::optional<LossScaleState> scale, Precision precision) {
    PinnedTraining training;
    training.options.precision = precision;
    TrainingState state;
    const plan::RunConfig config = streamed_config();
    const Engine engine(config, 4, training.options);
    for (const std::string& arena : engine.arenas()) {
        state.arenas.push_back({arena, std::vector<float>(engine.arena_size(arena))});
    }
    state.loss_scale = scale;
    training.context.resume = &state;
    try {
        static_cast<void>(training.run(config, toy_on_disk(), 1));
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 4);
        return error.what();
    }
    return "no error";
}

TEST(LossScaleInAState, ThatCannotBeIsRefused) {
    using ::testing::HasSubstr;
    EXPECT_THAT(refusal_of(std::nullopt, Precision::float16),
                HasSubstr("found no scale of the loss, expected a scale of the loss"));
    EXPECT_THAT(refusal_of(LossScaleState{.scale = 1024.0F}, Precision::float32),
                HasSubstr("found a scale of the loss, expected no scale of the loss"));
    for (const LossScaleState& state :
         {LossScaleState{.scale = 0.0F}, LossScaleState{.scale = 3.0F}, LossScaleState{.scale = 1e30F},
          LossScaleState{.scale = std::nanf("")}, LossScaleState{.scale = -4.0F},
          LossScaleState{.scale = 4.0F, .good_steps = 2000}, LossScaleState{.scale = 4.0F, .good_steps = -1},
          LossScaleState{.scale = 4.0F, .skipped = -1}}) {
        EXPECT_THAT(refusal_of(state, Precision::float16), HasSubstr("expected a power of two"));
    }
    EXPECT_EQ(refusal_of(LossScaleState{.scale = 4.0F, .good_steps = 1999}, Precision::float16), "no error");
}

} // namespace
} // namespace suite::train
