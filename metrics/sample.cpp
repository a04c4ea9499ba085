#include "metrics/sample.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

void find_faults_in_values(std::span<const double> values, std::string_view name, suite::FaultList& faults) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            faults.add({fmt::format("{}[{}]", name, i), fmt::format("{}", values[i]), "a finite number",
                        "leave the value out or correct it"});
}

void find_faults_in_summary(const Sample& sample, std::string_view name, suite::FaultList& faults) {
    if (!std::isfinite(sample.mean))
        faults.add({fmt::format("{} mean", name), fmt::format("{}", sample.mean), "a finite number",
                    "give the mean"});
    if (!sample.sd)
        faults.add({fmt::format("{} sd", name), "no sd", "an sd of 0 or more", "give the sd"});
    else if (!std::isfinite(*sample.sd))
        faults.add(
            {fmt::format("{} sd", name), fmt::format("{}", *sample.sd), "a finite number", "give the sd"});
    else if (*sample.sd < 0)
        faults.add({fmt::format("{} sd", name), fmt::format("negative sd {}", *sample.sd),
                    "an sd of 0 or more", "give the sd"});
}

std::optional<Interval> mean_interval(double mean, double sd, std::size_t n) {
    if (n < 2 || !(sd > 0))
        return std::nullopt;
    const auto count = static_cast<long double>(n);
    const long double half = student_t_critical(count - 1, 0.05L) * sd / std::sqrt(count);
    return Interval{static_cast<double>(mean - half), static_cast<double>(mean + half)};
}

} // namespace

Moments moments_of(std::span<const double> values, double origin) {
    Moments moments{.n = values.size()};
    if (values.empty())
        return moments;
    // Deviations from the first value: equal values give exactly no variance, whatever their rounding.
    const long double first = values.front();
    const auto count = static_cast<long double>(values.size());
    long double sum = 0;
    for (const double value : values)
        sum += static_cast<long double>(value) - first;
    const long double centre = sum / count;
    moments.mean_offset = (first - origin) + centre;
    long double squares = 0;
    long double residue = 0;
    for (const double value : values) {
        const long double deviation = (static_cast<long double>(value) - first) - centre;
        squares += deviation * deviation;
        residue += deviation;
    }
    if (values.size() > 1)
        moments.variance = (squares - residue * residue / count) / (count - 1);
    return moments;
}

Moments moments_of(const Sample& sample, double origin) {
    if (!sample.values.empty())
        return moments_of(std::span(sample.values), origin);
    const long double sd = sample.sd.value_or(0.0);
    return {static_cast<long double>(sample.mean) - origin, sd * sd, sample.n};
}

Sample make_sample(std::span<const double> values) {
    const Moments moments = moments_of(values, 0.0);
    Sample sample{.values = {values.begin(), values.end()},
                  .mean = static_cast<double>(moments.mean_offset),
                  .n = values.size()};
    if (sample.n > 1)
        sample.sd = static_cast<double>(std::sqrt(moments.variance));
    return sample;
}

Sample summary_sample(double mean, double sd, std::size_t n) {
    return {.mean = mean, .sd = sd, .n = n};
}

void find_faults(const Sample& sample, std::string_view name, suite::FaultList& faults) {
    if (sample.n < 2)
        faults.add({std::string(name), fmt::format("n = {}", sample.n), "n of 2 or more",
                    "a variance needs at least two values"});
    if (!sample.values.empty())
        find_faults_in_values(sample.values, name, faults);
    else if (sample.n > 0)
        find_faults_in_summary(sample, name, faults);
}

Estimate summarise(const Sample& sample) {
    suite::FaultList faults;
    find_faults_in_values(sample.values, "values", faults);
    faults.throw_if_any(suite::ErrorKind::usage);
    Estimate estimate{.n = sample.n};
    if (sample.n > 0)
        estimate.mean = sample.mean;
    if (sample.n > 1 && sample.sd) {
        estimate.sd = sample.sd;
        estimate.ci95 = mean_interval(sample.mean, *sample.sd, sample.n);
    }
    return estimate;
}

Estimate summarise(std::span<const double> values) {
    return summarise(make_sample(values));
}

} // namespace metrics
