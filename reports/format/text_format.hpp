// How numbers and names are written for people. Private to reports.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/sample.hpp"
#include "reports/check/result.hpp"

namespace reports {

/// "95.78 ± 0.09", "95.78" for one value, "—" for none.
[[nodiscard]] std::string mean_sd_text(const metrics::Sample& sample);
[[nodiscard]] std::string mean_sd_text(const std::optional<ReferenceSide>& side);
/// "+0.12 [-0.31, +0.55]", without the interval where there is none; "" for no difference.
[[nodiscard]] std::string difference_text(const metrics::CellComparison& comparison);
/// "Welch's t test", "paired by seed, n = 4", "constants compared"; "" where nothing was tested.
[[nodiscard]] std::string test_text(const metrics::CellComparison& comparison);
/// "top-1 accuracy, %", "mean AUC, %"; another metric's own name.
[[nodiscard]] std::string metric_text(const std::string& metric);

// A verdict's word for people, its class and its meaning. Every report takes them from here, so that a word
// that means "the paper was reproduced" never stands where a profile was compared with its own recorded run.

/// published: "equivalent", "different", "inconclusive"; recorded: "identical", "as recorded", "drifted",
/// "unclear"; both: "missing", "no reference".
[[nodiscard]] std::string_view verdict_word(metrics::Verdict verdict, ComparedWith side);
/// "holds", "fails", "cannot be told", "missing".
[[nodiscard]] std::string_view verdict_word(metrics::ClaimVerdict verdict);
/// A name for styles, whatever a cell is compared with: "identical", "equivalent", "different",
/// "inconclusive", "missing", "no-reference"; of claims "holds", "fails", "inconclusive", "missing".
[[nodiscard]] std::string_view verdict_class(metrics::Verdict verdict);
[[nodiscard]] std::string_view verdict_class(metrics::ClaimVerdict verdict);
/// One character that tells verdicts apart without colour: ≡ = ≠ ? ∅ – for cells, ✓ ✗ ? ∅ for claims.
[[nodiscard]] std::string_view verdict_sign(metrics::Verdict verdict);
[[nodiscard]] std::string_view verdict_sign(metrics::ClaimVerdict verdict);
/// What the word says, for a legend: "shown to lie within the margin of the recorded mean".
[[nodiscard]] std::string_view verdict_meaning(metrics::Verdict verdict, ComparedWith side);

/// The verdicts in the order in which reports count them.
inline constexpr std::array all_verdicts{metrics::Verdict::identical, metrics::Verdict::equivalent,
                                         metrics::Verdict::different, metrics::Verdict::inconclusive,
                                         metrics::Verdict::missing,   metrics::Verdict::no_reference};
[[nodiscard]] std::size_t count_of(const Counts& counts, metrics::Verdict verdict);
/// Whether a list of counts names this verdict: those that cannot occur, or rarely do, only above 0.
[[nodiscard]] bool is_counted(const Counts& counts, metrics::Verdict verdict, ComparedWith side);

/// The word of a cell's verdict, and "≡" behind it where the values repeat the recorded ones but the verdict
/// is not `identical`.
[[nodiscard]] std::string verdict_text(const CellResult& cell);
/// The word of a claim's verdict; "fails (as recorded)" or "fails (as published)" where that is expected.
[[nodiscard]] std::string verdict_text(const ClaimResult& claim);
/// "5 equivalent, 0 different, 83 inconclusive (2 differ, size unresolved), 0 missing" in the words of this
/// side.
[[nodiscard]] std::string counts_text(const Counts& counts, ComparedWith side);
/// "0.0123" with three digits, "—" for none.
[[nodiscard]] std::string p_text(const std::optional<double>& p);
/// Whether the values repeat the recorded ones though the verdict is not `identical`.
[[nodiscard]] bool is_marked_as_repeating(const CellResult& cell);
/// What a footnote says of a cell: its reason without its own p-values; "" for none.
[[nodiscard]] const std::string& footnote_text(const CellResult& cell);
/// Why a claim is neither held nor failed on our numbers; "" where it is.
[[nodiscard]] std::string claim_reason(const ClaimResult& claim);
/// What the cells are compared with and what follows from it, in sentences.
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
/// The stand-ins of the listed cells, "published → used", without duplicates, in order of appearance; then
/// the supersets whose members are not all among them.
[[nodiscard]] std::vector<std::string> stand_ins_of(const std::vector<CellResult>& cells);

} // namespace reports
