// The verdict of a cell against its reference: TOST within a margin declared before any run says equivalent,
// Welch after Benjamini–Hochberg over the workload's cells says different, neither is inconclusive. Absence
// is never agreement: missing when we have no result, no reference when there is nothing to compare ours
// with.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "metrics/sample.hpp"
#include "metrics/t_tests.hpp"

namespace metrics {

/// `identical` is never the outcome of a test: only who knows the runs' keys can tell (reports/check.cpp).
enum class Verdict { identical, equivalent, different, inconclusive, missing, no_reference };
/// "identical", "equivalent", "different", "inconclusive", "missing", "no reference".
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;
/// Throws std::invalid_argument for another word.
[[nodiscard]] Verdict verdict_from_string(std::string_view word);

/// How far the means may differ, in the metric's units.
struct Margin {
    double declared = 0;            ///< of the workload, > 0
    double rounding_half_width = 0; ///< of a printed reference (0.005 for two decimals); 0 for raw values
    [[nodiscard]] double total() const noexcept { return declared + rounding_half_width; }
};

/// One cell; what does not exist is absent, never a made-up number.
struct CellComparison {
    std::optional<double> difference{};           ///< ours − reference
    std::optional<Interval> ci95{};               ///< of the difference, Welch
    std::optional<double> p_different{};          ///< Welch, two-sided, of this cell alone
    std::optional<double> p_different_adjusted{}; ///< after judge_family
    std::optional<double> p_equivalent{};         ///< TOST with the total margin
    double margin = 0;                            ///< total
    Verdict verdict = Verdict::missing;
    std::string reason{};       ///< never empty unless the verdict speaks for itself
    std::string short_reason{}; ///< without this cell's p, as other cells have it too; "": reason is short
};

/// Compares one cell; its verdict stands for a family of one until judge_family has seen all cells.
/// Nothing on our side → missing, nothing on the other alone → no_reference; n < 2 on a side or zero variance
/// on both → inconclusive with that reason.
/// Throws Error(usage) for numbers that are not finite, a negative sd or a margin not above 0.
[[nodiscard]] CellComparison compare(const std::optional<Sample>& ours,
                                     const std::optional<Sample>& reference, const Margin& margin,
                                     double alpha = default_alpha);

/// Corrects p_different over all cells that have one (Benjamini–Hochberg) and sets every verdict and reason
/// again. Call it once with all cells of a workload.
void judge_family(std::span<CellComparison> cells, double alpha = default_alpha);

} // namespace metrics
