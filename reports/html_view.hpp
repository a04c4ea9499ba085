// The values that fill the templates of the HTML page. Private to reports.
#pragma once

#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "reports/check_result.hpp"
#include "reports/html.hpp"

namespace reports {

/// A verdict as {word, class, sign, mark}: the sign tells verdicts apart without colour.
[[nodiscard]] nlohmann::ordered_json verdict_view(metrics::Verdict verdict, ComparedWith side,
                                                  std::string_view mark = "");
[[nodiscard]] nlohmann::ordered_json verdict_view(metrics::ClaimVerdict verdict);
/// [{word, class, sign, mark, count, is_counted}], in the order of all_verdicts; is_counted: worth naming.
[[nodiscard]] nlohmann::ordered_json counts_view(const Counts& counts, ComparedWith side);
/// [{word, class, sign, mark, meaning}] of every verdict.
[[nodiscard]] nlohmann::ordered_json legend_view(ComparedWith side);
/// {sources, has_baseline, rows: [{target, model, shots, metric, lines: [{who, entries}]}]}.
[[nodiscard]] nlohmann::ordered_json table_view(const CheckResult& result);
/// A cell's section; `home`: the page that has its seeds, references and runs, empty for this one.
[[nodiscard]] nlohmann::ordered_json cell_view(const CheckResult& result, const CellResult& cell,
                                               const std::string& home);
/// Its cells are links where the page has their section.
[[nodiscard]] nlohmann::ordered_json claim_view(const ClaimResult& claim,
                                                const std::set<std::string>& listed_cells);
/// Sets of facts that records share, and how many runs have each.
[[nodiscard]] nlohmann::ordered_json provenance_view(const CheckResult& result);
/// Pre-training runs that the cells build on whose home this page is.
[[nodiscard]] nlohmann::ordered_json parents_view(const CheckResult& result, const CellHomes& homes);

} // namespace reports
