#include "metrics/seed_size.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;

// Of the integral over the estimated standard error; smooth integrand, so the error is far below 1e-6.
constexpr int integration_steps = 800;
// Standard deviations of the estimated standard error that the integral covers on each side.
constexpr double integration_reach = 10.0;

void require_sane(std::initializer_list<Group> groups, double alpha) {
    suite::FaultList faults;
    for (const Group& group : groups) {
        if (!std::isfinite(group.sd) || group.sd < 0)
            faults.add({"sd", fmt::format("{}", group.sd), "a finite number of 0 or more", "give the sd"});
        if (group.n < 2)
            faults.add({"n", fmt::format("n = {}", group.n), "n of 2 or more",
                        "a variance needs at least two values"});
    }
    if (!(alpha > 0 && alpha < 1))
        faults.add({"alpha", fmt::format("{}", alpha), "a number strictly between 0 and 1", "0.05 is usual"});
    faults.throw_if_any(ErrorKind::usage);
}

void require_power(double power) {
    if (!(power > 0 && power < 1))
        throw suite::Error(ErrorKind::usage, {"--power", fmt::format("{}", power),
                                              "a number strictly between 0 and 1", "0.8 and 0.9 are usual"});
}

void require_margin(double margin) {
    if (!(margin > 0 && std::isfinite(margin)))
        throw suite::Error(ErrorKind::usage, {"margin", fmt::format("{}", margin), "a finite number above 0",
                                              "declare the margin"});
}

/// Standard error of a difference and its Welch–Satterthwaite df.
struct Spread {
    double standard_error = 0;
    double df = 1;
};

Spread spread_of(const Group& a, const Group& b) {
    const double x = a.sd * a.sd / static_cast<double>(a.n);
    const double y = b.sd * b.sd / static_cast<double>(b.n);
    const double denominator = x * x / static_cast<double>(a.n - 1) + y * y / static_cast<double>(b.n - 1);
    return {.standard_error = std::sqrt(x + y), .df = denominator > 0 ? (x + y) * (x + y) / denominator : 1};
}

double one_sided_critical(double df, double alpha) {
    return static_cast<double>(student_t_critical(df, 2 * alpha)); // two-sided by name
}

double one_sided_power(double effect, const Spread& spread, double alpha) {
    if (spread.standard_error == 0)
        return effect > 0 ? 1 : 0;
    const double noncentrality = effect / spread.standard_error;
    const double critical = one_sided_critical(spread.df, alpha);
    // As in power.cpp: beyond this the chance is 0 or 1 to the last bit.
    if (std::fabs(noncentrality) > 40 * (1 + critical))
        return noncentrality > 0 ? 1 : 0;
    // With 4 df and more already here: T <= critical needs Z < -9 or an estimated error of 10 times the true
    // one.
    if (spread.df >= 4 && noncentrality > 9 + 10 * critical)
        return 1;
    const boost::math::non_central_t_distribution<double> distribution(spread.df, noncentrality);
    return std::clamp(boost::math::cdf(boost::math::complement(distribution, critical)), 0.0, 1.0);
}

} // namespace

double directional_power(double effect, const Group& a, const Group& b, double alpha) {
    require_sane({a, b}, alpha);
    return one_sided_power(effect, spread_of(a, b), alpha);
}

double directional_power(double effect, double standard_error, double df, double alpha) {
    require_sane({{.sd = standard_error, .n = 2}}, alpha);
    if (!(df > 0))
        throw suite::Error(ErrorKind::usage,
                           {"df", fmt::format("{}", df), "a number above 0", "give the df"});
    return one_sided_power(effect, {.standard_error = standard_error, .df = df}, alpha);
}

double paired_power(double effect, const Group& differences, double alpha) {
    require_sane({differences}, alpha);
    const auto n = static_cast<double>(differences.n);
    return one_sided_power(effect, {.standard_error = differences.sd / std::sqrt(n), .df = n - 1}, alpha);
}

