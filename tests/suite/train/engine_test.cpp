// The engine as a GPU would run it (ATen's operators, the loss by operators) against the kernels and lanes of
// the host, which are another implementation.
#include "suite/train/engine.hpp"

#include <algorithm>

#include "suite/train/trainer.hpp"
#include "tests/suite/train/engine_pair.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/InferenceMode.h>

namespace suite::train {
namespace {

using test::Case;
using test::ToyTraining;

/// One thread, as in every process that trains.
struct DeviceTorchEnvironment : testing::Environment {
    void SetUp() override { initialise_torch(); }
};
const testing::Environment* const device_environment =
    testing::AddGlobalTestEnvironment(new DeviceTorchEnvironment);

/// As on a GPU, in host memory: ATen's operators, no lanes, and the loss by operators, too.
constexpr DeviceOptions by_operators{.own_kernels = false, .lanes = false};
constexpr DeviceOptions host_halves{.own_kernels = false, .lanes = false, .precision = Precision::float16};

std::unique_ptr<Engine> make_engine(const ToyTraining& toy, const DeviceOptions& options = {}) {
    return std::make_unique<Engine>(toy.config, toy.outputs, options);
}

struct EngineCase {
    const char* name;
    Case network;
    plan::Task task;
    plan::OptimizerKind optimizer;
};

class EngineTraining : public testing::TestWithParam<EngineCase> {};

TEST_P(EngineTraining, ByOperatorsGoesAsByKernels) {
    ToyTraining toy(GetParam().network, GetParam().task);
    toy.config.train.optimizer = GetParam().optimizer;
    const auto device = make_engine(toy, by_operators);
    const auto cpu = make_engine(toy);
    test::expect_same_training(*device, *cpu, toy, 4, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EngineTraining,
    testing::Values(
        EngineCase{"bottleneck", test::bottleneck, plan::Task::multiclass, plan::OptimizerKind::sgd_agc},
        EngineCase{"labels", test::bottleneck, plan::Task::multilabel, plan::OptimizerKind::sgd_agc},
        EngineCase{"basic", test::basic, plan::Task::multiclass, plan::OptimizerKind::sgd},
        EngineCase{"stride1", test::basic_stride1, plan::Task::multilabel, plan::OptimizerKind::sgd},
        EngineCase{"lanes", test::lanes, plan::Task::multiclass, plan::OptimizerKind::sgd_agc}),
    [](const auto& that) { return std::string(that.param.name); });

/// The networks of the laptop profile.
std::vector<Case> laptop_networks() {
    Case small = test::basic;
    small.spec = test::spec(plan::Unit::basic, plan::Stem::small_2, {1, 1, 1}, {8, 16, 32}, 4);
    small.spec.stem_channels = 8;
    Case large = small;
    large.spec = test::larger_laptop_network();
    for (Case* each : {&small, &large}) {
        each->size = 14;
        each->outputs = 10;
    }
    return {small, large};
}

TEST(Engine, LanesAndAutogradHaveTheSameLossesForTwentySteps) {
    constexpr DeviceOptions autograd{.lanes = false};
    for (const Case& network : laptop_networks()) {
        const ToyTraining toy(network, plan::Task::multiclass);
        const auto in_lanes = make_engine(toy);
        const auto by_autograd = make_engine(toy, autograd);
        in_lanes->write("weights", toy.start);
        by_autograd->write("weights", toy.start);
        for (int step = 0; step < 20; ++step) {
            const double loss = toy.step(*in_lanes, step);
            EXPECT_NEAR(toy.step(*by_autograd, step), loss, 1e-5 * loss) << "step " << step;
            for (Engine* engine : {in_lanes.get(), by_autograd.get()}) {
                engine->gradients().finish();
                engine->apply(0.01, step);
            }
        }
    }
}

TEST(Engine, GradientsByOperatorsAreThoseByKernels) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto device = make_engine(toy, by_operators);
    const auto cpu = make_engine(toy);
    std::vector<std::vector<float>> gradients;
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write("weights", toy.start);
        static_cast<void>(toy.step(*engine, 0));
        engine->gradients().finish();
        const dist::Buffer buffer = engine->gradients().buffer();
        const auto* values = static_cast<const float*>(buffer.data);
        gradients.emplace_back(values, values + buffer.count);
    }
    for (const plan::ParameterSpec& tensor : cpu->layout().tensors) {
        const auto part = [&](const std::vector<float>& whole) {
            const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
            return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(tensor.elements()));
        };
        EXPECT_LE(test::relative_difference(part(gradients[0]), part(gradients[1])), 1e-5) << tensor.name;
    }
}

