// Efficiency of a rung: its throughput over N times that of the base case, with an interval from
// both. Ratios are means of logarithms, so that a ratio and its inverse say the same.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "metrics/sample.hpp"
#include "metrics/verdict.hpp"

namespace metrics {

/// The middle value and the narrowest pair of ordered values around it that holds the true median with
/// `coverage` or more of 95 %, or the outermost pair where no pair reaches that; `coverage` says what it has.
struct MedianInterval {
    double median = 0;
    Interval interval{};
    double coverage = 0; ///< of the interval, exact by the sign test: 0.9375 for five values
};
/// Throws Error(usage) for no value or one that is not finite.
[[nodiscard]] MedianInterval median_interval(std::span<const double> values);

/// E(N) = 100 T(N) / (N T(1)) percent; speed-up S(N) = T(N) / T(1).
struct Efficiency {
    std::size_t n = 0;              ///< repetitions
    double mean = 0;                ///< percent; geometric
    double speedup = 0;             ///< geometric mean
    std::optional<Interval> ci95{}; ///< percent; paired by repetition, df = n − 1. None: no spread or n < 2
    std::optional<Interval> ci95_welch{}; ///< percent; as if the base cases were others' (Welch)
    MedianInterval median{};              ///< of the repetitions' efficiencies, percent
    Sample log_ratios{};                  ///< ln(T(N) / (N T(1))), by repetition
};

/// `base`, `rung`: images per second of the base case and of `ranks` ranks, by repetition, each against its
/// own. Throws Error(usage) for lists of unequal length, empty ones, and numbers that are not above 0.
[[nodiscard]] Efficiency efficiency(std::span<const double> base, std::span<const double> rung, int ranks);

/// Ours against a reference in points: as good or better (within the margin) when the lower 95 % confidence
/// bound is above reference − margin (`equivalent`); worse when the upper one is below it (`different`); else
/// `inconclusive`. One-sided on purpose: more than the reference is no fault. The difference is ours −
/// reference, its interval that of ours; p_equivalent and p_different are the two one-sided tests.
[[nodiscard]] CellComparison compare_efficiency(const Efficiency& ours, std::optional<double> reference,
                                                const Margin& margin, double alpha = default_alpha);

} // namespace metrics
