#include "metrics/mcnemar.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace metrics {

namespace {

using Binomial = boost::math::binomial_distribution<double>;

/// Both tails of binomial(only_a + only_b, 1/2); `weight` of the observed count's own probability counts.
NormalTest sign_test(const Discordant& counts, double weight) {
    const auto a = static_cast<double>(counts.only_a);
    const auto b = static_cast<double>(counts.only_b);
    NormalTest test{.p = 1, .p_greater = weight, .p_less = weight};
    if (a + b == 0)
        return test;
    const Binomial distribution(a + b, 0.5);
    // P(X <= k) of the smaller count is a tail; the larger tail follows by symmetry.
    const auto at_least = [&](double count) {
        const double own = boost::math::pdf(distribution, count);
        const double tail = boost::math::cdf(distribution, a + b - count); // P(X >= count), by symmetry
        return std::min(tail - (1 - weight) * own, 1.0);
    };
    test.difference = (a - b) / (a + b);
    test.p_greater = at_least(a);
    test.p_less = at_least(b);
    test.p = std::min(1.0, 2 * std::min(test.p_greater, test.p_less));
    return test;
}

} // namespace

double normal_upper_tail(double z) noexcept {
    return std::erfc(z / std::numbers::sqrt2) / 2;
}

NormalTest normal_test(double difference, double standard_error, double shift) noexcept {
    const double z = (difference - shift) / standard_error;
    return {.difference = difference,
            .standard_error = standard_error,
            .p = std::erfc(std::fabs(z) / std::numbers::sqrt2),
            .p_greater = normal_upper_tail(z),
            .p_less = normal_upper_tail(-z)};
}

NormalTest mcnemar_exact(const Discordant& counts) {
    return sign_test(counts, 1);
}

NormalTest mcnemar_mid_p(const Discordant& counts) {
    return sign_test(counts, 0.5);
}

NormalTest mcnemar_clustered(std::span<const double> a, std::span<const double> b) {
    if (a.empty() || a.size() != b.size())
        throw suite::Error(suite::ErrorKind::numeric,
                           {"images", fmt::format("{} and {}", a.size(), b.size()),
                            "equally many, one at least", "compare networks scored on the same images"});
    long double sum = 0;
    long double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto d = static_cast<long double>(a[i]) - static_cast<long double>(b[i]);
        sum += d;
        squares += d * d;
    }
    if (squares == 0)
        return {.p = 1, .p_greater = 0.5, .p_less = 0.5};
    const auto images = static_cast<long double>(a.size());
    return normal_test(static_cast<double>(sum / images), static_cast<double>(std::sqrt(squares) / images));
}

} // namespace metrics
