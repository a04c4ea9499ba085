#include "metrics/scaling.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

constexpr double percent = 100.0;

void require_throughputs(std::span<const double> values, std::string_view name, suite::FaultList& faults) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!(values[i] > 0) || !std::isfinite(values[i]))
            faults.add({fmt::format("{}[{}]", name, i), fmt::format("{}", values[i]),
                        "a finite number above 0", "leave the repetition out"});
}

Interval in_percent(Interval logs) {
    return {percent * std::exp(logs.low), percent * std::exp(logs.high)};
}

/// Chance that k or fewer of n fair coins show heads.
double binomial_half_cumulative(std::size_t k, std::size_t n) {
    double term = std::pow(0.5, static_cast<double>(n));
    double sum = term;
    for (std::size_t i = 1; i <= k; ++i) {
        term *= static_cast<double>(n - i + 1) / static_cast<double>(i);
        sum += term;
    }
    return sum;
}

std::vector<double> logs_of(std::span<const double> values) {
    std::vector<double> logs;
    for (const double value : values)
        logs.push_back(std::log(value));
    return logs;
}

TTest test_against(const Efficiency& ours, double bound) {
    // A bound of nothing or less is below every throughput.
    return one_sample(ours.log_ratios, bound > 0 ? std::log(bound / percent) : -1e3);
}

} // namespace

MedianInterval median_interval(std::span<const double> values) {
    suite::FaultList faults;
    if (values.empty())
        faults.add({"values", "none", "one at least", ""});
    for (const double value : values)
        if (!std::isfinite(value))
            faults.add({"values", fmt::format("{}", value), "finite numbers", ""});
    faults.throw_if_any(suite::ErrorKind::usage);
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    // The pair (k, n−1−k) misses the median when k or fewer values lie on one side.
    std::size_t k = 0;
    while (1 - 2 * binomial_half_cumulative(k + 1, n) >= 1 - default_alpha) // ends before the middle
        ++k;
    return {.median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]),
            .interval = {sorted[k], sorted[n - 1 - k]},
            .coverage = std::max(0.0, 1 - 2 * binomial_half_cumulative(k, n))};
}

Efficiency efficiency(std::span<const double> base, std::span<const double> rung, int ranks) {
    suite::FaultList faults;
    if (base.size() != rung.size() || base.empty())
        faults.add({"repetitions",
                    fmt::format("{} of the base case, {} of the rung", base.size(), rung.size()),
                    "as many of each, one at least", "compare repetitions that have both"});
    if (ranks < 1)
        faults.add({"ranks", fmt::format("{}", ranks), "1 or more", ""});
    require_throughputs(base, "base", faults);
    require_throughputs(rung, "rung", faults);
    faults.throw_if_any(suite::ErrorKind::usage);
    std::vector<double> logs;
    std::vector<double> percents;
    for (std::size_t i = 0; i < base.size(); ++i) {
        const double ratio = rung[i] / (base[i] * ranks);
        logs.push_back(std::log(ratio));
        percents.push_back(percent * ratio);
    }
    Efficiency result{.n = logs.size(), .log_ratios = make_sample(logs)};
    result.mean = percent * std::exp(result.log_ratios.mean);
    result.speedup = ranks * std::exp(result.log_ratios.mean);
    result.median = median_interval(percents);
    if (const Estimate paired = summarise(logs); paired.ci95)
        result.ci95 = in_percent(*paired.ci95);
    const Sample base_logs = make_sample(logs_of(base));
    const Sample rung_logs = make_sample(logs_of(rung));
    if (logs.size() > 1 && (base_logs.sd.value_or(0) > 0 || rung_logs.sd.value_or(0) > 0)) {
        const Interval difference = welch(rung_logs, base_logs).ci95;
        const double log_ranks = std::log(static_cast<double>(ranks));
        result.ci95_welch = in_percent({difference.low - log_ranks, difference.high - log_ranks});
    }
    return result;
}

CellComparison compare_efficiency(const Efficiency& ours, std::optional<double> reference,
                                  const Margin& margin, double alpha) {
    CellComparison cell{.margin = margin.declared, .rounding_half_width = margin.rounding_half_width};
    if (!reference || ours.n == 0) {
        cell.verdict = ours.n == 0 ? Verdict::missing : Verdict::no_reference;
        cell.reason = ours.n == 0 ? "no result" : "no reference";
        return cell;
    }
    cell.difference = ours.mean - *reference;
    if (ours.ci95)
        cell.ci95 = Interval{ours.ci95->low - *reference, ours.ci95->high - *reference};
    if (!ours.ci95) {
        cell.verdict = Verdict::inconclusive;
        cell.reason = fmt::format("{} repetition{} without spread: no confidence bound exists", ours.n,
                                  ours.n == 1 ? "" : "s");
        return cell;
    }
    const double bound = *reference - margin.equivalence_bound();
    cell.p_equivalent = test_against(ours, bound).p_greater;
    cell.p_different = test_against(ours, *reference - margin.difference_bound()).p_less;
    cell.verdict = *cell.p_equivalent < alpha  ? Verdict::equivalent
                   : *cell.p_different < alpha ? Verdict::different
                                               : Verdict::inconclusive;
    if (cell.verdict == Verdict::equivalent && ours.ci95->low > *reference + margin.difference_bound())
        cell.reason = "better than the reference by more than the margin";
    if (cell.verdict == Verdict::inconclusive)
        cell.reason = fmt::format("neither at least {:.2f} % (p = {:.2g}) nor below it (p = {:.2g}) is shown",
                                  bound, *cell.p_equivalent, *cell.p_different);
    return cell;
}

} // namespace metrics
