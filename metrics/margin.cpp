#include "metrics/margin.hpp"

#include <algorithm>
#include <cmath>

namespace metrics {

std::optional<double> pooled_sd(std::span<const Sample> samples) {
    double squares = 0;
    double df = 0;
    for (const Sample& sample : samples) {
        if (sample.sd && sample.n > 1) {
            const auto weight = static_cast<double>(sample.n - 1);
            squares += weight * *sample.sd * *sample.sd;
            df += weight;
        }
    }
    return df > 0 ? std::optional(std::sqrt(squares / df)) : std::nullopt;
}

double effective_margin(const MarginRule& rule, std::optional<double> sd) {
    const double margin = std::max(rule.points, rule.sds * sd.value_or(0.0));
    return rule.cap ? std::min(margin, *rule.cap) : margin;
}

} // namespace metrics