// With U = S / s, S the estimated standard error and s the true one (U² df is chi²), both one-sided tests
// reject when |D| < margin − critical S; D is normal with sd s and independent of S. Simpson's rule over U.
double equivalence_power(double margin, const Group& a, const Group& b, double alpha) {
    require_margin(margin);
    require_sane({a, b}, alpha);
    const Spread spread = spread_of(a, b);
    if (spread.standard_error == 0)
        return 1;
    const double reach = margin / spread.standard_error;
    const double critical = one_sided_critical(spread.df, alpha);
    const double width = integration_reach / std::sqrt(2 * spread.df);
    const double low = std::max(0.0, 1 - width);
    const double high = std::min(1 + width, reach / critical);
    if (high <= low)
        return 0;
    const boost::math::chi_squared_distribution<double> chi_squared(spread.df);
    const boost::math::normal_distribution<double> normal;
    const auto integrand = [&](double u) {
        const double density =
            u > 0 ? 2 * spread.df * u * boost::math::pdf(chi_squared, spread.df * u * u) : 0;
        return density * (2 * boost::math::cdf(normal, std::max(0.0, reach - critical * u)) - 1);
    };
    const double step = (high - low) / integration_steps;
    double sum = integrand(low) + integrand(high);
    for (int i = 1; i < integration_steps; ++i)
        sum += (i % 2 == 1 ? 4 : 2) * integrand(low + i * step);
    return std::clamp(sum * step / 3, 0.0, 1.0);
}

double joint_power(std::span<const double> powers, std::size_t needed) {
    if (needed < 1 || needed > powers.size())
        throw suite::Error(ErrorKind::usage, {"needed", fmt::format("{} of {} tests", needed, powers.size()),
                                              "a number between 1 and all", ""});
    std::vector<double> best(powers.begin(), powers.end());
    std::sort(best.begin(), best.end(), std::greater<>());
    double bound = 1;
    for (std::size_t i = 0; i < needed; ++i)
        bound -= 1 - best[i];
    return std::max(0.0, bound);
}

std::optional<std::uint64_t> smallest_seeds(const std::function<double(std::uint64_t)>& power_of,
                                            double power) {
    require_power(power);
    std::uint64_t enough = 2;
    while (power_of(enough) < power) {
        if (enough >= most_seeds)
            return std::nullopt;
        enough = std::min(2 * enough, most_seeds);
    }
    std::uint64_t too_few = enough / 2;
    while (enough - too_few > 1 && enough > 2) {
        const std::uint64_t middle = too_few + (enough - too_few) / 2;
        (power_of(middle) < power ? too_few : enough) = middle;
    }
    return enough;
}

std::optional<std::uint64_t> directional_size(double effect, double sd_a, double sd_b, double power,
                                              double alpha) {
    require_power(power);
    if (!(effect > 0))
        return std::nullopt;
    return smallest_seeds(
        [&](std::uint64_t n) {
            return directional_power(effect, {.sd = sd_a, .n = n}, {.sd = sd_b, .n = n}, alpha);
        },
        power);
}

std::optional<std::uint64_t> paired_size(double effect, double sd_of_differences, double power,
                                         double alpha) {
    require_power(power);
    if (!(effect > 0))
        return std::nullopt;
    return smallest_seeds(
        [&](std::uint64_t n) { return paired_power(effect, {.sd = sd_of_differences, .n = n}, alpha); },
        power);
}

std::optional<std::uint64_t> equivalence_size(double margin, double sd, const Group& reference, double power,
                                              double alpha) {
    require_power(power);
    return smallest_seeds(
        [&](std::uint64_t n) { return equivalence_power(margin, {.sd = sd, .n = n}, reference, alpha); },
        power);
}

std::optional<std::uint64_t> equivalence_size_of_both(double margin, double sd_a, double sd_b, double power,
                                                      double alpha) {
    require_power(power);
    return smallest_seeds(
        [&](std::uint64_t n) {
            return equivalence_power(margin, {.sd = sd_a, .n = n}, {.sd = sd_b, .n = n}, alpha);
        },
        power);
}

} // namespace metrics
