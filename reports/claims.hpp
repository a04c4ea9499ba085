// The claims of a workload over its cells, judged on ours, on the published and on the recorded numbers.
// Private to reports.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/claims.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// One comparison of a claim.
struct ClaimPair {
    std::string label;                                ///< of the left-hand side
    std::vector<suite::plan::CellId> a;               ///< several: the one with the best mean counts
    std::optional<suite::plan::CellId> b;             ///< none: a bound
    const suite::plan::ClaimTermSpec* term = nullptr; ///< of the claim that was expanded
};

/// Every cell that a term's glob matches (or every group of them that differs in the axis `best_of` alone),
/// against the same cell with the term's axes replaced, or against a bound; in cell order. Cells that would
/// be compared with themselves, or with a cell that the workload does not have, are left out.
[[nodiscard]] std::vector<ClaimPair> expand_claim(const suite::plan::WorkloadSpec& workload,
                                                  const suite::plan::ClaimSpec& claim);

/// A cell's numbers; nothing when there are none.
using SampleOf = std::function<std::optional<metrics::Sample>(const std::string& cell)>;
/// Whether both cells hold values of the same seeds in the same order.
using SameSeeds = std::function<bool(const std::string& a, const std::string& b)>;

/// Few-shot cells are tested seed by seed where the seeds are the same: their noise is mostly the draw, which
/// the seed decides (suites.md section 0, no. 3); full-shot cells are not, there it is not.
[[nodiscard]] metrics::ClaimResult judge(const suite::plan::ClaimSpec& claim,
                                         const std::vector<ClaimPair>& pairs, const SampleOf& sample_of,
                                         const SameSeeds& same_seeds);

/// On references; where raw values are known, on them.
[[nodiscard]] metrics::ClaimResult judge(const suite::plan::ClaimSpec& claim,
                                         const std::vector<ClaimPair>& pairs,
                                         const std::map<std::string, suite::plan::Reference>& cells);

/// A reference's raw values, or what was printed.
[[nodiscard]] metrics::Sample sample_of(const suite::plan::Reference& reference);

} // namespace reports