TEST(Engine, TellsOfTheSameSlicesInTheSameOrder) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    std::vector<std::vector<std::pair<std::size_t, std::size_t>>> heard(2);
    const auto device = make_engine(toy, by_operators);
    const auto cpu = make_engine(toy);
    for (Engine* engine : {device.get(), cpu.get()}) {
        auto& slices = heard[engine == device.get() ? 0 : 1];
        engine->write("weights", toy.start);
        engine->gradients().set_listener(
            [&](std::size_t offset, std::size_t count) { slices.emplace_back(offset, count); });
        static_cast<void>(toy.step(*engine, 0));
    }
    EXPECT_EQ(heard[0], heard[1]);
    EXPECT_FALSE(heard[0].empty());
}

TEST(Engine, InfersTheSameByOperators) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto values = toy.pixels(1);
    std::vector<std::vector<float>> logits;
    const auto device = make_engine(toy, by_operators);
    const auto cpu = make_engine(toy);
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write("weights", toy.start);
        engine->begin_inference();
        logits.emplace_back(toy.images * toy.outputs);
        engine->infer({values, toy.images, toy.size}, logits.back());
    }
    EXPECT_LE(test::relative_difference(logits[0], logits[1]), 1e-5);
}

TEST(Engine, StacksExchangesAndSendsGradients) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    std::vector<std::vector<float>> results;
    const auto device = make_engine(toy, by_operators);
    const auto cpu = make_engine(toy);
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write("weights", toy.start);
        static_cast<void>(toy.step(*engine, 0));
        const dist::Buffer gradients = engine->gradients().buffer();
        auto* values = static_cast<float*>(gradients.data);
        std::iota(values, values + gradients.count, 0.001F); // the same on both from here on
        engine->gradients().push();
        std::iota(values, values + gradients.count, 1.001F);
        engine->gradients().push();
        std::fill_n(values, gradients.count, 0.5F);
        engine->gradients().pop();
        engine->gradients().pop();
        const dist::Buffer room = engine->gradients().exchange_buffer(5);
        ASSERT_EQ(room.count, 5U);
        std::fill_n(static_cast<float*>(room.data), room.count, 0.25F);
        engine->gradients().add_exchanged(3, 5);
        const dist::Buffer wire = engine->gradients().to_wire({2, 7}, dist::Element::bfloat16);
        EXPECT_EQ(wire.bytes(), 14U);
        engine->gradients().from_wire({2, 7}, dist::Element::bfloat16);
        results.emplace_back(values, values + gradients.count);
    }
    EXPECT_EQ(results[0], results[1]);
}

TEST(Engine, TheSameCallsGiveTheSameBits) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto a = make_engine(toy, by_operators);
    const auto b = make_engine(toy, by_operators);
    test::expect_same_training(*a, *b, toy, 2, 0.0);
    EXPECT_EQ(a->weights_hash(), b->weights_hash());
}

// float16 with the loss scaled by 65536: the update is that of float32, up to the precision of the halves.
TEST(EngineHalf, ScalingTheLossDoesNotChangeTheStep) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    const auto full = make_engine(toy, by_operators);
    const auto half = make_engine(toy, host_halves);
    test::expect_same_training(*half, *full, toy, 2, 0.02);
}

TEST(EngineHalf, AnOverflowLeavesTheStepOutAndHalvesTheScale) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    const auto engine = make_engine(toy, host_halves);
    engine->write("weights", toy.start);
    static_cast<void>(toy.step(*engine, 0));
    auto* gradients = static_cast<float*>(engine->gradients().buffer().data);
    const std::vector<float> scaled(gradients, gradients + engine->gradients().size());
    gradients[7] = std::numeric_limits<float>::infinity();
    engine->apply(0.1, 0);
    EXPECT_EQ(test::weights_of(*engine), toy.start);
    static_cast<void>(toy.step(*engine, 0));
    const std::vector<float> again(gradients, gradients + engine->gradients().size());
    std::vector<float> halved = scaled;
    std::ranges::for_each(halved, [](float& g) { g /= 2; });
    EXPECT_LE(test::relative_difference(again, halved), 1e-2);
}

} // namespace
} // namespace suite::train
