// Compares what a store holds of a workload with its references, and judges its claims. Reads records only.
#pragma once

#include <string>
#include <vector>

#include "metrics/rules.hpp"
#include "reports/check/records.hpp"
#include "reports/check/result.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/store/store.hpp"

namespace reports {

/// All cells of the plan, in its order, then the skipped ones; all claims of the workload. Every record is
/// read whole; one that is damaged, foreign or newer counts as absent and is named. Verdicts are corrected
/// over all cells of the plan, so give the whole workload and select afterwards. `plan` must be of a workload
/// and profile of the catalog.
[[nodiscard]] CheckResult check(const suite::plan::Catalog& catalog, const suite::plan::Plan& plan,
                                const suite::plan::References& references, const suite::store::Store& store);

/// The same without a catalog and from any records. Of the specs the axes, texts, claims and figures are
/// read; of a planned run its key, cell, label, seed, parent, kind and metric. `rules`: all, but for the
/// simulation of the rules and for bundles of earlier schemas.
[[nodiscard]] CheckResult check(const suite::plan::WorkloadSpec& workload,
                                const suite::plan::ProfileSpec& profile, const suite::plan::Plan& plan,
                                const suite::plan::References& references, Records& records,
                                const metrics::Rules& rules = {});

/// What to list; verdicts stay those of the whole workload.
struct Selection {
    std::vector<std::string> cells{};  ///< globs; empty: all, or none when claims are named
    std::vector<std::string> claims{}; ///< ids; empty: those whose cells are all listed
};

/// Damage is kept for what is listed (and for the cells of listed claims).
[[nodiscard]] CheckResult select(CheckResult result, const Selection& selection);

/// Throws Error(usage) with the nearest names for every glob without a cell and every unknown claim.
void require_known(const std::vector<CheckResult>& results, const Selection& selection);

} // namespace reports
