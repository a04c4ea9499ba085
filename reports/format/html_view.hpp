// The values that fill the templates of the HTML page. Private to reports.
#pragma once

#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"
#include "reports/format/html.hpp"

namespace reports {

/// A verdict as {word, class, sign, mark}: the sign tells verdicts apart without colour.
[[nodiscard]] nlohmann::ordered_json verdict_view(metrics::Verdict verdict, ComparedWith side,
                                                  std::string_view mark = "");
[[nodiscard]] nlohmann::ordered_json verdict_view(metrics::ClaimVerdict verdict);
/// [{word, class, sign, mark, count, is_counted}], in the order of all_verdicts; is_counted: worth naming.
[[nodiscard]] nlohmann::ordered_json counts_view(const Counts& counts, ComparedWith side);
/// [{word, class, sign, mark, meaning}] of every verdict.
[[nodiscard]] nlohmann::ordered_json legend_view(ComparedWith side);
/// {sources, has_shots, has_ranks, rows: [{target, model, shots, metric, verdicts, lines: [{who,
/// entries}]}]}. A row whose values all repeat the recorded ones has one line for both.
[[nodiscard]] nlohmann::ordered_json table_view(const CheckResult& result);
/// The cells' sections by target and network: [{title, counts, cells}]; `homes` as in to_html.
[[nodiscard]] nlohmann::ordered_json groups_view(const CheckResult& result, const CellHomes& homes);
/// Its cells are links where the page has their section.
[[nodiscard]] nlohmann::ordered_json claim_view(const ClaimResult& claim,
                                                const std::set<std::string>& listed_cells);
/// How many claims hold, fail and cannot be told, and those that hold apart from the others.
[[nodiscard]] nlohmann::ordered_json claims_summary_view(const CheckResult& result);
/// {shared, sets}: facts that all records share, then those in which sets of them differ, and how many runs
/// have each.
[[nodiscard]] nlohmann::ordered_json provenance_view(const CheckResult& result);
/// Pre-training runs that the cells build on whose home this page is.
[[nodiscard]] nlohmann::ordered_json parents_view(const CheckResult& result, const CellHomes& homes);
/// {is_known, caption, headings, rows: [{source, fields}]} of the sd between pre-training runs.
[[nodiscard]] nlohmann::ordered_json tau_view(const CheckResult& result);
/// What the filter of a page offers: {targets, verdicts}, each in order of appearance.
[[nodiscard]] nlohmann::ordered_json filter_view(const CheckResult& result);
/// The `id` of a claim's section, as anchor_of of a cell.
[[nodiscard]] std::string claim_anchor_of(const std::string& claim);

} // namespace reports
