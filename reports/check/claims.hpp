// The claims of a workload over its cells, judged on ours, on the published and on the recorded numbers.
// Private to reports.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "metrics/claims.hpp"
#include "metrics/rules.hpp"
#include "reports/check/result.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// One comparison of a claim.
struct ClaimPair {
    std::string label;                                ///< of the left-hand side
    std::vector<suite::plan::CellId> a;               ///< several: their maximum
    std::optional<suite::plan::CellId> b;             ///< none: a bound
    const suite::plan::ClaimTermSpec* term = nullptr; ///< of the claim that was expanded
};

/// Every cell that a term's glob matches (or every group of them that differs in the axis `best_of` alone),
/// against the same cell with the term's axes replaced, or against a bound; in cell order. Cells that would
/// be compared with themselves, or with a cell that the workload does not have, are left out.
[[nodiscard]] std::vector<ClaimPair> expand_claim(const suite::plan::WorkloadSpec& workload,
                                                  const suite::plan::ClaimSpec& claim);

/// "A > B", "A not worse than B", "A > 50".
[[nodiscard]] std::string statement_of(const ClaimPair& pair);
[[nodiscard]] metrics::ClaimRule rule_of(suite::plan::ClaimRule rule);

/// A cell's numbers with their seeds; n = 0 when there are none. `parents` is set by ParentsOf.
using NumbersOf = std::function<metrics::ClaimCell(const suite::plan::CellId& cell)>;
/// What pre-training runs of their own add to the variance of the difference of two cells' means, in squared
/// points; none where both share them, or where it is not known.
using ParentsOf = std::function<std::optional<metrics::VarianceComponent>(const suite::plan::CellId& a,
                                                                          const suite::plan::CellId& b)>;

/// Few-shot cells are tested seed by seed on the seeds that both have: their noise is mostly the draw, which
/// the seed decides; full-shot cells are not, because every seed has the same training set.
[[nodiscard]] metrics::ClaimResult judge(const suite::plan::ClaimSpec& claim,
                                         const std::vector<ClaimPair>& pairs, const NumbersOf& numbers_of,
                                         const ParentsOf& parents_of = {}, const metrics::Rules& rules = {});

/// On references; where raw values are known, on them.
[[nodiscard]] metrics::ClaimResult judge(const suite::plan::ClaimSpec& claim,
                                         const std::vector<ClaimPair>& pairs,
                                         const std::map<std::string, suite::plan::Reference>& cells,
                                         const ParentsOf& parents_of = {}, const metrics::Rules& rules = {});

/// What one image of a test set is worth in points; none for metrics that are no share of images.
[[nodiscard]] std::optional<double> points_of_one_image(const std::string& metric, std::size_t test_images);

/// A reference's numbers, with its seeds where they are known.
[[nodiscard]] metrics::ClaimCell claim_cell(const suite::plan::Reference& reference);
/// Our numbers; none of runs that were made smaller by hand.
[[nodiscard]] metrics::ClaimCell claim_cell(const CellResult& cell);
/// Of the claims that our numbers decide or could decide: those that are not missing.
[[nodiscard]] metrics::ClaimErrorRates error_rates_of(const CheckResult& result);
[[nodiscard]] nlohmann::ordered_json to_json(const metrics::ClaimErrorRates& rates);

/// A reference's raw values, or what was printed.
[[nodiscard]] metrics::Sample sample_of(const suite::plan::Reference& reference);

} // namespace reports
