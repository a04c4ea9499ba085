#include "metrics/student_t.hpp"

#include <cmath>
#include <numbers>

#include <boost/math/distributions/students_t.hpp>

namespace metrics {

namespace {
using Distribution = boost::math::students_t_distribution<long double>;
} // namespace

long double student_t_upper_tail(long double t, long double df) {
    // Boost takes df = 1 through asin(sqrt(1 − x)), which keeps no more than half the digits of a small t.
    if (df == 1)
        return std::atan2(1.0L, t) / std::numbers::pi_v<long double>;
    return boost::math::cdf(boost::math::complement(Distribution(df), t));
}

long double student_t_two_sided(long double t, long double df) {
    return 2 * student_t_upper_tail(std::fabs(t), df);
}

long double student_t_critical(long double df, long double alpha) {
    return boost::math::quantile(boost::math::complement(Distribution(df), alpha / 2));
}

} // namespace metrics
