#include "suite/train/network.hpp"

#include <algorithm>
#include <numeric>

#include "suite/base/philox.hpp"
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

/// A network with the weights of its golden file.
struct Loaded {
    Arrays golden;
    Network network;
    std::vector<float> images;
    std::vector<float> logit_gradient;
    std::vector<float> logits;

    explicit Loaded(const Case& which)
        : golden(test::read_golden(which.file)),
          network(which.spec, which.outputs),
          images(as_floats(golden.at("images"))),
          logit_gradient(as_floats(golden.at("logit_gradient"))),
          logits(which.images * which.outputs) {
        for (const ParameterSpec& tensor : network.layout().tensors) {
            std::ranges::copy(as_floats(golden.at("weight:" + tensor.name)),
                              network.weights().begin() + static_cast<std::ptrdiff_t>(tensor.offset));
        }
        network.weights_changed();
    }
};

class NetworkGolden : public testing::TestWithParam<Case> {};

TEST_P(NetworkGolden, LogitsAgreeWithTorch) {
    Loaded loaded(GetParam());
    for (const Pass pass : {Pass::inference, Pass::training}) {
        loaded.network.forward({loaded.images, GetParam().images, GetParam().size}, pass, loaded.logits);
        expect_close(loaded.logits, loaded.golden.at("logits"), 1e-5, "logits");
    }
}

TEST_P(NetworkGolden, ANetworkForInferenceGivesTheSameBits) {
    Loaded loaded(GetParam());
    const ImageBatch images{loaded.images, GetParam().images, GetParam().size};
    loaded.network.forward(images, Pass::inference, loaded.logits);
    Network lean(GetParam().spec, GetParam().outputs, Pass::inference);
    std::ranges::copy(loaded.network.weights(), lean.weights().begin());
    lean.weights_changed();
    std::vector<float> logits(loaded.logits.size());
    lean.forward(images, Pass::inference, logits);
    EXPECT_EQ(logits, loaded.logits);
    EXPECT_TRUE(lean.gradients().empty());
}

TEST_P(NetworkGolden, EveryGradientAgreesWithTorch) {
    Loaded loaded(GetParam());
    loaded.network.clear_gradients();
    loaded.network.forward({loaded.images, GetParam().images, GetParam().size}, Pass::training,
                           loaded.logits);
    loaded.network.backward(loaded.logit_gradient);
    loaded.network.finish_gradients();
    for (const ParameterSpec& tensor : loaded.network.layout().tensors) {
        expect_close(loaded.network.gradients().subspan(tensor.offset, tensor.elements()),
                     loaded.golden.at("gradient:" + tensor.name), 2e-4, tensor.name);
    }
}

TEST_P(NetworkGolden, MicroBatchesSumToTheWholeBatch) {
    Loaded loaded(GetParam());
    const std::size_t image_size = loaded.images.size() / GetParam().images;
    loaded.network.clear_gradients();
    for (std::size_t i = 0; i < GetParam().images; ++i) {
        loaded.network.forward(
            {std::span(loaded.images).subspan(i * image_size, image_size), 1, GetParam().size},
            Pass::training, std::span(loaded.logits).first(GetParam().outputs));
        loaded.network.backward(
            std::span(loaded.logit_gradient).subspan(i * GetParam().outputs, GetParam().outputs));
    }
    loaded.network.finish_gradients();
    for (const ParameterSpec& tensor : loaded.network.layout().tensors) {
        expect_close(loaded.network.gradients().subspan(tensor.offset, tensor.elements()),
                     loaded.golden.at("gradient:" + tensor.name), 2e-4, tensor.name);
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, NetworkGolden, testing::Values(bottleneck, basic, basic_stride1, lanes),
                         [](const auto& that) {
                             return that.param.file.substr(8, that.param.file.find('.') - 8);
                         });

/// sum of logit_gradient * logits: the function whose gradient backward() gives.
double objective(Loaded& loaded, const Case& which) {
    loaded.network.weights_changed();
    loaded.network.forward({loaded.images, which.images, which.size}, Pass::inference, loaded.logits);
    return std::inner_product(loaded.logits.begin(), loaded.logits.end(), loaded.logit_gradient.begin(), 0.0);
}

// Independent of torch's derivatives: the slope along random directions, by central differences.
TEST(NetworkGradient, AgreesWithFiniteDifferences) {
    Loaded loaded(basic);
    loaded.network.clear_gradients();
    loaded.network.forward({loaded.images, basic.images, basic.size}, Pass::training, loaded.logits);
    loaded.network.backward(loaded.logit_gradient);
    loaded.network.finish_gradients();
    const auto weights = loaded.network.weights();
    const std::vector<float> start(weights.begin(), weights.end());
    for (std::uint64_t trial = 0; trial < 6; ++trial) {
        PhiloxStream random({.seed = 1, .sample = trial});
        std::vector<double> direction(start.size());
        std::ranges::generate(direction, [&] { return random.normal(); });
        constexpr double h = 2e-4;
        const auto moved = [&](double by) {
            std::ranges::transform(start, direction, weights.begin(),
                                   [&](float w, double d) { return static_cast<float>(w + by * d); });
            return objective(loaded, basic);
        };
        const double slope = (moved(h) - moved(-h)) / (2 * h);
        const double expected =
            std::inner_product(direction.begin(), direction.end(), loaded.network.gradients().begin(), 0.0);
        EXPECT_NEAR(slope, expected, 0.02 * std::abs(expected) + 0.05) << "direction " << trial;
    }
}

TEST(Network, GradientsOfTwoPassesAddUp) {
    Loaded loaded(basic);
    const auto pass = [&] {
        loaded.network.forward({loaded.images, basic.images, basic.size}, Pass::training, loaded.logits);
        loaded.network.backward(loaded.logit_gradient);
    };
    pass();
    const std::vector<float> once(loaded.network.gradients().begin(), loaded.network.gradients().end());
    pass();
    for (std::size_t i = 0; i < once.size(); ++i) {
        ASSERT_NEAR(loaded.network.gradients()[i], 2 * once[i], 1e-5 * (1 + std::abs(once[i])));
    }
}

TEST(Network, TheSameCallGivesTheSameBits) {
    Loaded a(bottleneck);
    Loaded b(bottleneck);
    std::vector<float> first(a.logits.size());
    a.network.forward({a.images, bottleneck.images, bottleneck.size}, Pass::inference, first);
    a.network.forward({a.images, bottleneck.images, bottleneck.size}, Pass::training, a.logits);
    b.network.forward({b.images, bottleneck.images, bottleneck.size}, Pass::inference, b.logits);
    EXPECT_EQ(first, a.logits);
    EXPECT_EQ(first, b.logits);
}

} // namespace
} // namespace suite::train
