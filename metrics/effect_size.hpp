// Whether two means differ by more than a number of standard deviations.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/t_tests.hpp"

namespace metrics {

struct EffectTest {
    double difference = 0; ///< mean a − mean b
    double sd = 0;         ///< of a value, pooled
    double df = 0;
    double p_above = 1; ///< small when the true difference is shown to exceed `sds` true sds
    double p_below = 1; ///< small when it is shown to fall short of them
};

/// Tests (mean a − mean b) / sd against `sds`, sd the common one of a value, estimated with n_a + n_b − 2
/// degrees of freedom. At the border Student's t of the difference has a noncentral t distribution with
/// noncentrality sds / sqrt(1/n_a + 1/n_b) (Hedges and Olkin, Statistical Methods for Meta-Analysis, 1985,
/// ch. 5). `added` enlarges the standard error and not the sd; the test is an approximation then.
/// Throws Error(usage) as pooled() does, and for sds below 0 or not finite.
///     effect_above(larger, smaller, 2.0).p_above < 0.05   // better by more than two sds
[[nodiscard]] EffectTest effect_above(const Sample& a, const Sample& b, double sds,
                                      const std::optional<VarianceComponent>& added = {});

/// Chance that effect_above finds p_above < alpha with n values on each side when the true difference is
/// `effect` sds. Throws Error(usage): n < 2, sds below 0, numbers not finite, alpha outside (0, 1).
[[nodiscard]] double effect_power(double effect, double sds, std::uint64_t n, double alpha);

} // namespace metrics
