// The device engine in host memory: the same class and the same operators as on a GPU, against the CPU
// engine, which is another implementation, and against the golden files.
#include "suite/train/device_engine.hpp"

#include <algorithm>

#include "suite/train/detail/device_network.hpp"
#include "suite/train/trainer.hpp"
#include "tests/suite/kernels/golden.hpp"
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

constexpr DeviceOptions host_memory{.cuda = false};
constexpr DeviceOptions host_halves{.cuda = false, .precision = Precision::float16};

std::vector<float> to_vector(const at::Tensor& tensor) {
    const at::Tensor dense = tensor.contiguous().to(at::kFloat);
    return {dense.const_data_ptr<float>(), dense.const_data_ptr<float>() + dense.numel()};
}

at::Tensor tensor_of(const std::vector<float>& values, std::vector<std::int64_t> shape) {
    return at::from_blob(const_cast<float*>(values.data()), shape, at::TensorOptions(at::kFloat)).clone();
}

/// The device network with the weights of a golden file.
struct GoldenDevice {
    test::Arrays golden;
    detail::DeviceNetwork network;
    at::Tensor images;
    at::Tensor logit_gradient;

    GoldenDevice(const Case& which, at::ScalarType element)
        : golden(test::read_golden(which.file)),
          network(which.spec, which.outputs, at::kCPU, element, detail::make_aten_kernels) {
        const auto count = static_cast<std::int64_t>(which.images);
        images = tensor_of(test::as_floats(golden.at("images")), {count, 3, which.size, which.size});
        logit_gradient = tensor_of(test::as_floats(golden.at("logit_gradient")),
                                   {count, static_cast<std::int64_t>(which.outputs)});
        for (const ParameterSpec& tensor : network.layout().tensors) {
            network.weights()
                .narrow(0, static_cast<std::int64_t>(tensor.offset),
                        static_cast<std::int64_t>(tensor.elements()))
                .copy_(tensor_of(test::as_floats(golden.at("weight:" + tensor.name)),
                                 {static_cast<std::int64_t>(tensor.elements())}));
        }
        network.weights_changed();
    }
    /// Gradients of one tensor after a whole pass.
    std::vector<float> gradient(const ParameterSpec& tensor) {
        return to_vector(network.gradients().narrow(0, static_cast<std::int64_t>(tensor.offset),
                                                    static_cast<std::int64_t>(tensor.elements())));
    }
};

/// "bottleneck" of "network_bottleneck.txt".
std::string name_of(const Case& which) {
    return which.file.substr(8, which.file.find('.') - 8);
}

class DeviceNetworkGolden : public testing::TestWithParam<Case> {};

TEST_P(DeviceNetworkGolden, LogitsAndGradientsAgreeWithTorch) {
    const c10::InferenceMode no_graph;
    GoldenDevice device(GetParam(), at::kFloat);
    for (const Pass pass : {Pass::inference, Pass::training}) {
        test::expect_close(to_vector(device.network.forward(device.images, pass)), device.golden.at("logits"),
                           1e-5, "logits");
    }
    device.network.backward(device.logit_gradient, {});
    device.network.finish_gradients(0, device.network.layout().parameters);
    for (const ParameterSpec& tensor : device.network.layout().tensors) {
        test::expect_close(device.gradient(tensor), device.golden.at("gradient:" + tensor.name), 2e-4,
                           tensor.name);
    }
}

/// Cosine between the whole gradients of a network and its golden file's.
double gradient_cosine(GoldenDevice& device) {
    double product = 0.0;
    double ours = 0.0;
    double theirs = 0.0;
    for (const ParameterSpec& tensor : device.network.layout().tensors) {
        const auto gradient = device.gradient(tensor);
        const auto& expected = device.golden.at("gradient:" + tensor.name);
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            product += gradient[i] * expected[i];
            ours += gradient[i] * gradient[i];
            theirs += expected[i] * expected[i];
        }
    }
    return product / std::sqrt(ours * theirs);
}

