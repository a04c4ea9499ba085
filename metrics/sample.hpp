// One cell's results on one side: raw values by seed, or only the printed mean ± sd with n.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace metrics {

struct Interval {
    double low = 0;
    double high = 0;
};

/// Raw values and their summary, or a summary alone. Units are the metric's.
struct Sample {
    std::vector<double> values{}; ///< in seed order; empty when only the summary is known
    double mean = 0;
    std::optional<double> sd{}; ///< with n−1 (paper.md#standard-deviation); none when n < 2
    std::size_t n = 0;
};

/// The values with their mean and sd. No check: an empty or non-finite sample is found by find_faults.
[[nodiscard]] Sample make_sample(std::span<const double> values);
/// A published mean ± sd of n values whose values are unknown.
[[nodiscard]] Sample summary_sample(double mean, double sd, std::size_t n);

/// Adds one fault for everything that forbids a t test on this sample (n < 2, a number that is not finite,
/// a negative or absent sd), each under `name`.
void find_faults(const Sample& sample, std::string_view name, suite::FaultList& faults);

/// Mean ± sd with a 95 % t interval of the mean.
struct Estimate {
    std::size_t n = 0;
    std::optional<double> mean{};   ///< none when n = 0
    std::optional<double> sd{};     ///< n−1, two passes; none when n < 2
    std::optional<Interval> ci95{}; ///< none when n < 2 or all values are equal: no spread was seen
};

/// Throws Error(usage) naming every value that is not finite.
[[nodiscard]] Estimate summarise(std::span<const double> values);
[[nodiscard]] Estimate summarise(const Sample& sample);

/// Mean (as an offset from `origin`) and variance in extended precision; offsets from a common origin keep
/// the difference of two close means exact.
struct Moments {
    long double mean_offset = 0;
    long double variance = 0; ///< n−1; 0 when n < 2; exactly 0 when all values are equal
    std::size_t n = 0;
};
[[nodiscard]] Moments moments_of(std::span<const double> values, double origin);
[[nodiscard]] Moments moments_of(const Sample& sample, double origin);

} // namespace metrics
