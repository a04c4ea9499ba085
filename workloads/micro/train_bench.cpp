// Training and evaluation of the laptop networks, the kernels inside them, and the schedule.
#include <benchmark/benchmark.h>

#include <vector>

#include "suite/base/philox.hpp"
#include "suite/kernels/group_norm.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/initialise.hpp"
#include "suite/train/schedule.hpp"
#include "suite/train/trainer.hpp"

namespace {

using namespace suite;

/// Width 8 with units 1-1-1 (20 k parameters), or width 16 with units 1-1-2 (152 k):
/// laptop.md#networks-and-cost.
plan::NetworkSpec laptop_network(int width) {
    plan::NetworkSpec spec;
    spec.unit = plan::Unit::basic;
    spec.stem = plan::Stem::small_2;
    spec.depths = width == 8 ? std::vector{1, 1, 1} : std::vector{1, 1, 2};
    spec.stem_channels = width;
    spec.stage_channels = {width, 2 * width, 4 * width};
    spec.groups = 4;
    return spec;
}

std::vector<float> noise(std::size_t count) {
    PhiloxStream random({.purpose = Purpose::content});
    std::vector<float> values(count);
    for (float& value : values) {
        value = random.uniform(-1.0F, 1.0F);
    }
    return values;
}

plan::RunConfig config_of(int width) {
    plan::RunConfig config;
    config.network = laptop_network(width);
    config.train.optimizer = plan::OptimizerKind::sgd_agc;
    return config;
}

/// Arguments: width, side of the image, batch.
struct Setting {
    std::size_t batch;
    int side;
    train::Engine engine;
    std::vector<float> images;
    std::vector<float> logits;
    std::vector<std::int64_t> classes;

    explicit Setting(const benchmark::State& state)
        : batch(static_cast<std::size_t>(state.range(2))),
          side(static_cast<int>(state.range(1))),
          engine((train::initialise_torch(), config_of(static_cast<int>(state.range(0)))), 10),
          images(noise(batch * 3 * static_cast<std::size_t>(side * side))),
          logits(batch * 10),
          classes(batch, 3) {
        std::vector<float> weights(engine.layout().parameters);
        train::initialise_backbone(engine.layout(), 1, weights);
        engine.write("weights", weights);
        engine.begin_inference();
    }
};

/// Everything of a step but loading: standardise, forward, loss, backward, update (clipped, Nesterov).
void train_step(benchmark::State& state) {
    Setting setting(state);
    std::int64_t step = 0;
    for (auto _ : state) {
        setting.engine.begin_step();
        benchmark::DoNotOptimize(
            setting.engine.forward_backward({setting.images, setting.batch, setting.side},
                                            {plan::Task::multiclass, setting.classes, {}}, {}, 1.0));
        setting.engine.gradients().finish();
        setting.engine.apply(1e-3, step++);
    }
    state.SetItemsProcessed(state.iterations() * state.range(2));
}

void evaluation(benchmark::State& state) {
    Setting setting(state);
    for (auto _ : state) {
        setting.engine.infer({setting.images, setting.batch, setting.side}, setting.logits);
    }
    state.SetItemsProcessed(state.iterations() * state.range(2));
}

/// Arguments: channels, side. Bytes counted: x read, y written.
void group_norm_relu(benchmark::State& state) {
    const auto side = static_cast<std::size_t>(state.range(1));
    const kernels::GroupNormShape shape{
        .images = 32, .channels = static_cast<std::size_t>(state.range(0)), .area = side * side, .groups = 4};
    const std::vector<float> x = noise(shape.elements());
    const std::vector<float> ones(shape.channels, 1.0F);
    std::vector<float> y(shape.elements());
    std::vector<float> statistics(shape.statistics());
    for (auto _ : state) {
        kernels::group_norm_relu(shape, x, ones, ones, y, statistics);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(2 * sizeof(float) * shape.elements()));
}

/// Bytes counted: x, y and the gradient read once, the input's gradient written.
void group_norm_relu_backward(benchmark::State& state) {
    const auto side = static_cast<std::size_t>(state.range(1));
    const kernels::GroupNormShape shape{
        .images = 32, .channels = static_cast<std::size_t>(state.range(0)), .area = side * side, .groups = 4};
    const std::vector<float> x = noise(shape.elements());
    const std::vector<float> ones(shape.channels, 1.0F);
    std::vector<float> y(shape.elements());
    std::vector<float> dx(shape.elements());
    std::vector<float> statistics(shape.statistics());
    std::vector<float> parameter_gradient(shape.channels);
    kernels::group_norm_relu(shape, x, ones, ones, y, statistics);
    for (auto _ : state) {
        kernels::group_norm_relu_backward(
            shape, {x, y, statistics, ones, x, {}, parameter_gradient, parameter_gradient, dx});
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(4 * sizeof(float) * shape.elements()));
}

void hyperrule_schedule(benchmark::State& state) {
    const plan::ScheduleConfig schedule{
        .peak_lr = 0.001, .total_steps = 500, .boundaries = {100, 200, 300, 400, 500}};
    std::int64_t step = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(train::learning_rate(schedule, step++ % 500));
    }
}

void networks_and_sides(benchmark::internal::Benchmark* bench) {
    bench->ArgNames({"width", "side", "batch"})
        ->ArgsProduct({{8, 16}, {14, 28}, {32}})
        ->Unit(benchmark::kMicrosecond);
}
void maps(benchmark::internal::Benchmark* bench) {
    bench->ArgNames({"channels", "side"})->Args({8, 14})->Args({16, 7})->Args({32, 4})->Args({64, 56});
}

BENCHMARK(train_step)->Apply(networks_and_sides);
BENCHMARK(evaluation)->Apply(networks_and_sides)->Args({8, 28, 128})->Args({16, 28, 128});
BENCHMARK(group_norm_relu)->Apply(maps);
BENCHMARK(group_norm_relu_backward)->Apply(maps);
BENCHMARK(hyperrule_schedule);

} // namespace