// Convolutions in half precision, everything else in float32 (cherti-jitsev.md 2.4): as near to float64 as
// PyTorch's autocast is on the same network. Networks this small make much of bfloat16's eight bits, which
// turn some ReLUs: autocast's gradients of the bottleneck have cosine 0.9651 there (0.99996 in float16).
TEST_P(DeviceNetworkGolden, HalfPrecisionStaysAsNearAsAutocast) {
    const c10::InferenceMode no_graph;
    const test::Arrays peer = test::read_golden("half_precision.txt");
    for (const auto& [element, word, logits] :
         {std::tuple{at::kHalf, "float16", 0.01}, {at::kBFloat16, "bfloat16", 0.05}}) {
        GoldenDevice device(GetParam(), element);
        test::expect_close(to_vector(device.network.forward(device.images, Pass::training)),
                           device.golden.at("logits"), logits, "logits");
        device.network.backward(device.logit_gradient, {});
        EXPECT_EQ(device.network.gradients().scalar_type(), at::kFloat);
        device.network.finish_gradients(0, device.network.layout().parameters);
        const double theirs = peer.at(name_of(GetParam()) + ":" + word).front();
        EXPECT_LT(1.0 - gradient_cosine(device), 2.0 * theirs + 1e-5) << word;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, DeviceNetworkGolden,
                         testing::Values(test::bottleneck, test::basic, test::basic_stride1, test::lanes),
                         [](const auto& that) { return name_of(that.param); });

struct EngineCase {
    const char* name;
    Case network;
    plan::Task task;
    plan::OptimizerKind optimizer;
};

class DeviceEngineTraining : public testing::TestWithParam<EngineCase> {};

TEST_P(DeviceEngineTraining, GoesAsOnTheCpuEngine) {
    ToyTraining toy(GetParam().network, GetParam().task);
    toy.config.train.optimizer = GetParam().optimizer;
    const auto device = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto cpu = make_cpu_engine(toy.config, toy.outputs);
    test::expect_same_training(*device, *cpu, toy, 4, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DeviceEngineTraining,
    testing::Values(
        EngineCase{"bottleneck", test::bottleneck, plan::Task::multiclass, plan::OptimizerKind::sgd_agc},
        EngineCase{"labels", test::bottleneck, plan::Task::multilabel, plan::OptimizerKind::sgd_agc},
        EngineCase{"basic", test::basic, plan::Task::multiclass, plan::OptimizerKind::sgd},
        EngineCase{"stride1", test::basic_stride1, plan::Task::multilabel, plan::OptimizerKind::sgd},
        EngineCase{"lanes", test::lanes, plan::Task::multiclass, plan::OptimizerKind::sgd_agc}),
    [](const auto& that) { return std::string(that.param.name); });

TEST(DeviceEngine, GradientsAgreeWithTheCpuEngines) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto device = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto cpu = make_cpu_engine(toy.config, toy.outputs);
    std::vector<std::vector<float>> gradients;
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write_weights(toy.start);
        static_cast<void>(toy.step(*engine, 0));
        engine->finish_gradients();
        const dist::Buffer buffer = engine->gradients();
        const auto* values = static_cast<const float*>(buffer.data);
        gradients.emplace_back(values, values + buffer.count);
    }
    for (const ParameterSpec& tensor : cpu->layout().tensors) {
        const auto part = [&](const std::vector<float>& whole) {
            const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
            return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(tensor.elements()));
        };
        EXPECT_LE(test::relative_difference(part(gradients[0]), part(gradients[1])), 1e-5) << tensor.name;
    }
}

TEST(DeviceEngine, TellsOfTheSameSlicesInTheSameOrder) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    std::vector<std::vector<std::pair<std::size_t, std::size_t>>> heard(2);
    const auto device = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto cpu = make_cpu_engine(toy.config, toy.outputs);
    for (Engine* engine : {device.get(), cpu.get()}) {
        auto& slices = heard[engine == device.get() ? 0 : 1];
        engine->write_weights(toy.start);
        engine->set_gradient_listener(
            [&](std::size_t offset, std::size_t count) { slices.emplace_back(offset, count); });
        static_cast<void>(toy.step(*engine, 0));
    }
    EXPECT_EQ(heard[0], heard[1]);
    EXPECT_FALSE(heard[0].empty());
}

TEST(DeviceEngine, InfersWhatTheCpuEngineInfers) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto values = toy.pixels(1);
    std::vector<std::vector<float>> logits;
    const auto device = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto cpu = make_cpu_engine(toy.config, toy.outputs);
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write_weights(toy.start);
        engine->begin_inference();
        logits.emplace_back(toy.images * toy.outputs);
        engine->infer({values, toy.images, toy.size}, logits.back());
    }
    EXPECT_LE(test::relative_difference(logits[0], logits[1]), 1e-5);
}

TEST(DeviceEngine, StacksExchangesAndSendsGradientsAsTheCpuEngineDoes) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    std::vector<std::vector<float>> results;
    const auto device = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto cpu = make_cpu_engine(toy.config, toy.outputs);
    for (Engine* engine : {device.get(), cpu.get()}) {
        engine->write_weights(toy.start);
        static_cast<void>(toy.step(*engine, 0));
        const dist::Buffer gradients = engine->gradients();
        auto* values = static_cast<float*>(gradients.data);
        std::iota(values, values + gradients.count, 0.001F); // the same on both from here on
        engine->push_gradients();
        std::iota(values, values + gradients.count, 1.001F);
        engine->push_gradients();
        std::fill_n(values, gradients.count, 0.5F);
        engine->pop_gradients();
        engine->pop_gradients();
        const dist::Buffer room = engine->exchange_room(5);
        ASSERT_EQ(room.count, 5U);
        std::fill_n(static_cast<float*>(room.data), room.count, 0.25F);
        engine->add_exchanged(3, 5);
        const dist::Buffer wire = engine->to_wire(2, 7, dist::Element::bfloat16);
        EXPECT_EQ(wire.bytes(), 14U);
        engine->from_wire(2, 7, dist::Element::bfloat16);
        results.emplace_back(values, values + gradients.count);
    }
    EXPECT_EQ(results[0], results[1]);
}

