// How many seeds a margin or a claim needs, from the sds that were seen. Powers are those of normal values
// with these sds; Welch's df are taken as known (Welch–Satterthwaite of the true sds). Every function throws
// Error(usage): an sd that is negative or not finite, n < 2, a margin, alpha or power out of range.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "metrics/t_tests.hpp"

namespace metrics {

/// One side of a comparison: the sd of one value, and how many values.
struct Group {
    double sd = 0;
    std::uint64_t n = 2;
};

/// Chance that Welch's one-sided test finds a true difference of `effect` (> 0: in the stated direction).
[[nodiscard]] double directional_power(double effect, const Group& a, const Group& b, double alpha);
/// The same of a difference with this standard error and df, of whatever they are made of.
[[nodiscard]] double directional_power(double effect, double standard_error, double df, double alpha);
/// Chance that the one-sided paired test (or one sample against a bound) finds it; `differences`: sd and
/// number of the differences.
[[nodiscard]] double paired_power(double effect, const Group& differences, double alpha);
/// Chance that TOST in Welch form shows equivalence within the margin when there is no true difference.
[[nodiscard]] double equivalence_power(double margin, const Group& a, const Group& b,
                                       double alpha = default_alpha);

/// Chance to find, of `needed` of these tests, that all of them are significant: at least this much whatever
/// their dependence, 1 − Σ (1 − power) over the most powerful `needed` (the lower Fréchet bound; Fréchet,
/// Annales de l'Université de Lyon A 14, 1951). Throws Error(usage) unless 1 <= needed <= tests.
[[nodiscard]] double joint_power(std::span<const double> powers, std::size_t needed);

/// More than this is no plan.
inline constexpr std::uint64_t most_seeds = 1'000'000;

/// The smallest n from 2 to most_seeds at which `power_of`, which grows with n, is at least `power`.
[[nodiscard]] std::optional<std::uint64_t>
smallest_seeds(const std::function<double(std::uint64_t)>& power_of, double power);

/// The smallest n on each side with at least this power; none when the effect is not above 0 or more than
/// most_seeds are needed.
[[nodiscard]] std::optional<std::uint64_t> directional_size(double effect, double sd_a, double sd_b,
                                                            double power, double alpha);
[[nodiscard]] std::optional<std::uint64_t> paired_size(double effect, double sd_of_differences, double power,
                                                       double alpha);
/// The smallest n of ours against a reference that stays as it is; none when no n reaches this power, since
/// the reference's own noise remains.
[[nodiscard]] std::optional<std::uint64_t> equivalence_size(double margin, double sd, const Group& reference,
                                                            double power, double alpha = default_alpha);
/// The smallest n of both sides.
[[nodiscard]] std::optional<std::uint64_t>
equivalence_size_of_both(double margin, double sd_a, double sd_b, double power, double alpha = default_alpha);

} // namespace metrics
