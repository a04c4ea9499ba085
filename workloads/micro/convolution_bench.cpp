// The convolutions of the laptop networks at batch 32, pass by pass; FLOP are two for each product with a
// pixel inside the map.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <vector>

#include "suite/base/philox.hpp"
#include "suite/kernels/lane_convolution.hpp"

namespace {

using namespace suite;

/// Noise that begins on a cache line, as a tensor's values do.
class Array {
public:
    explicit Array(std::size_t count) : storage_(count + line), count_(count) {
        PhiloxStream random({.purpose = Purpose::content});
        for (float& value : storage_) {
            value = random.uniform(-1.0F, 1.0F);
        }
    }
    operator std::span<float>() {
        const auto address = reinterpret_cast<std::uintptr_t>(storage_.data()) / sizeof(float);
        return std::span(storage_).subspan((line - address % line) % line, count_);
    }

private:
    static constexpr std::size_t line = 64 / sizeof(float);
    std::vector<float> storage_;
    std::size_t count_;
};

/// Output positions times taps inside the map, along one side.
double taps_inside(const kernels::LaneConvolutionShape& shape) {
    double count = 0.0;
    for (std::size_t out = 0; out < shape.out_side(); ++out) {
        for (std::size_t tap = 0; tap < shape.kernel; ++tap) {
            const std::size_t place = out * shape.stride + tap; // of the input, counted from the border
            count += place >= shape.kernel / 2 && place < shape.side + shape.kernel / 2;
        }
    }
    return count;
}

/// Arguments: in channels, out channels, side, kernel, stride.
struct Setting {
    kernels::LaneConvolutionShape shape;
    Array x;
    Array y;
    Array weight;

    explicit Setting(const benchmark::State& state)
        : shape{.blocks = 2,
                .in_channels = static_cast<std::size_t>(state.range(0)),
                .out_channels = static_cast<std::size_t>(state.range(1)),
                .side = static_cast<std::size_t>(state.range(2)),
                .kernel = static_cast<std::size_t>(state.range(3)),
                .stride = static_cast<std::size_t>(state.range(4))},
          x(shape.in_elements()),
          y(shape.out_elements()),
          weight(shape.weight_elements()) {}

    void count(benchmark::State& state) const {
        const double inside = taps_inside(shape);
        const double products =
            inside * inside *
            static_cast<double>(shape.in_channels * shape.out_channels * shape.blocks * kernels::lane_images);
        state.counters["FLOP/s"] =
            benchmark::Counter(2.0 * products, benchmark::Counter::kIsIterationInvariantRate);
    }
};

void convolution_forward(benchmark::State& state) {
    Setting setting(state);
    for (auto _ : state) {
        kernels::lane_convolution(setting.shape, std::span<float>(setting.x),
                                  std::span<float>(setting.weight), setting.y);
        benchmark::ClobberMemory();
    }
    setting.count(state);
}

void convolution_backward_data(benchmark::State& state) {
    Setting setting(state);
    for (auto _ : state) {
        kernels::lane_convolution_backward_data(setting.shape, std::span<float>(setting.y),
                                                std::span<float>(setting.weight), setting.x);
        benchmark::ClobberMemory();
    }
    setting.count(state);
}

void convolution_backward_weight(benchmark::State& state) {
    Setting setting(state);
    for (auto _ : state) {
        kernels::lane_convolution_backward_weight(setting.shape, std::span<float>(setting.x),
                                                  std::span<float>(setting.y), setting.weight);
        benchmark::ClobberMemory();
    }
    setting.count(state);
}

void laptop_shapes(benchmark::internal::Benchmark* bench) {
    bench->ArgNames({"in", "out", "side", "kernel", "stride"})
        ->Args({3, 16, 28, 3, 2})
        ->Args({8, 8, 14, 3, 1})
        ->Args({16, 16, 14, 3, 1})
        ->Args({16, 32, 14, 3, 2})
        ->Args({16, 32, 14, 1, 2})
        ->Args({32, 32, 7, 3, 1})
        ->Args({32, 64, 7, 3, 2})
        ->Args({64, 64, 4, 3, 1})
        ->Unit(benchmark::kMicrosecond);
}

BENCHMARK(convolution_forward)->Apply(laptop_shapes);
BENCHMARK(convolution_backward_data)->Apply(laptop_shapes);
BENCHMARK(convolution_backward_weight)->Apply(laptop_shapes);

} // namespace
