// By how much two means may differ, from what a workload declares.
#pragma once

#include <optional>
#include <span>

#include "metrics/sample.hpp"

namespace metrics {

/// The larger of so many points and so many sds, but never more than the cap. Units are the metric's.
struct MarginRule {
    double points = 0;
    double sds = 0;
    std::optional<double> cap{};
};

/// The sd that similar cells share: the root of their variances' mean, weighted by n − 1. Samples without an
/// sd are left out; nothing when no sample has one.
[[nodiscard]] std::optional<double> pooled_sd(std::span<const Sample> samples);

/// Without an sd: the points, capped.
///     effective_margin({.points = 1, .sds = 2, .cap = 5}, 0.8)   // 1.6
[[nodiscard]] double effective_margin(const MarginRule& rule, std::optional<double> sd);

} // namespace metrics
