// Plans whose runs tell a fake worker how to behave (tests/suite/run/fake_worker.cpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/plan.hpp"

namespace suite::run::testing {

/// The program fake_worker of this build, which the test's environment names.
inline std::filesystem::path fake_worker() {
    return std::getenv("FAKE_WORKER");
}

/// One cell's run: how its training behaves, its seed, how the pre-training run that it needs behaves.
struct ToyRun {
    std::string behaviour = "succeed";
    std::uint64_t seed = 0;
    std::string parent = "succeed";
};

/// A catalog with the one profile that toy plans are of.
inline plan::Catalog toy_catalog() {
    plan::Catalog catalog;
    plan::ProfileSpec profile;
    profile.id = "toy";
    profile.gigamacs_per_second = 2.0;
    catalog.profiles["toy"] = profile;
    return catalog;
}

inline plan::PlannedRun planned(plan::RunKind kind, const std::string& behaviour, std::uint64_t seed,
                                const std::string& parent_key) {
    plan::PlannedRun run;
    const bool pretrains = kind == plan::RunKind::pretrain;
    run.config.kind = kind;
    run.config.protocol = behaviour;
    run.config.seed = seed;
    run.config.network.id = pretrains ? "toy-parent" : "toy-child";
    run.config.metric = "top1";
    run.config.parent_key = parent_key;
    run.key = run_key(run.config);
    run.cell = pretrains ? "" : "toy/R50x1/" + behaviour;
    run.label = pretrains ? "pretrain " + behaviour + "/R50x1" : run.cell;
    run.seed = seed;
    run.parent = parent_key;
    run.gigamacs = pretrains ? 8.0 : 2.0;
    return run;
}

/// Pre-training runs first (one per distinct behaviour), then the runs in the order given.
inline plan::Plan toy_plan(const std::vector<ToyRun>& runs) {
    plan::Plan result;
    result.workload = "toy";
    result.profile = "toy";
    std::vector<std::string> parents;
    for (const ToyRun& run : runs) {
        if (std::find(parents.begin(), parents.end(), run.parent) == parents.end()) {
            parents.push_back(run.parent);
            result.runs.push_back(planned(plan::RunKind::pretrain, run.parent, 0, ""));
        }
    }
    for (const ToyRun& run : runs) {
        const auto parent =
            static_cast<std::size_t>(std::find(parents.begin(), parents.end(), run.parent) - parents.begin());
        const std::string parent_key = result.runs[parent].key;
        result.runs.push_back(planned(plan::RunKind::finetune, run.behaviour, run.seed, parent_key));
    }
    return result;
}

/// "BEHAVIOUR,SEED,PARENT", for the command line of schedule_child, and back.
inline std::string enum_name(const ToyRun& run) {
    return run.behaviour + "," + std::to_string(run.seed) + "," + run.parent;
}
inline ToyRun toy_run_from_word(const std::string& word) {
    std::istringstream text(word);
    ToyRun run;
    std::string seed;
    std::getline(text, run.behaviour, ',');
    std::getline(text, seed, ',');
    std::getline(text, run.parent);
    run.seed = std::stoull(seed);
    return run;
}

} // namespace suite::run::testing
