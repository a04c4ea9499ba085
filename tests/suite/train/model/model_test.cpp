// Both interpreters of a list of layers against PyTorch's own networks (tests/fixtures/train_golden.py).
#include "suite/train/model/model.hpp"

#include <algorithm>
#include <numeric>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>

#include "suite/base/philox.hpp"
#include "suite/plan/network/families.hpp"
#include "suite/train/tensors.hpp"
#include "suite/train/trainer.hpp"
#include "tests/suite/kernels/golden.hpp"
#include "tests/suite/train/network_cases.hpp"

namespace suite::train {
namespace {

using test::Arrays;
using test::as_floats;
using test::basic;
using test::basic_stride1;
using test::bottleneck;
using test::Case;
using test::expect_close;
using test::lanes;

/// One thread, as in every process that trains.
struct TorchEnvironment : testing::Environment {
    void SetUp() override { initialise_torch(); }
};
const testing::Environment* const environment = testing::AddGlobalTestEnvironment(new TorchEnvironment);

enum class Interpreter { side_by_side, host_kernels, operators };

std::vector<float> to_vector(const at::Tensor& tensor) {
    const at::Tensor dense = tensor.contiguous().to(at::kFloat);
    return {dense.const_data_ptr<float>(), dense.const_data_ptr<float>() + dense.numel()};
}

/// A model with the weights of its golden file.
struct Loaded {
    const Case& which;
    Arrays golden;
    Arenas arenas;
    std::unique_ptr<Model> model;
    at::Tensor images;
    at::Tensor output_gradient;
    at::Tensor share = at::full({}, 1.0, at::TensorOptions(at::kFloat));

