// Fills a store with made-up records of a plan, to measure what reads them: transferscale-fill-store STORE
// WORKLOAD PROFILE SEEDS. Not for results: provenance says "made up".
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "suite/plan/plan.hpp"
#include "suite/store/store.hpp"

namespace {

namespace plan = suite::plan;

/// As many losses and test samples as a run of the laptop profile has.
constexpr int losses = 48;
constexpr std::size_t samples = 256;

suite::store::RunRecord record_of(const plan::PlannedRun& run) {
    suite::store::RunRecord record;
    record.key = run.key;
    record.kind = run.is_pretraining() ? "pretrain" : "finetune";
    record.cell = run.cell;
    record.config = plan::canonical_text(run.config);
    record.seed = run.seed;
    record.parent_key = run.parent;
    const double value = 50.0 + static_cast<double>(run.seed * 7 % 11) / 10.0;
    record.metrics = {{run.config.metric, "test", value, "percent", "higher"}};
    for (int step = 0; step < losses; ++step) {
        record.losses.push_back({.step = step, .loss = 2.3 - 0.01 * step, .lr = 0.003});
    }
    record.predictions = suite::store::PredictionTable{.samples = samples,
                                                       .outputs = 16,
                                                       .scores = std::vector<float>(samples * 16, 0.5F),
                                                       .classes = std::vector<std::int64_t>(samples, 1),
                                                       .label_matrix = {}};
    record.weights_digest = run.key;
    record.images_seen = 1000;
    record.train_seconds = 1.0 + 0.01 * static_cast<double>(run.seed % 10);
    record.wall_seconds = record.train_seconds + 0.1;
    for (const char* name :
         {"build_type", "commit", "compiler", "cpu", "cpu_capability", "dirty", "flags", "hdf5", "host",
          "kernel", "libtorch", "profile", "protocol", "threads", "version"}) {
        record.provenance[name] = "made up";
    }
    record.provenance["started"] = "2026-11-23T15:04:05Z";
    return record;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        fmt::print(stderr, "usage: transferscale-fill-store STORE WORKLOAD PROFILE SEEDS\n");
        return 2;
    }
    try {
        const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
        const plan::Plan plan =
            plan::expand(catalog, argv[2], argv[3], {.seeds = plan::parse_seeds(argv[4])});
        suite::store::Store store(argv[1], suite::store::Access::read_write);
        for (const plan::PlannedRun& run : plan.runs) {
            static_cast<void>(store.commit(record_of(run), suite::Durability::none));
        }
        fmt::print("{}\n", plan.runs.size());
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
