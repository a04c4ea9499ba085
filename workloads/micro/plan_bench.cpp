// Declarations to runs with keys, of all workloads at one profile (wanted: at most 100 ms for everything).
#include <benchmark/benchmark.h>

#include "suite/plan/plan.hpp"

namespace {

using namespace suite::plan;

constexpr const char* profiles[] = {"smoke", "laptop", "paper"};

void load_declarations(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(load_catalog(default_catalog_root()));
    }
}

/// Every workload at the profile; the runs counted are those of one pass.
std::size_t expand_all(const Catalog& catalog, const char* profile) {
    std::size_t runs = 0;
    for (const auto& [id, workload] : catalog.workloads) {
        runs += expand(catalog, id, profile).runs.size();
    }
    return runs;
}

void plan_all_workloads(benchmark::State& state) {
    const char* profile = profiles[state.range(0)];
    const Catalog catalog = load_catalog(default_catalog_root());
    std::size_t runs = 0;
    for (auto _ : state) {
        runs = expand_all(catalog, profile);
        benchmark::DoNotOptimize(runs);
    }
    state.SetLabel(profile);
    state.counters["runs"] = static_cast<double>(runs);
}

/// What `transferscale plan` does before it looks into the store.
void load_and_plan_everything(benchmark::State& state) {
    std::size_t runs = 0;
    for (auto _ : state) {
        const Catalog catalog = load_catalog(default_catalog_root());
        runs = 0;
        for (const char* profile : profiles) {
            runs += expand_all(catalog, profile);
        }
        benchmark::DoNotOptimize(runs);
    }
    state.counters["runs"] = static_cast<double>(runs);
}

void key_of_one_run(benchmark::State& state) {
    const Catalog catalog = load_catalog(default_catalog_root());
    const RunConfig config = expand(catalog, catalog.workloads.begin()->first, "paper").runs.back().config;
    for (auto _ : state) {
        benchmark::DoNotOptimize(run_key(config));
    }
}

BENCHMARK(load_declarations)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_all_workloads)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);
BENCHMARK(load_and_plan_everything)->Unit(benchmark::kMillisecond);
BENCHMARK(key_of_one_run)->Unit(benchmark::kMicrosecond);

} // namespace
