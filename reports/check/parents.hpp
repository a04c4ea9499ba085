// What one pre-training run per source leaves open: which comparisons are between different pre-training runs
// ("parents"), how much further ones vary (τ), and the sentence that every report says about it. Private to
// reports.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "metrics/parent_variance.hpp"
#include "metrics/t_tests.hpp"
#include "reports/check/records.hpp"
#include "reports/check/result.hpp"
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
[[nodiscard]] std::optional<metrics::VarianceComponent>
parents_component(std::span<const SourceParents> known, const CellResult& cell);
/// The same for the difference of two cells: τ² of either side. Nothing where both start from the same
/// pre-training run (other shots or another target of one source and network).
[[nodiscard]] std::optional<metrics::VarianceComponent>
parents_component(std::span<const SourceParents> known, const CellResult& a, const CellResult& b);

/// Takes the cell into ClaimResult::parents; null: it does not exist.
void note_parents(const CellResult* cell, ClaimResult& claim);

/// How many pre-training runs a source had, and what follows: "All verdicts are conditional on one
/// pre-training run per source: …", that both sides share it, or τ with its interval. "" where nothing was
/// pre-trained.
[[nodiscard]] std::string parents_text(const CheckResult& result);
/// Of workloads at one profile, briefly: "one pre-training run per source, the recorded one in 88 cells", "2
/// to 4 pre-training runs per source"; "" where nothing was pre-trained.
[[nodiscard]] std::string brief_condition(std::span<const CheckResult* const> results);
/// The same of what was published.
inline constexpr std::string_view published_condition =
    "The published numbers come from one pre-training run per source and network: what they show of sources "
    "and networks is conditional on it.";
/// "τ = 0.42 points between 4 pre-training runs of 21K-NAT/R50x1 (top-1 accuracy, %; 95 % interval 0.20 to
/// 1.60)"; without τ that it is not known.
[[nodiscard]] std::string tau_text(const SourceParents& source);
/// Whether τ of any source is known.
[[nodiscard]] bool knows_parents(const CheckResult& result);

/// A column of the table of τ.
struct ParentsColumn {
    std::string_view heading;
    bool is_number;
};
inline constexpr std::array parents_columns{ParentsColumn{"source/network", false},
                                            ParentsColumn{"metric", false},
                                            ParentsColumn{"runs", true},
                                            ParentsColumn{"τ", true},
                                            ParentsColumn{"95 % interval", true},
                                            ParentsColumn{"sd of seeds", true},
                                            ParentsColumn{"cells", true}};
inline constexpr std::string_view parents_caption =
    "τ: standard deviation of a cell's score, in points, between pre-training runs of its source and network "
    "that differ in the seed alone; beside it that between fine-tuning seeds of one pre-training run";
/// A row of texts a source, one a column.
[[nodiscard]] std::vector<std::vector<std::string>> parents_rows(const CheckResult& result);
/// The same as a table in Markdown; "" where τ is not known.
[[nodiscard]] std::string parents_markdown(const CheckResult& result);

/// What a cell's verdict is conditional on: "one pre-training run per source", "both sides share the
/// pre-training run"; "" from scratch.
[[nodiscard]] std::string condition_of(const CellResult& cell, std::span<const SourceParents> known);

/// [{source, network, metric, parents, tau, ci95, df, cells}], τ null where it is not known.
[[nodiscard]] nlohmann::ordered_json parents_json(const CheckResult& result);
/// source,network,metric,parents,cells,tau,ci95_low,ci95_high,df: a line a source, empty where not known.
[[nodiscard]] std::string parents_csv(const CheckResult& result);

} // namespace reports
