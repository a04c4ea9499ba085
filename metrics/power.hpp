// Planning: power and sample size of the two-sided two-sample t test with equal n and equal sd, by the
// noncentral t distribution, both tails counted.
#pragma once

#include <cstdint>

#include "metrics/t_tests.hpp"

namespace metrics {

/// Chance to find `difference` (its sign does not matter) with n values of this sd per group.
/// Throws Error(usage): difference not finite, sd not above 0, n < 2.
[[nodiscard]] double two_sample_power(double difference, double sd, std::uint64_t n,
                                      double alpha = default_alpha);

/// The smallest n per group (2 or more) with at least this power. Throws Error(usage): as above, a difference
/// of 0, power outside (0, 1), or more than 2^52 values needed.
[[nodiscard]] std::uint64_t two_sample_size(double difference, double sd, double power,
                                            double alpha = default_alpha);

} // namespace metrics
