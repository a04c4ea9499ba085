// The verdict of a cell against its reference: TOST within a margin declared before any run says equivalent;
// a difference shown to exceed the margin, after Benjamini–Hochberg over the workload's cells, says
// different; neither is inconclusive. Absence is never agreement: missing when we have no result, no
// reference when there is nothing to compare ours with.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/rules.hpp"
#include "metrics/sample.hpp"
#include "metrics/t_tests.hpp"

namespace metrics {

/// `identical` is never the outcome of a test: only who knows the runs' keys can tell
/// (reports/check/check.cpp).
enum class Verdict { identical, equivalent, different, inconclusive, missing, no_reference };
/// "identical", "equivalent", "different", "inconclusive", "missing", "no reference".
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;
/// Throws std::invalid_argument for another word.
[[nodiscard]] Verdict verdict_from_string(std::string_view word);

/// How far the means may differ, in the metric's units.
struct Margin {
    double declared = 0; ///< of the workload (after pooling and cap, reports/check/margins.hpp), > 0
    double rounding_half_width = 0; ///< of a printed reference (0.005 for two decimals); 0 for raw values
    std::optional<double> chance{}; ///< score of guessing; none: not known, or the metric has none

    /// The true reference lies anywhere within the rounding: only less than this shows equivalence …
    [[nodiscard]] double equivalence_bound(const Rules& rules = {}) const noexcept {
        return rules.rounding_narrows ? declared - rounding_half_width : declared + rounding_half_width;
    }
    /// … and only more than this shows a difference.
    [[nodiscard]] double difference_bound() const noexcept { return declared + rounding_half_width; }
};

/// Values of the same seeds on both sides, in the same order.
struct SeedPairs {
    std::vector<double> ours{};
    std::vector<double> reference{};
};

/// Pairs below which Welch's test on all values says more than a paired test.
inline constexpr std::size_t fewest_pairs = 3;

/// Everything that one cell is judged by.
struct CellInput {
    std::optional<Sample> ours{};
    std::optional<Sample> reference{};
    Margin margin{};
    /// Tested in pairs where there are fewest_pairs or more that differ by more than a constant; else Welch.
    std::optional<SeedPairs> pairs{};
    /// What pre-training runs of their own add to the variance of the difference; none where both sides share
    /// them, or where it is not known.
    std::optional<VarianceComponent> parents{};
};

/// How a cell was compared. constants: every value of a side is the same on both sides, no test exists and
/// the constants themselves are compared.
enum class CellTest { none, welch, paired, constants };
/// "", "welch", "paired", "constants".
[[nodiscard]] std::string_view to_string(CellTest test) noexcept;

/// One cell; what does not exist is absent, never a made-up number.
struct CellComparison {
    std::optional<double> difference{};  ///< ours − reference; of the pairs where they were tested
    std::optional<Interval> ci95{};      ///< of the difference, two-sided
    std::optional<double> p_different{}; ///< |difference| > margin (minimum-effect test), of this cell alone
    std::optional<double> p_different_adjusted{}; ///< after judge_family
    std::optional<double> p_equivalent{};         ///< |difference| < margin (TOST)
    double margin = 0;                            ///< declared; what a printed reference's rounding narrows
    double rounding_half_width = 0;
    std::optional<double> chance{};
    bool at_chance = false; ///< chance lies within the margin of the reference: never equivalent
    /// Inconclusive although the interval excludes 0, and all that rounding could make of it: it reaches into
    /// the margin. Of this cell alone, not corrected over cells.
    bool differs_size_unresolved = false;
    CellTest test = CellTest::none;
    std::size_t pairs = 0; ///< seeds on both sides that the paired test used; 0 for another test
    Verdict verdict = Verdict::missing;
    std::string reason{};       ///< never empty unless the verdict speaks for itself
    std::string short_reason{}; ///< without this cell's p, as other cells have it too; "": reason is short
};

/// Compares one cell; its verdict stands for a family of one until judge_family has seen all cells.
/// Nothing on our side → missing, nothing on the other alone → no_reference; n < 2 on a side → inconclusive
/// with that reason. Constants on both sides are different when they differ by more than the margin, else
/// inconclusive: no spread was seen that a test could be built on. Nor are they different where pre-training
/// runs are known to vary: that alone may part them.
/// Throws Error(usage) for numbers that are not finite, a negative sd, a margin not above 0 or pairs of
/// unequal length.
///     compare({.ours = make_sample(ours), .reference = summary_sample(57.3, 0.4, 5),
///              .margin = {.declared = 1.0, .rounding_half_width = 0.05}});
[[nodiscard]] CellComparison compare(const CellInput& cell, const Rules& rules = {});
/// The same of two samples that share neither seeds nor parents.
[[nodiscard]] CellComparison compare(const std::optional<Sample>& ours,
                                     const std::optional<Sample>& reference, const Margin& margin,
                                     const Rules& rules = {});

/// Corrects p_different over all cells that have one (Benjamini–Hochberg, those shown to be equivalent with
/// p = 1: nobody will call them different) and sets every verdict and reason again. Call it once with all
/// cells of a workload.
void judge_family(std::span<CellComparison> cells, const Rules& rules = {});

} // namespace metrics
