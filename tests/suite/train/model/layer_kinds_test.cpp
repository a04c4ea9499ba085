// Layers that no published network of the suite has yet: a small network with batch norms, and one that goes
// down and up again and joins its maps.
#include <algorithm>
#include <numeric>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "suite/base/philox.hpp"
#include "suite/train/model/model.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

using plan::LayerKind;
using plan::LayerList;

at::Tensor noise_like(const at::Tensor& shape, std::uint64_t seed) {
    PhiloxStream random({.seed = seed});
    const at::Tensor values = at::empty_like(shape);
    std::ranges::generate(values_of(values), [&] { return static_cast<float>(random.normal()); });
    return values;
}

at::Tensor scalar(double value) {
    return at::full({}, value, at::TensorOptions(at::kFloat));
}

plan::Network with_batch_norm() {
    LayerList list(3);
    std::size_t x = list.add({.name = "conv",
                              .kind = LayerKind::convolution,
                              .channels = 5,
                              .kernel = 3,
                              .stride = 2,
                              .padding = 1},
                             {LayerList::images});
    x = list.add({.name = "bn", .kind = LayerKind::batch_norm}, {x});
    x = list.add({.kind = LayerKind::relu}, {x});
    x = list.add({.kind = LayerKind::max_pool, .kernel = 3, .stride = 2, .padding = 1}, {x});
    x = list.add({.kind = LayerKind::average}, {x});
    list.add({.name = "fc", .kind = LayerKind::linear, .channels = 2, .bias = true}, {x});
    return std::move(list).finish("batch-norm", "test");
}

plan::Network down_and_up() {
    LayerList list(3);
    const std::size_t wide = list.add({.name = "down",
                                       .kind = LayerKind::convolution,
                                       .channels = 4,
                                       .kernel = 3,
                                       .padding = 1,
                                       .bias = true},
                                      {LayerList::images});
    const std::size_t pooled = list.add({.kind = LayerKind::max_pool, .kernel = 2, .stride = 2}, {wide});
    const std::size_t normed = list.add({.name = "gn", .kind = LayerKind::group_norm, .groups = 2}, {pooled});
    const std::size_t up = list.add(
        {.name = "up", .kind = LayerKind::transposed_convolution, .channels = 2, .kernel = 2, .stride = 2},
        {normed});
    const std::size_t joined = list.add({.kind = LayerKind::concatenate}, {wide, up});
    const std::size_t out =
        list.add({.name = "out", .kind = LayerKind::convolution, .channels = 1, .bias = true}, {joined});
    list.add({.kind = LayerKind::sigmoid}, {out});
    return std::move(list).finish("down-and-up", "test");
}

/// A model with made-up weights.
struct Made {
    Arenas arenas;
    std::unique_ptr<Model> model;

    explicit Made(plan::Network network, Frozen frozen = {})
        : arenas(plan::network_layout(std::move(network)), at::kCPU, Pass::training, make_host_kernels),
          model(make_torch_model(arenas, at::kFloat, std::move(frozen))) {
        const at::NoGradGuard no_graph;
        arenas.weights().copy_(noise_like(arenas.weights(), 5));
        arenas.prepare();
    }
};

/// The slope along random directions, by central differences, of a function of the weights.
template<typename Function>
void expect_slopes(Made& made, const Function& function) {
    const auto weights = values_of(made.arenas.weights());
    const std::vector<float> start(weights.begin(), weights.end());
    for (std::uint64_t trial = 0; trial < 4; ++trial) {
        PhiloxStream random({.seed = 2, .sample = trial});
        std::vector<double> direction(start.size());
        std::ranges::generate(direction, [&] { return random.normal(); });
        constexpr double h = 1e-3;
        const auto moved = [&](double by) {
            std::ranges::transform(start, direction, weights.begin(),
                                   [&](float w, double d) { return static_cast<float>(w + by * d); });
            made.arenas.prepare();
            return function();
        };
        const double slope = (moved(h) - moved(-h)) / (2 * h);
        const double expected = std::inner_product(direction.begin(), direction.end(),
                                                   values_of(made.arenas.gradients()).begin(), 0.0);
        EXPECT_NEAR(slope, expected, 0.03 * std::abs(expected) + 0.05) << "direction " << trial;
    }
}

TEST(LayerKinds, DownAndUpHasTheGradientsOfItsFunction) {
    Made made(down_and_up());
    const at::Tensor images = noise_like(at::full({2, 3, 6, 8}, 0.0, at::TensorOptions(at::kFloat)), 7);
    const auto pass = made.model->forward(images, scalar(1.0));
    const at::Tensor gradient = noise_like(pass->outputs().contiguous(), 9);
    EXPECT_EQ(pass->outputs().sizes(), (at::IntArrayRef{2, 1, 6, 8}));

    pass->backward(gradient, {});

    expect_slopes(
        made, [&] { return (made.model->infer(images).to(at::kDouble) * gradient).sum().item<double>(); });
}

// running = 0.9 running + 0.1 (half of each micro-batch's mean, and of its unbiased variance).
TEST(LayerKinds, BatchStatisticsAreThoseOfEachMicroBatchByItsShare) {
    Made made(with_batch_norm());
    const at::Tensor images = noise_like(at::full({8, 3, 8, 8}, 0.0, at::TensorOptions(at::kFloat)), 7);
    std::vector<at::Tensor> maps;
    for (std::int64_t first : {0, 4}) {
        const auto pass = made.model->forward(images.narrow(0, first, 4), scalar(0.5));
        maps.push_back(made.model->infer(images.narrow(0, first, 4), 1)); // the convolution's
        pass->backward(noise_like(pass->outputs().contiguous(), 3), {});
    }

    const at::NoGradGuard no_graph;
    made.arenas.update_buffers();

    const std::vector<std::int64_t> all{0, 2, 3};
    const at::Tensor mean = (maps[0].mean(all) + maps[1].mean(all)) / 2;
    const at::Tensor variance = (maps[0].var(all, true) + maps[1].var(all, true)) / 2;
    EXPECT_LT((made.arenas.buffer(0) - 0.1 * mean).abs().max().item<float>(), 1e-5);
    EXPECT_LT((made.arenas.buffer(1) - 0.9 - 0.1 * variance).abs().max().item<float>(), 1e-4);
}

TEST(LayerKinds, FrozenTensorsGetNoGradients) {
    const plan::NetworkLayout layout = plan::network_layout(down_and_up());
    Frozen frozen(layout.tensors.size(), true);
    frozen.back() = frozen[frozen.size() - 2] = false; // "out"
    Made made(down_and_up(), frozen);
    const at::Tensor images = noise_like(at::full({2, 3, 6, 8}, 0.0, at::TensorOptions(at::kFloat)), 7);
    std::size_t heard = 0;

    const auto pass = made.model->forward(images, scalar(1.0));
    pass->backward(noise_like(pass->outputs().contiguous(), 9),
                   [&](std::size_t, std::size_t count) { heard += count; });

    EXPECT_EQ(heard, layout.parameters) << "reducers wait for every slice";
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
        const float largest = made.arenas.gradient(i).abs().max().item<float>();
        EXPECT_EQ(largest == 0.0F, static_cast<bool>(frozen[i])) << layout.tensors[i].name;
    }
}

} // namespace
} // namespace suite::train