    explicit Loaded(const Case& of, Interpreter interpreter = Interpreter::host_kernels,
                    Pass purpose = Pass::training, at::ScalarType element = at::kFloat)
        : which(of),
          golden(test::read_golden(which.file)),
          arenas(plan::network_layout(which.spec, which.outputs), at::kCPU, purpose,
                 interpreter == Interpreter::operators ? make_aten_kernels : make_host_kernels),
          model(interpreter == Interpreter::side_by_side ? make_lane_model(arenas)
                                                         : make_torch_model(arenas, element)),
          images(tensor_of("images").view({static_cast<std::int64_t>(of.images), 3, of.size, of.size})),
          output_gradient(
              tensor_of("logit_gradient")
                  .view({static_cast<std::int64_t>(of.images), static_cast<std::int64_t>(of.outputs)})) {
        for (const plan::ParameterSpec& tensor : arenas.layout().tensors) {
            std::ranges::copy(as_floats(golden.at("weight:" + tensor.name)),
                              values_of(arenas.weights()).begin() +
                                  static_cast<std::ptrdiff_t>(tensor.offset));
        }
        arenas.prepare();
    }
    [[nodiscard]] at::Tensor tensor_of(const std::string& name) const {
        return host_view(as_floats(golden.at(name))).clone();
    }
    /// Forward and backward of images [first, first + count).
    at::Tensor pass(std::int64_t first, std::int64_t count, const GradientListener& listener = {}) {
        const std::unique_ptr<ForwardPass> forward = model->forward(images.narrow(0, first, count), share);
        forward->backward(output_gradient.narrow(0, first, count), listener);
        return forward->outputs();
    }
    at::Tensor pass() { return pass(0, images.size(0)); }
    void finish() { arenas.finish_gradients(0, arenas.layout().parameters); }
    [[nodiscard]] std::span<const float> gradient(const plan::ParameterSpec& tensor) const {
        return values_of(arenas.gradients()).subspan(tensor.offset, tensor.elements());
    }
    void expect_golden_gradients() const {
        for (const plan::ParameterSpec& tensor : arenas.layout().tensors) {
            expect_close(gradient(tensor), golden.at("gradient:" + tensor.name), 2e-4, tensor.name);
        }
    }
};

/// "bottleneck" of "network_bottleneck.txt".
std::string name_of(const Case& which) {
    return which.file.substr(8, which.file.find('.') - 8);
}

using Which = std::pair<Interpreter, Case>;

class NetworkGolden : public testing::TestWithParam<Which> {
protected:
    [[nodiscard]] Interpreter interpreter() const { return GetParam().first; }
    [[nodiscard]] const Case& network() const { return GetParam().second; }
};

TEST_P(NetworkGolden, OutputsAgreeWithTorch) {
    Loaded loaded(network(), interpreter());
    expect_close(to_vector(loaded.model->infer(loaded.images)), loaded.golden.at("logits"), 1e-5, "logits");
    expect_close(to_vector(loaded.pass()), loaded.golden.at("logits"), 1e-5, "logits");
}

TEST_P(NetworkGolden, ANetworkForInferenceGivesTheSameBits) {
    Loaded loaded(network(), interpreter());
    Loaded lean(network(), interpreter(), Pass::inference);
    EXPECT_EQ(to_vector(lean.model->infer(lean.images)), to_vector(loaded.model->infer(loaded.images)));
    EXPECT_FALSE(lean.arenas.gradients().defined());
}

TEST_P(NetworkGolden, EveryGradientAgreesWithTorch) {
    Loaded loaded(network(), interpreter());
    loaded.pass();
    loaded.finish();
    loaded.expect_golden_gradients();
}

TEST_P(NetworkGolden, MicroBatchesSumToTheWholeBatch) {
    Loaded loaded(network(), interpreter());
    for (std::int64_t i = 0; i < loaded.images.size(0); ++i) {
        loaded.pass(i, 1);
    }
    loaded.finish();
    loaded.expect_golden_gradients();
}

TEST_P(NetworkGolden, TwoPassesMayBeAliveAtOnce) {
    Loaded loaded(network(), interpreter());
    const auto first = loaded.model->forward(loaded.images.narrow(0, 0, 1), loaded.share);
    const auto rest =
        loaded.model->forward(loaded.images.narrow(0, 1, loaded.images.size(0) - 1), loaded.share);
    rest->backward(loaded.output_gradient.narrow(0, 1, loaded.images.size(0) - 1), {});
    first->backward(loaded.output_gradient.narrow(0, 0, 1), {});
    loaded.finish();
    loaded.expect_golden_gradients();
}

TEST_P(NetworkGolden, TheListenerHearsOfEachTensorOnceAndInOneOrder) {
    std::vector<std::vector<std::size_t>> heard;
    for (int repetition = 0; repetition < 2; ++repetition) {
        Loaded loaded(network(), interpreter());
        auto& offsets = heard.emplace_back();
        loaded.pass(0, 1, [&](std::size_t offset, std::size_t) { offsets.push_back(offset); });
    }
    EXPECT_EQ(heard[0], heard[1]);
    const plan::NetworkLayout layout = plan::network_layout(network().spec, network().outputs);
    std::vector<std::size_t> expected;
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        expected.push_back(tensor.offset);
    }
    EXPECT_GE(heard[0].front(), layout.tensors[layout.tensors.size() - 2].offset) << "the head first";
    EXPECT_EQ(heard[0].back(), 0U) << "the root last";
    std::ranges::sort(heard[0]);
    EXPECT_EQ(heard[0], expected);
}

TEST_P(NetworkGolden, TheSameCallGivesTheSameBits) {
    Loaded a(network(), interpreter());
    Loaded b(network(), interpreter());
    const std::vector<float> first = to_vector(a.pass());
    EXPECT_EQ(first, to_vector(b.pass()));
    EXPECT_EQ(to_vector(a.arenas.gradients()), to_vector(b.arenas.gradients()));
    EXPECT_EQ(first, to_vector(a.model->infer(a.images)));
}

INSTANTIATE_TEST_SUITE_P(Lanes, NetworkGolden,
                         testing::Values(Which{Interpreter::side_by_side, basic},
                                         Which{Interpreter::side_by_side, basic_stride1},
                                         Which{Interpreter::side_by_side, lanes}),
                         [](const auto& that) { return name_of(that.param.second); });
INSTANTIATE_TEST_SUITE_P(HostKernels, NetworkGolden,
                         testing::Values(Which{Interpreter::host_kernels, bottleneck},
                                         Which{Interpreter::host_kernels, basic},
                                         Which{Interpreter::host_kernels, basic_stride1},
                                         Which{Interpreter::host_kernels, lanes}),
                         [](const auto& that) { return name_of(that.param.second); });
INSTANTIATE_TEST_SUITE_P(Operators, NetworkGolden,
                         testing::Values(Which{Interpreter::operators, bottleneck},
                                         Which{Interpreter::operators, basic},
                                         Which{Interpreter::operators, basic_stride1},
                                         Which{Interpreter::operators, lanes}),
                         [](const auto& that) { return name_of(that.param.second); });

class HalfPrecision : public testing::TestWithParam<Case> {};

/// Cosine between the whole gradients of a network and its golden file's.
double gradient_cosine(const Loaded& loaded) {
    double product = 0.0;
    double ours = 0.0;
    double theirs = 0.0;
    for (const plan::ParameterSpec& tensor : loaded.arenas.layout().tensors) {
        const auto gradient = loaded.gradient(tensor);
        const auto& expected = loaded.golden.at("gradient:" + tensor.name);
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            product += gradient[i] * expected[i];
            ours += gradient[i] * gradient[i];
            theirs += expected[i] * expected[i];
        }
    }
    return product / std::sqrt(ours * theirs);
}

