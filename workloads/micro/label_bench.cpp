// Label tables of the real files (wanted: PadChest's CSV in at most 1.5 s, the superset of all four in at
// most 0.5 s more). Skipped where ci/fetch-label-files has not run. MIMIC's files are credentialed: where
// they are absent the superset is of the other three.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "suite/data/labels/readers.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace {

using namespace suite::data;
namespace fs = std::filesystem;

/// TRANSFERSCALE_DATA, else the cache folder of ci/fetch-label-files.
fs::path label_files() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return fs::path(value == nullptr ? "" : value);
    };
    if (const fs::path data = variable("TRANSFERSCALE_DATA"); !data.empty()) {
        return data;
    }
    const fs::path cache = variable("TRANSFERSCALE_CACHE");
    return (cache.empty() ? variable("HOME") / ".cache/transferscale" : cache) / "label-files";
}

bool has_main_table(LabelSet set) {
    return !find_label_file(label_files(), set, label_files_of(set).front()).empty();
}

LabelTable read(LabelSet set, const std::vector<View>& views) {
    return read_label_table(
        set, label_files(),
        {.views = views, .excluded_images = excluded_images(suite::plan::default_catalog_root())});
}

void read_label_files(benchmark::State& state, LabelSet set) {
    if (!has_main_table(set)) {
        state.SkipWithError("no label files; ci/fetch-label-files fetches them");
        return;
    }
    std::size_t images = 0;
    for (auto _ : state) {
        images = read(set, {}).size();
    }
    state.counters["images"] = static_cast<double>(images);
}

void concatenate_label_tables(benchmark::State& state) {
    std::vector<LabelSet> sets;
    for (const LabelSet set : {LabelSet::chexpert, LabelSet::mimic, LabelSet::nih, LabelSet::padchest}) {
        if (has_main_table(set)) {
            sets.push_back(set);
        }
    }
    if (sets.size() < 2) {
        state.SkipWithError("no label files; ci/fetch-label-files fetches them");
        return;
    }
    std::vector<LabelTable> members;
    for (const LabelSet set : sets) {
        members.push_back(read(set, views_of(sets)));
    }
    std::size_t images = 0;
    for (auto _ : state) {
        images = superset("all", members).size();
    }
    state.counters["images"] = static_cast<double>(images);
    state.counters["members"] = static_cast<double>(members.size());
}

BENCHMARK_CAPTURE(read_label_files, nih, LabelSet::nih)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(read_label_files, padchest, LabelSet::padchest)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(read_label_files, chexpert, LabelSet::chexpert)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(concatenate_label_tables)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
