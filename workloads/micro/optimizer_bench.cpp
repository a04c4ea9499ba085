// The flat optimiser step on R50x1 against the machine's memory bandwidth, measured in the same program.
#include <benchmark/benchmark.h>

#include <vector>

#include "suite/kernels/optimizer.hpp"
#include "suite/kernels/weight_standardise.hpp"
#include "suite/plan/network/layout.hpp"

namespace {

using suite::plan::ParameterSpec;

suite::plan::NetworkLayout r50x1() {
    suite::plan::NetworkSpec spec;
    spec.id = "R50x1";
    spec.depths = {3, 4, 6, 3};
    spec.stage_channels = {256, 512, 1024, 2048};
    return suite::plan::network_layout(spec, 1000);
}

std::vector<suite::kernels::ParameterRows> rows_of(const suite::plan::NetworkLayout& layout) {
    std::vector<suite::kernels::ParameterRows> rows;
    for (const ParameterSpec& tensor : layout.tensors) {
        rows.push_back(
            {tensor.offset, tensor.rows(), tensor.elements() / tensor.rows(), !tensor.is_head_weight()});
    }
    return rows;
}

/// a = b + s * c over arrays far larger than the caches (McCalpin's STREAM counts 3 arrays moved).
void stream_triad(benchmark::State& state) {
    const std::size_t count = 25'549'352;
    std::vector<float> a(count, 1.0F);
    std::vector<float> b(count, 2.0F);
    std::vector<float> c(count, 3.0F);
    for (auto _ : state) {
        for (std::size_t i = 0; i < count; ++i) {
            a[i] = b[i] + 0.5F * c[i];
        }
        benchmark::DoNotOptimize(a.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(3 * sizeof(float) * count));
}

/// Bytes counted: weights, gradients and momentum read, weights and momentum written.
void optimizer_step(benchmark::State& state, bool adaptive_clip) {
    const auto layout = r50x1();
    const auto rows = rows_of(layout);
    std::vector<float> weights(layout.parameters, 0.1F);
    std::vector<float> gradients(layout.parameters, 0.2F);
    std::vector<float> momentum(layout.parameters, 0.0F);
    const suite::kernels::SgdSettings settings{
        .learning_rate = 1e-6F, .weight_decay = 1e-4F, .adaptive_clip = adaptive_clip};
    for (auto _ : state) {
        suite::kernels::sgd_step(weights, gradients, momentum, rows, settings);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(5 * sizeof(float) * layout.parameters));
}

/// Bytes counted: weights read, standardised weights written.
void weight_standardisation(benchmark::State& state) {
    const auto layout = r50x1();
    std::vector<float> weights(layout.parameters, 0.1F);
    std::vector<float> standardised(layout.parameters);
    std::vector<float> inverse_sd(2048);
    for (auto _ : state) {
        for (const ParameterSpec& tensor : layout.tensors) {
            if (tensor.standardised) {
                suite::kernels::standardise_weights(
                    std::span(weights).subspan(tensor.offset, tensor.elements()), tensor.rows(), 1e-10,
                    std::span(standardised).subspan(tensor.offset, tensor.elements()),
                    std::span(inverse_sd).first(tensor.rows()));
            }
        }
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(2 * sizeof(float) * layout.parameters));
}

BENCHMARK(stream_triad)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(optimizer_step, r50x1_sgd_agc, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(optimizer_step, r50x1_sgd, false)->Unit(benchmark::kMillisecond);
BENCHMARK(weight_standardisation)->Unit(benchmark::kMillisecond);

} // namespace
