// Throughputs over world sizes as a CSV file: measured elsewhere, or a workload's published reference.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::plan {

struct LadderRow {
    int ranks = 0;
    double images_per_second = 0.0; ///< of all ranks
    std::optional<double> sd;
    std::string place; ///< "FILE:LINE"
};

/// Either `gpus,images_per_s[,sd][,speedup]`, or a workload's reference `cell,images_per_second,…` whose
/// cells end in "/weak/RANKS" (others are left out); columns in any order, rows in the file's order. An
/// absent or unreadable file throws Error(usage); every other fault is added with file:line and its row left
/// out.
[[nodiscard]] std::vector<LadderRow> read_ladder(const std::filesystem::path& file, FaultList& faults);

} // namespace suite::plan
