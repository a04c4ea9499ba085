// The bootstrap over test samples for scores that are no means of samples, such as DICE: a ratio of two sums
// (Efron, Tibshirani, An Introduction to the Bootstrap, 1993). Resamples are a function of (seed, resample,
// draw), so that the same question has the same answer on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/sample.hpp"

namespace metrics {

/// What one sample adds to a ratio of sums. Of DICE: twice the intersection, and the sum of both sizes.
struct RatioPart {
    double numerator = 0;
    double denominator = 0;
};
/// Σ numerators / Σ denominators; NaN where the denominators sum to 0.
[[nodiscard]] double ratio_of_sums(std::span<const RatioPart> parts) noexcept;

/// How often is resampled, and from which stream.
struct Resampling {
    std::size_t resamples = 9999;
    std::uint64_t seed = 0;
    double confidence = 0.95; ///< of the intervals
};

/// 0-based indices of the samples that one resample draws: `samples` draws with replacement.
[[nodiscard]] std::vector<std::size_t> resampled_indices(std::size_t samples, std::uint64_t seed,
                                                         std::size_t resample);

/// Between the (1 − confidence)/2 quantiles of the replicates, interpolated as NumPy does.
[[nodiscard]] Interval percentile_interval(std::span<const double> replicates, double confidence);
/// Bias-corrected and accelerated (Efron, Journal of the American Statistical Association 82, 1987): the
/// percentiles moved by the share of replicates below the estimate (ties half) and by the skewness of the
/// jackknife values (the statistic with one sample left out each). Both ends are NaN where that does not
/// exist: all replicates on one side of the estimate, or a jackknife without spread.
[[nodiscard]] Interval bca_interval(std::span<const double> replicates, double estimate,
                                    std::span<const double> jackknife, double confidence);

struct BootstrapResult {
    double estimate = 0;
    double standard_error = 0; ///< sd of the replicates (n − 1)
    Interval percentile{};
    Interval bca{};
    double p_greater = 1; ///< (1 + replicates <= 0) / (1 + resamples): small when the estimate is above 0
    double p_less = 1;
};

/// Of one ratio of sums. Throws Error(numeric): fewer than two samples, numbers that are not finite, a
/// negative denominator or one that sums to 0; Error(usage): no resamples, a confidence outside (0, 1).
[[nodiscard]] BootstrapResult bootstrap_ratio(std::span<const RatioPart> parts, const Resampling& how = {});
/// Of the ratio of a minus that of b, over the same samples in the same order: each resample draws pairs.
/// Throws as above, and Error(numeric) for unequal counts.
[[nodiscard]] BootstrapResult bootstrap_ratio_difference(std::span<const RatioPart> a,
                                                         std::span<const RatioPart> b,
                                                         const Resampling& how = {});

} // namespace metrics
