// t tests on raw values or on published mean ± sd with n, and the equivalence test built from them.
// Every function throws Error(usage) with all faults at once on degenerate input (spec cli.md, `stats`):
// n < 2, numbers that are not finite, a negative sd, zero variance on both sides, unequal pairs, margin <= 0.
#pragma once

#include <span>

#include "metrics/sample.hpp"

namespace metrics {

/// Significance level of every verdict unless a workload declares its own.
inline constexpr double default_alpha = 0.05;

struct TTest {
    double difference = 0; ///< mean a − mean b
    double t = 0;
    double df = 0;
    double p = 1;         ///< two-sided
    double p_greater = 1; ///< one-sided: P(T >= t), small when a is greater
    double p_less = 1;    ///< one-sided: P(T <= t), small when a is less
    Interval ci95{};      ///< of the difference
    double standard_error = 0;
};

/// Unequal variances, df by Welch–Satterthwaite (Welch, Biometrika 34, 1947).
[[nodiscard]] TTest welch(const Sample& a, const Sample& b);
/// Student's test with pooled variance, df = n_a + n_b − 2.
[[nodiscard]] TTest pooled(const Sample& a, const Sample& b);
/// On the differences a[i] − b[i], df = n − 1. Differences that vary by no more than the rounding of their
/// terms have no variance.
[[nodiscard]] TTest paired(std::span<const double> a, std::span<const double> b);
/// A sample against a number, df = n − 1.
[[nodiscard]] TTest one_sample(const Sample& sample, double expected);
/// Whether the differences of equally many, finite values vary by no more than their rounding.
[[nodiscard]] bool pairs_are_constant(std::span<const double> a, std::span<const double> b) noexcept;

/// The same test against a null difference of `shift` instead of 0 (t, p, p_greater, p_less; the difference
/// and its interval stay).
[[nodiscard]] TTest shifted(const TTest& test, double shift);

/// Two one-sided tests (Schuirmann, 1987) in Welch form.
struct Tost {
    double difference = 0;
    double df = 0;
    double p_lower = 1; ///< tests difference <= −margin
    double p_upper = 1; ///< tests difference >= +margin
    double p = 1;       ///< the larger
    bool equivalent = false;
};
[[nodiscard]] Tost tost(const Sample& a, const Sample& b, double margin, double alpha = default_alpha);

} // namespace metrics
