// The variates follow their distributions: Kolmogorov–Smirnov distance to Boost.Math's distribution functions
// and the first two moments. Streams are fixed, so the outcome is the same every time.
#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/uniform.hpp>
#include <gtest/gtest.h>

#include "suite/base/philox.hpp"

namespace suite {
namespace {

constexpr std::size_t draws = 20000;
const double ks_limit = 1.95 / std::sqrt(static_cast<double>(draws)); // 99.9 % point

template<class Draw>
std::vector<double> sorted_draws(std::uint64_t seed, Draw draw) {
    PhiloxStream stream({.seed = seed});
    std::vector<double> values(draws);
    for (double& value : values)
        value = draw(stream);
    std::sort(values.begin(), values.end());
    return values;
}

template<class Distribution>
double ks_distance(const std::vector<double>& sorted, const Distribution& distribution) {
    double largest = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double expected = boost::math::cdf(distribution, sorted[i]);
        const auto n = static_cast<double>(sorted.size());
        largest = std::max({largest, std::fabs(expected - static_cast<double>(i) / n),
                            std::fabs(expected - static_cast<double>(i + 1) / n)});
    }
    return largest;
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

TEST(Variates, UniformAndNormal) {
    EXPECT_LT(ks_distance(sorted_draws(1, [](PhiloxStream& s) { return s.uniform_double(); }),
                          boost::math::uniform_distribution<double>()),
              ks_limit);
    EXPECT_LT(ks_distance(sorted_draws(2, [](PhiloxStream& s) { return s.normal(); }),
                          boost::math::normal_distribution<double>()),
              ks_limit);
}

TEST(Variates, GammaOnBothSidesOfShapeOne) {
    for (const double shape : {0.1, 0.5, 1.0, 2.5, 30.0}) {
        const auto values = sorted_draws(3, [&](PhiloxStream& s) { return s.gamma(shape); });
        EXPECT_LT(ks_distance(values, boost::math::gamma_distribution<double>(shape)), ks_limit) << shape;
        EXPECT_NEAR(mean_of(values), shape, 4 * std::sqrt(shape / draws)) << shape;
    }
}

TEST(Variates, BetaOfMixUpAndOthers) {
    for (const auto& [a, b] :
         {std::pair{0.1, 0.1}, std::pair{1.0, 1.0}, std::pair{2.0, 5.0}, std::pair{0.5, 3.0}}) {
        const auto values = sorted_draws(4, [&](PhiloxStream& s) { return s.beta(a, b); });
        // Beta(0.1, 0.1) has mass nearer to its ends than a double can tell from them.
        EXPECT_GE(values.front(), 0.0);
        EXPECT_LE(values.back(), 1.0);
        EXPECT_LT(ks_distance(values, boost::math::beta_distribution<double>(a, b)), ks_limit)
            << a << ", " << b;
        const double variance = a * b / ((a + b) * (a + b) * (a + b + 1));
        EXPECT_NEAR(mean_of(values), a / (a + b), 4 * std::sqrt(variance / draws)) << a << ", " << b;
    }
}

TEST(Variates, LogGammaOfATinyShapeStaysFinite) {
    PhiloxStream stream({.seed = 5});
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(std::isfinite(stream.log_gamma_variate(1e-4)));
}

TEST(Variates, BernoulliFollowsItsProbability) {
    PhiloxStream stream({.seed = 6});
    int hits = 0;
    for (int i = 0; i < 10000; ++i)
        hits += stream.bernoulli(0.3) ? 1 : 0;
    EXPECT_NEAR(hits, 3000, 4 * std::sqrt(10000 * 0.3 * 0.7));
    EXPECT_FALSE(stream.bernoulli(0.0));
    EXPECT_TRUE(stream.bernoulli(1.0));
}

} // namespace
} // namespace suite
