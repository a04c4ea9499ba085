#include "metrics/power.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/non_central_t.hpp>
#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;

constexpr std::uint64_t largest_size = std::uint64_t{1} << 52;

suite::FaultList find_design_faults(double difference, double sd) {
    suite::FaultList faults;
    if (!std::isfinite(difference))
        faults.add({"difference", fmt::format("{}", difference), "a finite number", "give the difference"});
    if (!std::isfinite(sd) || sd < 0)
        faults.add({"sd", fmt::format("{}", sd), "a finite number above 0", "give the sd"});
    else if (sd == 0)
        faults.add({"sd", "zero variance (sd 0)", "a number above 0", "give the sd of one value"});
    return faults;
}

/// Chance that |T| exceeds the critical value, T noncentral with this df and noncentrality >= 0.
double rejection_chance(double df, double noncentrality, double alpha) {
    const auto critical = static_cast<double>(student_t_critical(df, alpha));
    // T <= critical needs s >= (noncentrality + Z) / critical with s² = chi²/df; beyond 40 standard
    // deviations of both that chance is below the last bit of 1.
    if (noncentrality > 40 * (1 + critical))
        return 1;
    const boost::math::non_central_t_distribution<double> distribution(df, noncentrality);
    const double upper = boost::math::cdf(boost::math::complement(distribution, critical));
    const double lower = boost::math::cdf(distribution, -critical);
    return std::clamp(upper + lower, 0.0, 1.0);
}

double power_at(double effect, std::uint64_t n, double alpha) {
    const auto size = static_cast<double>(n);
    return rejection_chance(2 * (size - 1), effect * std::sqrt(size / 2), alpha);
}

} // namespace

double two_sample_power(double difference, double sd, std::uint64_t n, double alpha) {
    suite::FaultList faults = find_design_faults(difference, sd);
    if (n < 2)
        faults.add({"n", fmt::format("n = {}", n), "n of 2 or more", "a variance needs at least two values"});
    faults.throw_if_any(ErrorKind::usage);
    return power_at(std::fabs(difference / sd), n, alpha);
}

std::uint64_t two_sample_size(double difference, double sd, double power, double alpha) {
    suite::FaultList faults = find_design_faults(difference, sd);
    if (!(power > 0 && power < 1))
        faults.add({"power", fmt::format("{}", power), "a number strictly between 0 and 1",
                    "0.8 and 0.9 are usual"});
    if (difference == 0)
        faults.add({"difference", "0", "a difference other than 0", "no n can find a difference of nothing"});
    faults.throw_if_any(ErrorKind::usage);
    const double effect = std::fabs(difference / sd);
    std::uint64_t enough = 2;
    while (power_at(effect, enough, alpha) < power) {
        if (enough >= largest_size)
            throw suite::Error(ErrorKind::usage,
                               {"difference", fmt::format("{} of sd {}", difference, sd),
                                "a difference that 2^52 values per group can find", "raise the difference"});
        enough *= 2;
    }
    std::uint64_t too_few = enough / 2;
    while (enough - too_few > 1) {
        const std::uint64_t middle = too_few + (enough - too_few) / 2;
        (power_at(effect, middle, alpha) < power ? too_few : enough) = middle;
    }
    return enough;
}

} // namespace metrics
