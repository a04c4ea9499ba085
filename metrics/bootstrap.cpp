#include "metrics/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include "metrics/mcnemar.hpp"
#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"

namespace metrics {

namespace {

using suite::Error;
using suite::ErrorKind;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The statistic on these samples (0-based indices).
using Statistic = std::function<double(std::span<const std::size_t>)>;

double ratio_at(std::span<const RatioPart> parts, std::span<const std::size_t> indices) {
    long double numerator = 0;
    long double denominator = 0;
    for (const std::size_t i : indices) {
        numerator += parts[i].numerator;
        denominator += parts[i].denominator;
    }
    return denominator == 0 ? not_a_number : static_cast<double>(numerator / denominator);
}

void require_sane(std::span<const RatioPart> parts) {
    suite::FaultList faults;
    if (parts.size() < 2)
        faults.add({"samples", fmt::format("{}", parts.size()), "two at least", "enlarge the test part"});
    long double denominator = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        denominator += parts[i].denominator;
        if (!std::isfinite(parts[i].numerator) || !(parts[i].denominator >= 0) ||
            !std::isfinite(parts[i].denominator))
            faults.add({fmt::format("sample {}", i),
                        fmt::format("{} / {}", parts[i].numerator, parts[i].denominator),
                        "finite numbers, the denominator 0 or more", ""});
    }
    if (parts.size() >= 2 && denominator == 0)
        faults.add({"denominators", "a sum of 0", "a sum above 0", ""});
    faults.throw_if_any(ErrorKind::numeric);
}

void require_sane(const Resampling& how) {
    suite::FaultList faults;
    if (how.resamples == 0)
        faults.add({"resamples", "0", "one at least", ""});
    if (!(how.confidence > 0 && how.confidence < 1))
        faults.add({"confidence", fmt::format("{}", how.confidence), "a number between 0 and 1", ""});
    faults.throw_if_any(ErrorKind::usage);
}

/// Linear between order statistics (NumPy's default); `fraction` in [0, 1].
double quantile(std::span<const double> ascending, double fraction) {
    const double place = fraction * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= ascending.size())
        return ascending.back();
    const double weight = place - static_cast<double>(below);
    return ascending[below] + weight * (ascending[below + 1] - ascending[below]);
}

std::vector<double> ascending(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

/// Share of replicates below the estimate, ties half.
double share_below(std::span<const double> replicates, double estimate) {
    double below = 0;
    for (const double replicate : replicates)
        below += replicate < estimate ? 1.0 : replicate == estimate ? 0.5 : 0.0;
    return below / static_cast<double>(replicates.size());
}

/// Skewness of the jackknife values; NaN without spread.
double acceleration(std::span<const double> jackknife) {
    long double mean = 0;
    for (const double value : jackknife)
        mean += value;
    mean /= static_cast<long double>(jackknife.size());
    long double squares = 0;
    long double cubes = 0;
    for (const double value : jackknife) {
        const long double d = mean - value;
        squares += d * d;
        cubes += d * d * d;
    }
    return squares == 0 ? not_a_number : static_cast<double>(cubes / (6 * std::pow(squares, 1.5L)));
}

std::vector<double> replicates_of(const Statistic& statistic, std::size_t samples, const Resampling& how) {
    std::vector<double> replicates;
    replicates.reserve(how.resamples);
    for (std::size_t resample = 0; resample < how.resamples; ++resample) {
        const double value = statistic(resampled_indices(samples, how.seed, resample));
        if (!std::isnan(value)) // a resample of empty samples alone has no ratio
            replicates.push_back(value);
    }
    return replicates;
}

std::vector<double> jackknife_of(const Statistic& statistic, std::size_t samples) {
    std::vector<std::size_t> others(samples - 1);
    for (std::size_t i = 0; i + 1 < samples; ++i)
        others[i] = i + 1;
    std::vector<double> values;
    for (std::size_t left_out = 0; left_out < samples; ++left_out) {
        values.push_back(statistic(others));
        if (left_out + 1 < samples)
            others[left_out] = left_out;
    }
    std::erase_if(values, [](double value) { return std::isnan(value); });
    return values;
}

BootstrapResult summary_of(double estimate, std::span<const double> replicates,
                           std::span<const double> jackknife, double confidence) {
    const Sample spread = make_sample(replicates);
    const auto at_or_beyond = [&](const auto& is_beyond) {
        const auto count = std::count_if(replicates.begin(), replicates.end(), is_beyond);
        return (1 + static_cast<double>(count)) / (1 + static_cast<double>(replicates.size()));
    };
    return {.estimate = estimate,
            .standard_error = spread.sd.value_or(not_a_number),
            .percentile = percentile_interval(replicates, confidence),
            .bca = bca_interval(replicates, estimate, jackknife, confidence),
            .p_greater = at_or_beyond([](double value) { return value <= 0; }),
            .p_less = at_or_beyond([](double value) { return value >= 0; })};
}

BootstrapResult bootstrap(const Statistic& statistic, double estimate, std::size_t samples,
                          const Resampling& how) {
    const std::vector<double> replicates = replicates_of(statistic, samples, how);
    if (replicates.empty())
        throw Error(ErrorKind::numeric,
                    {"resamples", "none with a denominator above 0", "one at least", "resample more often"});
    return summary_of(estimate, replicates, jackknife_of(statistic, samples), how.confidence);
}

} // namespace

