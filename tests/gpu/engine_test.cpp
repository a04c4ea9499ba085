// The engine on a GPU against the engine of the host: the same training in another place.
#include "suite/train/engine.hpp"

#include "tests/gpu/gpu_test.hpp"
#include "tests/suite/train/engine_pair.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using test::ToyTraining;
using GpuEngine = test::GpuTest;

constexpr DeviceOptions gpu{.cuda = true};
constexpr DeviceOptions without_graphs{.cuda = true, .capture_graphs = false};
constexpr DeviceOptions without_own_kernels{.cuda = true, .own_kernels = false};

/// R50-like (bottleneck units, BiT's stem) and the laptop networks' kinds.
std::vector<std::pair<test::Case, plan::Task>> trainings() {
    return {{test::bottleneck, plan::Task::multiclass},
            {test::bottleneck, plan::Task::multilabel},
            {test::basic, plan::Task::multiclass},
            {test::lanes, plan::Task::multilabel}};
}

TEST_F(GpuEngine, TrainsAsTheHostDoes) {
    for (const auto& [network, task] : trainings()) {
        SCOPED_TRACE(network.file);
        const ToyTraining toy(network, task);
        const auto device = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
        const auto cpu = std::make_unique<Engine>(toy.config, toy.outputs);
        test::expect_same_training(*device, *cpu, toy, 4, 1e-4);
    }
}

TEST_F(GpuEngine, OwnKernelsTrainAsAtensOperatorsDo) {
    for (const auto& [network, task] : trainings()) {
        SCOPED_TRACE(network.file);
        const ToyTraining toy(network, task);
        const auto own = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
        const auto aten = std::make_unique<Engine>(toy.config, toy.outputs, without_own_kernels);
        test::expect_same_training(*own, *aten, toy, 4, 1e-5);
    }
}

TEST_F(GpuEngine, AReplayedGraphGivesTheBitsOfThePassItself) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto captured = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
    const auto eager = std::make_unique<Engine>(toy.config, toy.outputs, without_graphs);
    // Each step has two shapes of pass (with and without MixUp), so nothing is captured here …
    test::expect_same_training(*captured, *eager, toy, 2, 0.0);
    // … and here one alone, beyond the warm-up: captured, then replayed with other images and other weights.
    const std::vector<std::int64_t> classes(toy.images, 1);
    for (int step = 0; step < 8; ++step) {
        const auto values = toy.pixels(step);
        std::vector<double> losses;
        for (Engine* engine : {captured.get(), eager.get()}) {
            engine->begin_step();
            losses.push_back(engine->forward_backward({values, toy.images, toy.size},
                                                      {plan::Task::multiclass, classes, {}}, {}, 1.0));
            engine->gradients().finish();
            engine->apply(0.05, step);
        }
        EXPECT_EQ(losses[0], losses[1]) << "step " << step;
        EXPECT_EQ(captured->weights_hash(), eager->weights_hash()) << "step " << step;
    }
}

TEST_F(GpuEngine, TheSameCallsGiveTheSameBits) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto a = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
    const auto b = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
    test::expect_same_training(*a, *b, toy, 3, 0.0);
    EXPECT_EQ(a->weights_hash(), b->weights_hash());
}

TEST_F(GpuEngine, EveryPrecisionStaysNearFloat32) {
    for (const auto& [precision, tolerance] :
         {std::pair{Precision::tf32, 0.01}, {Precision::bfloat16, 0.05}, {Precision::float16, 0.02}}) {
        SCOPED_TRACE(static_cast<int>(precision));
        const ToyTraining toy(test::basic, plan::Task::multiclass);
        const auto cpu = std::make_unique<Engine>(toy.config, toy.outputs);
        const auto device = std::make_unique<Engine>(toy.config, toy.outputs,
                                                     DeviceOptions{.cuda = true, .precision = precision});
        test::expect_same_training(*device, *cpu, toy, 2, tolerance);
    }
}

TEST_F(GpuEngine, InfersWhatTheHostInfers) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto values = toy.pixels(1);
    std::vector<std::vector<float>> logits;
    const auto device = std::make_unique<Engine>(toy.config, toy.outputs, gpu);
    const auto cpu = std::make_unique<Engine>(toy.config, toy.outputs);
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write("weights", toy.start);
        engine->begin_inference();
        logits.emplace_back(toy.images * toy.outputs);
        engine->infer({values, toy.images, toy.size}, logits.back());
    }
    EXPECT_LE(test::relative_difference(logits[0], logits[1]), 1e-4);
}

TEST_F(GpuEngine, StreamsInPinnedMemoryTrainToTheBitsOfStreamsOnTheHeap) {
    const data::DataSet data_set = testing_toy::toy_on_disk();
    plan::RunConfig config = testing_toy::toy_config(3);
    config.data.set.image_size = 8;
    config.train.micro_batch = 4;
    dist::PinnedResource memory(api());
    const auto train = [&](dist::PinnedResource* images, int workers) {
        const TrainContext context{.loading = {.workers = workers, .memory = images},
                                   .make_engine = [&](const plan::RunConfig& of, std::size_t outputs) {
                                       return std::make_unique<Engine>(
                                           of, outputs, DeviceOptions{.cuda = true, .images = images});
                                   }};
        return run_training(config, data_set, nullptr, context);
    };
    const TrainResult heap = train(nullptr, 0);
    for (const int workers : {0, 1, 2}) {
        testing_toy::expect_same_bits(train(&memory, workers), heap);
    }
}

} // namespace
} // namespace suite::train
