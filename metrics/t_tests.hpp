// t tests on raw values or on published mean ± sd with n, and the equivalence test built from them.
// Every function throws Error(usage) with all faults at once on degenerate input:
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

/// A variance that a difference has beside that of its values, and the degrees of freedom that it was
/// estimated with; for example what two pre-training runs add to a difference of two fine-tuned means.
struct VarianceComponent {
    double variance = 0; ///< in squared units of the values, >= 0
    double df = 0;       ///< > 0
};
/// The same test against 0 with this variance added to the squared standard error; df by Satterthwaite
/// (Biometrics 2, 1946). Throws Error(usage) for a variance that is negative or not finite, or a df not
/// above 0.
[[nodiscard]] TTest with_added_variance(const TTest& test, const VarianceComponent& added);

/// Small when the true difference is shown to lie within −margin..margin: the larger p of the two one-sided
/// tests (Schuirmann, 1987), from any t test. 1 for a margin that is not above 0.
[[nodiscard]] double p_within(const TTest& test, double margin);
/// Small when the true difference is shown to lie outside −margin..margin: the chance of a difference as
/// large as this or larger, of either sign, if the true one were the margin (minimum-effect test; Murphy and
/// Myors, J. Appl. Psych. 84, 1999). A margin of 0 gives the two-sided p of a difference.
///     p_beyond(welch(ours, theirs), 1.0) < 0.05   // they differ by more than 1 point
[[nodiscard]] double p_beyond(const TTest& test, double margin);

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