double ratio_of_sums(std::span<const RatioPart> parts) noexcept {
    long double numerator = 0;
    long double denominator = 0;
    for (const RatioPart& part : parts) {
        numerator += part.numerator;
        denominator += part.denominator;
    }
    return denominator == 0 ? not_a_number : static_cast<double>(numerator / denominator);
}

std::vector<std::size_t> resampled_indices(std::size_t samples, std::uint64_t seed, std::size_t resample) {
    suite::PhiloxStream stream(
        {.seed = seed, .purpose = suite::Purpose::bootstrap, .epoch = 0, .sample = resample});
    std::vector<std::size_t> indices(samples);
    for (std::size_t& index : indices)
        index = static_cast<std::size_t>(stream.below(samples));
    return indices;
}

Interval percentile_interval(std::span<const double> replicates, double confidence) {
    const std::vector<double> sorted = ascending(replicates);
    const double tail = (1 - confidence) / 2;
    return {.low = quantile(sorted, tail), .high = quantile(sorted, 1 - tail)};
}

Interval bca_interval(std::span<const double> replicates, double estimate, std::span<const double> jackknife,
                      double confidence) {
    const double below = share_below(replicates, estimate);
    const double a = acceleration(jackknife);
    if (!(below > 0 && below < 1) || std::isnan(a))
        return {.low = not_a_number, .high = not_a_number};
    const boost::math::normal_distribution<double> normal;
    const double bias = boost::math::quantile(normal, below);
    const std::vector<double> sorted = ascending(replicates);
    const auto end_at = [&](double fraction) {
        const double z = bias + boost::math::quantile(normal, fraction);
        return quantile(sorted, normal_upper_tail(-(bias + z / (1 - a * z))));
    };
    const double tail = (1 - confidence) / 2;
    return {.low = end_at(tail), .high = end_at(1 - tail)};
}

BootstrapResult bootstrap_ratio(std::span<const RatioPart> parts, const Resampling& how) {
    require_sane(how);
    require_sane(parts);
    return bootstrap([parts](std::span<const std::size_t> indices) { return ratio_at(parts, indices); },
                     ratio_of_sums(parts), parts.size(), how);
}

BootstrapResult bootstrap_ratio_difference(std::span<const RatioPart> a, std::span<const RatioPart> b,
                                           const Resampling& how) {
    require_sane(how);
    require_sane(a);
    require_sane(b);
    if (a.size() != b.size())
        throw Error(ErrorKind::numeric, {"samples", fmt::format("{} and {}", a.size(), b.size()),
                                         "the same samples on both sides", ""});
    const auto difference = [a, b](std::span<const std::size_t> indices) {
        return ratio_at(a, indices) - ratio_at(b, indices);
    };
    return bootstrap(difference, ratio_of_sums(a) - ratio_of_sums(b), a.size(), how);
}

} // namespace metrics