TEST(DeviceEngine, TheSameCallsGiveTheSameBits) {
    const ToyTraining toy(test::bottleneck, plan::Task::multiclass);
    const auto a = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto b = make_device_engine(toy.config, toy.outputs, host_memory);
    test::expect_same_training(*a, *b, toy, 2, 0.0);
    EXPECT_EQ(a->weights_hash(), b->weights_hash());
}

// float16 with the loss scaled by 65536: the update is that of float32, up to the precision of the halves.
TEST(DeviceEngineHalf, ScalingTheLossDoesNotChangeTheStep) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    const auto full = make_device_engine(toy.config, toy.outputs, host_memory);
    const auto half = make_device_engine(toy.config, toy.outputs, host_halves);
    test::expect_same_training(*half, *full, toy, 2, 0.02);
}

TEST(DeviceEngineHalf, AnOverflowLeavesTheStepOutAndHalvesTheScale) {
    const ToyTraining toy(test::basic, plan::Task::multiclass);
    const auto engine = make_device_engine(toy.config, toy.outputs, host_halves);
    engine->write_weights(toy.start);
    static_cast<void>(toy.step(*engine, 0));
    auto* gradients = static_cast<float*>(engine->gradients().data);
    const std::vector<float> scaled(gradients, gradients + engine->gradients().count);
    gradients[7] = std::numeric_limits<float>::infinity();
    engine->apply(0.1);
    EXPECT_EQ(test::weights_of(*engine), toy.start);
    static_cast<void>(toy.step(*engine, 0));
    const std::vector<float> again(gradients, gradients + engine->gradients().count);
    std::vector<float> halved = scaled;
    std::ranges::for_each(halved, [](float& g) { g /= 2; });
    EXPECT_LE(test::relative_difference(again, halved), 1e-2);
}

// ---------------------------------------------------------------- loss

TEST(DeviceLoss, AgreesWithTheHosts) {
    const c10::InferenceMode no_graph;
    constexpr std::size_t images = 4;
    constexpr std::size_t outputs = 3;
    PhiloxStream random({.seed = 8});
    std::vector<float> logits(images * outputs);
    std::ranges::generate(logits, [&] { return static_cast<float>(3 * random.normal()); });
    const std::vector<std::int64_t> classes{2, 0, 1, 1};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> labels{1, 0, nan, nan, nan, nan, 0, 1, 1, nan, 0, 0};
    const std::vector<float> nothing(labels.size(), nan);
    const std::vector<std::size_t> partner{1, 0, 3, 2};
    const double weight = 0.25;
    for (const bool mixed : {false, true}) {
        const MixUp mixup{.lambda = mixed ? 0.3 : 1.0,
                          .partner = mixed ? partner : std::vector<std::size_t>()};
        for (const Targets& targets :
             {Targets{plan::Task::multiclass, classes, {}}, Targets{plan::Task::multilabel, {}, labels},
              Targets{plan::Task::multilabel, {}, nothing}}) {
            std::vector<float> gradient(logits.size());
            const double loss = loss_and_gradient(logits, outputs, targets, mixup, weight, gradient);
            detail::DeviceTargets device;
            if (targets.task == plan::Task::multiclass) {
                device.classes = at::from_blob(const_cast<std::int64_t*>(classes.data()), {images},
                                               at::TensorOptions(at::kLong));
            } else {
                device.labels = tensor_of({targets.labels.begin(), targets.labels.end()}, {images, outputs});
            }
            std::vector<std::int64_t> numbers(partner.begin(), partner.end());
            if (mixed) {
                device.partner = at::from_blob(numbers.data(), {images}, at::TensorOptions(at::kLong));
            }
            const auto found =
                detail::device_loss(tensor_of(logits, {images, outputs}), device,
                                    at::scalar_tensor(mixup.lambda, at::TensorOptions(at::kFloat)),
                                    at::scalar_tensor(weight, at::TensorOptions(at::kFloat)));
            EXPECT_NEAR(found.loss.item<float>(), loss, 1e-6 * (1 + loss));
            const auto device_gradient = to_vector(found.gradient);
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                EXPECT_NEAR(device_gradient[i], gradient[i], 1e-7) << i;
            }
        }
    }
}

} // namespace
} // namespace suite::train
