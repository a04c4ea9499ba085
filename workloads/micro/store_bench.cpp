// Records: publishing with and without fsync, looking up, claiming, acknowledging (wanted: at most 5 ms and
// 20 ms to publish). The store lies in the folder for temporary files; set TMPDIR to measure another disk.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "suite/base/hash.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/store.hpp"

namespace {

using namespace suite::store;
using suite::Durability;

/// A store in a fresh folder, removed at the end.
class FreshStore {
public:
    FreshStore() {
        std::string name = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~FreshStore() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    FreshStore(const FreshStore&) = delete;
    FreshStore& operator=(const FreshStore&) = delete;
    Store open() const { return {folder_ / "store", Access::read_write}; }

private:
    std::filesystem::path folder_;
};

/// As the smoke table's: a curve of 16 steps, scores of 128 images and 10 classes.
RunRecord record_of(std::size_t number) {
    RunRecord record;
    record.config = "{\"seed\":" + std::to_string(number) + "}";
    record.key = suite::sha256_hex(record.config);
    record.kind = "finetune";
    record.cell = "cifar10/R50x1/21K-NAT";
    record.seed = number;
    record.metrics = {{"top1", "test", 57.3, "%", "higher"}};
    for (std::int64_t step = 0; step < 16; ++step) {
        record.losses.push_back({step, 2.3 / static_cast<double>(step + 1), 0.003});
    }
    record.predictions = PredictionTable{.samples = 128,
                                         .outputs = 10,
                                         .scores = std::vector<float>(1280, 0.25F),
                                         .classes = std::vector<std::int64_t>(128, 3),
                                         .label_matrix = {}};
    record.weights_digest = record.key;
    for (const char* name : {"commit", "compiler", "cpu", "host", "libtorch", "started", "finished"}) {
        record.provenance[name] = "some forty characters of provenance text";
    }
    return record;
}

void publish_record(benchmark::State& state, Durability durability) {
    const FreshStore folder;
    Store store = folder.open();
    std::size_t number = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const RunRecord record = record_of(number++);
        state.ResumeTiming();
        benchmark::DoNotOptimize(store.commit(record, durability));
    }
}

void look_up_record(benchmark::State& state) {
    const FreshStore folder;
    Store store = folder.open();
    const RunRecord record = record_of(0);
    static_cast<void>(store.commit(record, Durability::none));
    for (auto _ : state) {
        benchmark::DoNotOptimize(store.look_up(record.key));
    }
}

void look_up_absent(benchmark::State& state) {
    const FreshStore folder;
    const Store store = folder.open();
    const std::string key = record_of(0).key;
    for (auto _ : state) {
        benchmark::DoNotOptimize(store.look_up(key));
    }
}

void claim_and_release(benchmark::State& state) {
    const FreshStore folder;
    Store store = folder.open();
    const std::string key = record_of(0).key;
    for (auto _ : state) {
        benchmark::DoNotOptimize(store.try_claim(key));
    }
}

void acknowledge(benchmark::State& state, Durability durability) {
    const FreshStore folder;
    Store store = folder.open();
    const std::string key = record_of(0).key;
    for (auto _ : state) {
        store.acknowledge(key, durability);
    }
}

/// Weights and momentum of a network with this many parameters; written durably, then read and checked.
void write_and_read_checkpoint(benchmark::State& state) {
    const FreshStore folder;
    const Store store = folder.open();
    const auto parameters = static_cast<std::size_t>(state.range(0));
    const Checkpoint checkpoint{.key = record_of(0).key,
                                .tensors = {{"all", {state.range(0)}, 0}},
                                .values = std::vector<float>(parameters, 0.5F),
                                .arenas = {{"momentum", std::vector<float>(parameters, 0.25F)}},
                                .step = 100};
    const auto path = store.checkpoint_path(checkpoint.key);
    for (auto _ : state) {
        write_checkpoint(path, checkpoint);
        benchmark::DoNotOptimize(read_checkpoint(path, checkpoint.key));
    }
    state.SetBytesProcessed(state.iterations() * 2 * 8 * state.range(0));
}

// Fixed counts: a store must not grow until the clock is satisfied.
BENCHMARK_CAPTURE(publish_record, no_fsync, Durability::none)
    ->Iterations(500)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(publish_record, fsync, Durability::fsync)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(look_up_record)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(look_up_absent)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(claim_and_release)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(acknowledge, no_fsync, Durability::none)
    ->Iterations(2000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(acknowledge, fsync, Durability::fsync)
    ->Iterations(200)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK(write_and_read_checkpoint)
    ->Arg(100'000)
    ->Arg(25'549'352)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
