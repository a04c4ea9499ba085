// The recorded baseline of a miniature profile: what its cells gave once, on a named machine, from a named
// commit.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/store/store.hpp"

namespace reports {

/// The two files of a baseline (suite/plan/reference.hpp reads them).
struct Baseline {
    std::string csv;  ///< cell,metric,seed,value,key: cells and seeds in the plan's order, values that read
                      ///< back exactly
    std::string json; ///< machine, commit, libraries, date, command, SHA-256 of the CSV
};

struct BaselineOptions {
    std::string recorded;     ///< date, UTC
    std::string command;      ///< that records it
    bool allow_dirty = false; ///< also from records of a program whose sources differed from their commit
};

/// Throws Error(comparison) naming every run that is missing, failed or (unless allowed) made from changed
/// sources, and Error(store) naming every damaged record: a baseline is whole or it is not written.
[[nodiscard]] Baseline make_baseline(const suite::plan::Plan& plan, const suite::store::Store& store,
                                     const BaselineOptions& options);

/// Writes NAME.csv and NAME.json (plan::baseline_name) into `folder`, each by rename, and returns their
/// paths.
std::vector<std::filesystem::path>
write_baseline(const Baseline& baseline, const std::filesystem::path& folder, const std::string& name);

} // namespace reports
