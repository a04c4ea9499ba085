// McNemar's test: do two networks that were scored on the same images hit equally often? Images on which both
// hit, or both miss, carry no information; only the discordant ones count.
#pragma once

#include <cstdint>
#include <span>

namespace metrics {

/// A test whose statistic is normal, or one with exact p-values of the same hypotheses.
struct NormalTest {
    double difference = 0;     ///< a − b
    double standard_error = 0; ///< of the difference; of McNemar's tests: if both hit equally often
    double p = 1;              ///< two-sided
    double p_greater = 1;      ///< one-sided, small when a is greater
    double p_less = 1;         ///< one-sided, small when a is less
};

/// P(Z >= z) of a standard normal Z.
[[nodiscard]] double normal_upper_tail(double z) noexcept;
/// From a difference and its standard error (> 0): z = (difference − shift) / standard error.
[[nodiscard]] NormalTest normal_test(double difference, double standard_error, double shift = 0) noexcept;

/// Images on which exactly one of two networks hit.
struct Discordant {
    std::uint64_t only_a = 0;
    std::uint64_t only_b = 0;
};

/// Exact p-values: under equal hit rates only_a is binomial(only_a + only_b, 1/2). Two-sided: twice the
/// smaller tail, at most 1. The difference is (only_a − only_b) / (only_a + only_b), without a standard
/// error. McNemar, Psychometrika 12 (1947); the exact form is the sign test of Conover, Practical
/// Nonparametric Statistics.
[[nodiscard]] NormalTest mcnemar_exact(const Discordant& counts);
/// The same with half of the probability of the observed table: nearly always within its level and more
/// powerful (Fagerland, Lydersen, Laake, BMC Medical Research Methodology 13:91, 2013).
[[nodiscard]] NormalTest mcnemar_mid_p(const Discordant& counts);

/// Several trainings a side on the same images: each image is a cluster of correlated pairs. `a` and `b` are
/// the shares of trainings that hit each image (0 to 1), d their difference: z = Σd / √Σd² (Obuchowski,
/// Statistics in Medicine 17, 1998, with one group of clusters). For one training a side z² is McNemar's
/// (only_a − only_b)² / (only_a + only_b). Difference and standard error are of the hit rates. Throws
/// Error(numeric) for no images or unequal counts. Networks that agree on every image have z = 0.
[[nodiscard]] NormalTest mcnemar_clustered(std::span<const double> a, std::span<const double> b);

} // namespace metrics