// Convolutions in half precision, everything else in float32 (paper.md#mixed-precision): as near to float64
// as PyTorch's autocast is on the same network. Networks this small make much of bfloat16's eight bits, which
// turn some ReLUs: autocast's gradients of the bottleneck have cosine 0.9651 there (0.99996 in float16).
TEST_P(HalfPrecision, StaysAsNearAsAutocast) {
    const Arrays peer = test::read_golden("half_precision.txt");
    for (const auto& [element, word, logits] :
         {std::tuple{at::kHalf, "float16", 0.01}, {at::kBFloat16, "bfloat16", 0.05}}) {
        Loaded loaded(GetParam(), Interpreter::operators, Pass::training, element);
        expect_close(to_vector(loaded.pass()), loaded.golden.at("logits"), logits, "logits");
        EXPECT_EQ(loaded.arenas.gradients().scalar_type(), at::kFloat);
        loaded.finish();
        const double theirs = peer.at(name_of(GetParam()) + ":" + word).front();
        EXPECT_LT(1.0 - gradient_cosine(loaded), 2.0 * theirs + 1e-5) << word;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, HalfPrecision, testing::Values(bottleneck, basic, basic_stride1, lanes),
                         [](const auto& that) { return name_of(that.param); });

/// sum of output_gradient * outputs: the function whose gradient backward() gives.
double objective(Loaded& loaded) {
    loaded.arenas.prepare();
    return (loaded.model->infer(loaded.images).to(at::kDouble) * loaded.output_gradient).sum().item<double>();
}

// Independent of torch's derivatives: the slope along random directions, by central differences.
TEST(NetworkGradient, AgreesWithFiniteDifferences) {
    for (const Interpreter interpreter : {Interpreter::side_by_side, Interpreter::host_kernels}) {
        Loaded loaded(basic, interpreter);
        loaded.pass();
        loaded.finish();
        const auto weights = values_of(loaded.arenas.weights());
        const std::vector<float> start(weights.begin(), weights.end());
        for (std::uint64_t trial = 0; trial < 6; ++trial) {
            PhiloxStream random({.seed = 1, .sample = trial});
            std::vector<double> direction(start.size());
            std::ranges::generate(direction, [&] { return random.normal(); });
            constexpr double h = 2e-4;
            const auto moved = [&](double by) {
                std::ranges::transform(start, direction, weights.begin(),
                                       [&](float w, double d) { return static_cast<float>(w + by * d); });
                return objective(loaded);
            };
            const double slope = (moved(h) - moved(-h)) / (2 * h);
            const double expected = std::inner_product(direction.begin(), direction.end(),
                                                       values_of(loaded.arenas.gradients()).begin(), 0.0);
            EXPECT_NEAR(slope, expected, 0.02 * std::abs(expected) + 0.05) << "direction " << trial;
        }
    }
}

TEST(LaneModel, RunsTheSmallNetworksAlone) {
    const auto runs = [](const Case& which) {
        return runs_in_lanes(plan::make_network(which.spec, which.outputs));
    };
    EXPECT_TRUE(runs(basic));
    EXPECT_TRUE(runs(basic_stride1));
    EXPECT_TRUE(runs(lanes));
    EXPECT_FALSE(runs(bottleneck)) << "its stem has a pool";
}

} // namespace
} // namespace suite::train
