// How numbers and names are written for people. Private to reports.
#pragma once

#include <optional>
#include <string>

#include "metrics/sample.hpp"
#include "reports/check_result.hpp"

namespace reports {

/// "95.78 ± 0.09", "95.78" for one value, "—" for none.
[[nodiscard]] std::string mean_sd_text(const metrics::Sample& sample);
[[nodiscard]] std::string mean_sd_text(const std::optional<ReferenceSide>& side);
/// "+0.12 [-0.31, +0.55]", without the interval where there is none; "" for no difference.
[[nodiscard]] std::string difference_text(const metrics::CellComparison& comparison);
/// "top-1 accuracy, %", "mean AUC, %"; another metric's own name.
[[nodiscard]] std::string metric_text(const std::string& metric);
/// "equivalent", … and "≡" behind it where the values repeat the baseline's exactly.
[[nodiscard]] std::string verdict_text(const CellResult& cell);
/// "holds", or "fails (expected here)".
[[nodiscard]] std::string verdict_text(const ClaimResult& claim);
/// "5 equivalent, 0 different, 83 inconclusive, 0 missing".
[[nodiscard]] std::string counts_text(const Counts& counts);
/// What the cells are compared with, one sentence.
[[nodiscard]] std::string comparison_text(const CheckResult& result);
/// Columns that the text takes on a terminal; every character of ours takes one.
[[nodiscard]] std::size_t columns_of(std::string_view text);
/// Filled with blanks to `columns`, never cut.
[[nodiscard]] std::string left(std::string_view text, std::size_t columns);
[[nodiscard]] std::string right(std::string_view text, std::size_t columns);
/// Broken at blanks into lines of at most `columns`, all but the first behind `indent` blanks.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent);

/// A run of cells with the same target, in order: where it begins and ends.
struct Group {
    std::size_t begin = 0;
    std::size_t end = 0;
};
[[nodiscard]] std::vector<Group> groups_by_target(const std::vector<CellResult>& cells);
/// The stand-ins of the listed cells, "published → used", each once, in order of appearance; then the
/// supersets whose members are not all among them.
[[nodiscard]] std::vector<std::string> stand_ins_of(const std::vector<CellResult>& cells);

} // namespace reports
