#include "metrics/student_t.hpp"

#include <cmath>
#include <numbers>

#include <boost/math/distributions/students_t.hpp>

namespace metrics {

namespace {

using Extended = boost::math::students_t_distribution<long double>;
/// In double throughout, which is ten times faster: a simulation compares millions of cells.
using Fast = boost::math::students_t_distribution<
    double, boost::math::policies::policy<boost::math::policies::promote_double<false>>>;

// Within these bounds Fast agrees with Extended to a relative 1e-14 (tails) and 1e-15 (critical values).
constexpr long double fast_tail_df = 50;
constexpr long double fast_tail_t = 1e6L;
constexpr long double fast_critical_df = 1000;
constexpr long double fast_critical_alpha = 1e-7L;

} // namespace

long double student_t_upper_tail(long double t, long double df) {
    // Boost takes df = 1 through asin(sqrt(1 − x)), which keeps no more than half the digits of a small t.
    if (df == 1)
        return std::atan2(1.0L, t) / std::numbers::pi_v<long double>;
    if (df > 1 && df <= fast_tail_df && std::fabs(t) <= fast_tail_t)
        return boost::math::cdf(
            boost::math::complement(Fast(static_cast<double>(df)), static_cast<double>(t)));
    return boost::math::cdf(boost::math::complement(Extended(df), t));
}

long double student_t_two_sided(long double t, long double df) {
    return 2 * student_t_upper_tail(std::fabs(t), df);
}

long double student_t_critical(long double df, long double alpha) {
    if (df > 1 && df <= fast_critical_df && alpha >= fast_critical_alpha)
        return boost::math::quantile(
            boost::math::complement(Fast(static_cast<double>(df)), static_cast<double>(alpha) / 2));
    return boost::math::quantile(boost::math::complement(Extended(df), alpha / 2));
}

} // namespace metrics
