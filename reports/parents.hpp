// What one pre-training run per source leaves open: which comparisons are between different pre-training runs
// ("parents"), how much further ones vary (τ), and the sentence that every report says about it. Private to
// reports.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "metrics/parent_variance.hpp"
#include "metrics/t_tests.hpp"
#include "reports/check_result.hpp"
#include "reports/records.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// Fills in CellResult::parent, further, parents and sharing; throws Error(usage) when further parents, as
/// their records say, differ from the first in more than the seed. `judging`: what the cell is compared with;
/// null: nothing.
void describe_parents(const suite::plan::Plan& plan, const suite::plan::PlannedCell& planned,
                      const suite::plan::Reference* judging, Records& records, CellResult& cell);

/// τ of every source word and network in each metric, over the cells that have both; in order of appearance.
[[nodiscard]] std::vector<SourceParents> parents_of(const std::vector<CellResult>& cells);

/// What different parents add to the variance of a cell's difference from its reference: 2 τ², since the
/// reference's side has a parent of its own, whose τ is taken to be ours. Nothing where both sides share the
/// parent or have none, and where τ is not known or 0.
[[nodiscard]] std::optional<metrics::VarianceComponent> parents_component(std::span<const SourceParents> known,
                                                                          const CellResult& cell);
/// The same for the difference of two cells: τ² of either side. Nothing where both start from the same
/// pre-training run (other shots or another target of one source and network).
[[nodiscard]] std::optional<metrics::VarianceComponent> parents_component(std::span<const SourceParents> known,
                                                                          const CellResult& a,
                                                                          const CellResult& b);

/// How many pre-training runs a source had, and what follows: "All verdicts are conditional on one
/// pre-training run per source: …", that both sides share it, or τ with its interval. "" where nothing was
/// pre-trained.
[[nodiscard]] std::string parents_text(const CheckResult& result);
/// "τ = 0.42 points between 4 pre-training runs of 21K-NAT/R50x1 (top-1 accuracy, %; 95 % interval 0.20 to
/// 1.60)"; without τ that it is not known.
[[nodiscard]] std::string tau_text(const SourceParents& source);
/// Whether τ of any source is known.
[[nodiscard]] bool knows_parents(const CheckResult& result);

/// [{source, network, metric, parents, tau, ci95, df, cells}], τ null where it is not known.
[[nodiscard]] nlohmann::ordered_json parents_json(const CheckResult& result);
/// source,network,metric,parents,cells,tau,ci95_low,ci95_high,df: a line a source, empty where not known.
[[nodiscard]] std::string parents_csv(const CheckResult& result);

} // namespace reports
