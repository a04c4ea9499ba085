#include "metrics/effect_size.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/non_central_t.hpp>
#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

// T <= t needs s >= (noncentrality + Z) / t with s² = chi²/df; beyond 40 standard deviations of both that
// chance is below the last bit of 1 (as in power.cpp).
constexpr double far_away = 40;

/// P(T >= t), T noncentral.
double upper_tail(double t, double df, double noncentrality) {
    if (noncentrality == 0)
        return static_cast<double>(student_t_upper_tail(t, df));
    if (noncentrality > far_away * (1 + std::fabs(t)))
        return 1;
    const boost::math::non_central_t_distribution<double> distribution(df, noncentrality);
    return std::clamp(boost::math::cdf(boost::math::complement(distribution, t)), 0.0, 1.0);
}

double lower_tail(double t, double df, double noncentrality) {
    if (noncentrality == 0)
        return static_cast<double>(student_t_upper_tail(-t, df));
    if (noncentrality > far_away * (1 + std::fabs(t)))
        return 0;
    const boost::math::non_central_t_distribution<double> distribution(df, noncentrality);
    return std::clamp(boost::math::cdf(distribution, t), 0.0, 1.0);
}

} // namespace

double effect_power(double effect, double sds, std::uint64_t n, double alpha) {
    suite::FaultList faults;
    if (!std::isfinite(effect) || !std::isfinite(sds) || sds < 0)
        faults.add({"effect, sds", fmt::format("{}, {}", effect, sds), "finite numbers, sds 0 or more", ""});
    if (n < 2)
        faults.add({"n", fmt::format("n = {}", n), "n of 2 or more", "a variance needs at least two values"});
    if (!(alpha > 0 && alpha < 1))
        faults.add({"alpha", fmt::format("{}", alpha), "a number strictly between 0 and 1", "0.05 is usual"});
    faults.throw_if_any(suite::ErrorKind::usage);
    const double df = 2 * (static_cast<double>(n) - 1);
    const double scale = std::sqrt(static_cast<double>(n) / 2);
    const double critical =
        sds == 0 ? static_cast<double>(student_t_critical(df, 2 * alpha)) // two-sided by name
                 : boost::math::quantile(boost::math::complement(
                       boost::math::non_central_t_distribution<double>(df, sds * scale), alpha));
    return effect < 0 && sds == 0 ? lower_tail(-critical, df, -effect * scale)
                                  : upper_tail(critical, df, effect * scale);
}

EffectTest effect_above(const Sample& a, const Sample& b, double sds,
                        const std::optional<VarianceComponent>& added) {
    if (!(sds >= 0) || !std::isfinite(sds))
        throw suite::Error(suite::ErrorKind::usage,
                           {"sds", fmt::format("{}", sds), "a finite number of 0 or more",
                            "give the number of standard deviations"});
    const TTest seeds = pooled(a, b);
    const double sd =
        seeds.standard_error / std::sqrt(1.0 / static_cast<double>(a.n) + 1.0 / static_cast<double>(b.n));
    const TTest test = added ? with_added_variance(seeds, *added) : seeds;
    const double noncentrality = sds * sd / test.standard_error;
    return {.difference = test.difference,
            .sd = sd,
            .df = test.df,
            .p_above = upper_tail(test.t, test.df, noncentrality),
            .p_below = lower_tail(test.t, test.df, noncentrality)};
}

} // namespace metrics
