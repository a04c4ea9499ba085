// Closed forms and edges of the t tests that the golden files do not reach.
#include <cmath>
#include <vector>

#include "metrics/t_tests.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

TEST(TTests, AVarianceOfOneIsOne) {
    EXPECT_NEAR(welch(summary_sample(2, 1, 5), summary_sample(1, 0, 3)).standard_error, std::sqrt(0.2),
                1e-15);
    EXPECT_NEAR(welch(summary_sample(2, 0, 3), summary_sample(1, 1, 5)).standard_error, std::sqrt(0.2),
                1e-15);
    EXPECT_NEAR(one_sample(summary_sample(2, 1, 4), 1).t, 2, 1e-15);
}

TEST(TTests, OfTwoValuesOnEachSideByHand) {
    // Means 2 and 7, variances 2 and 8: t = −5 / √5; Welch's df = 25 / (1 + 16), pooled 2.
    const Sample a = make_sample(std::vector{1.0, 3.0});
    const Sample b = make_sample(std::vector{5.0, 9.0});
    const TTest by_welch = welch(a, b);
    EXPECT_NEAR(by_welch.difference, -5, 1e-15);
    EXPECT_NEAR(by_welch.t, -std::sqrt(5.0), 1e-14);
    EXPECT_NEAR(by_welch.df, 25.0 / 17, 1e-14);
    const TTest by_pooled = pooled(a, b);
    EXPECT_NEAR(by_pooled.t, -std::sqrt(5.0), 1e-14);
    EXPECT_EQ(by_pooled.df, 2);
    // With df = 2 the two-sided p is 1 − s, s = |t| / √(2 + t²).
    EXPECT_NEAR(by_pooled.p, 1 - std::sqrt(5.0 / 7), 1e-14);
    EXPECT_NEAR(by_pooled.p_greater, 1 - by_pooled.p / 2, 1e-14);
    EXPECT_NEAR(by_pooled.p_less, by_pooled.p / 2, 1e-14);
    EXPECT_NEAR(by_pooled.ci95.high - by_pooled.difference, by_pooled.difference - by_pooled.ci95.low, 1e-13);
}

TEST(TTests, PooledVarianceIsWeightedByDegreesOfFreedom) {
    // (3·4 + 8·1) / 11 = 20/11 over 1/4 + 1/9 = 13/36.
    const TTest test = pooled(summary_sample(5, 2, 4), summary_sample(4, 1, 9));
    EXPECT_NEAR(test.standard_error, std::sqrt(20.0 / 11 * 13 / 36), 1e-15);
    EXPECT_EQ(test.df, 11);
}

TEST(TTests, PairedByHand) {
    // Differences 1, 2, 6: mean 3, variance 7.
    const TTest test = paired(std::vector{2.0, 5.0, 4.0}, std::vector{1.0, 3.0, -2.0});
    EXPECT_NEAR(test.difference, 3, 1e-15);
    EXPECT_NEAR(test.standard_error, std::sqrt(7.0 / 3), 1e-15);
    EXPECT_EQ(test.df, 2);
}

TEST(PairsAreConstant, UpToTheRoundingOfTheLargestValue) {
    const double eps = std::numeric_limits<double>::epsilon();
    const std::vector<double> ones{1, 1};
    EXPECT_TRUE(pairs_are_constant(std::vector{1.0, 1 + 2 * eps}, ones));
    EXPECT_FALSE(pairs_are_constant(std::vector{1.0, 1 + 3 * eps}, ones));
    EXPECT_TRUE(pairs_are_constant(std::vector{0.0, 0.0}, std::vector{0.0, 0.0}));
    // Rounding grows with the numbers, whatever their sign; tiny numbers have a tiny one.
    for (const double sign : {1.0, -1.0}) {
        EXPECT_TRUE(pairs_are_constant(std::vector{sign * 1000000.1, sign * 1000000.3},
                                       std::vector{sign * 1000000.0, sign * 1000000.2}));
        EXPECT_TRUE(pairs_are_constant(std::vector{sign * 1.1, sign * 2.3, sign * 3.4},
                                       std::vector{sign * 1.0, sign * 2.2, sign * 3.3}));
        EXPECT_TRUE(pairs_are_constant(std::vector{0.0, sign * 1e-17}, std::vector{sign, sign}));
        EXPECT_TRUE(pairs_are_constant(std::vector{sign, sign}, std::vector{0.0, sign * 1e-17}));
        EXPECT_FALSE(pairs_are_constant(std::vector{sign * 1e-20, sign * 2e-20}, std::vector{0.0, 0.0}));
    }
}

TEST(WithAddedVariance, AddsVariancesAndSharesDegreesOfFreedom) {
    // Standard error² 0.2 with 4 df (b has none) and 0.6 with 2: 0.8, 1 / (0.25² / 4 + 0.75² / 2).
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(1, 0, 5));
    const TTest wider = with_added_variance(test, {.variance = 0.6, .df = 2});
    EXPECT_NEAR(wider.standard_error, std::sqrt(0.8), 1e-15);
    EXPECT_NEAR(wider.df, 1 / (0.0625 / 4 + 0.5625 / 2), 1e-13);
    EXPECT_NEAR(wider.t, 2 / std::sqrt(0.8), 1e-14);
    EXPECT_EQ(wider.difference, 2);
    EXPECT_NEAR(with_added_variance(test, {.variance = 1, .df = 0.5}).standard_error, std::sqrt(1.2), 1e-15);
}

TEST(WithAddedVariance, RefusesWhatIsNoFiniteVariance) {
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(1, 1, 5));
    const auto message = [&](double variance, double df) {
        return golden::usage_message(
            [&] { (void)with_added_variance(test, {.variance = variance, .df = df}); });
    };
    EXPECT_THAT(message(INFINITY, 2), HasSubstr("added variance: found inf"));
    EXPECT_THAT(message(std::nan(""), 2), HasSubstr("added variance: found nan"));
    EXPECT_THAT(message(-0.5, 2), HasSubstr("added variance: found -0.5"));
    EXPECT_THAT(message(0.5, 0), HasSubstr("added variance's df: found 0"));
    EXPECT_THAT(message(0.5, -0.5), HasSubstr("added variance's df: found -0.5"));
}

TEST(PWithin, IsSymmetricAndCertainOnlyWithinTheMargin) {
    const TTest up = welch(summary_sample(3, 1, 5), summary_sample(2, 1, 5));
    const TTest down = welch(summary_sample(2, 1, 5), summary_sample(3, 1, 5));
    EXPECT_NEAR(p_within(up, 0.5), p_within(down, 0.5), 1e-15);
    EXPECT_NEAR(p_within(up, 1), 0.5, 1e-15); // on the margin
    // SciPy: t.sf(−0.5 / √0.4, 8) and t.sf(0.5 / √0.4, 8).
    EXPECT_NEAR(p_within(up, 0.5), 1 - p_within(up, 1.5), 1e-15);
    EXPECT_LT(p_within(up, 1.5), 0.25);
    EXPECT_EQ(p_within(up, -0.5), 1);
    EXPECT_EQ(p_within(up, std::nan("")), 1);
}

TEST(PBeyond, IsSymmetric) {
    const TTest up = welch(summary_sample(3, 1, 5), summary_sample(2, 1, 5));
    const TTest down = welch(summary_sample(2, 1, 5), summary_sample(3, 1, 5));
    EXPECT_NEAR(p_beyond(up, 0.5), p_beyond(down, 0.5), 1e-15);
    EXPECT_NEAR(p_beyond(down, 0.5), 0.2485590799075988, 1e-12);
}

TEST(Tost, TakesMarginsBelowOneAndIsEquivalentOnlyBelowAlpha) {
    const Sample a = summary_sample(3, 0.1, 5);
    const Sample b = summary_sample(3.1, 0.1, 5);
    const Tost test = tost(a, b, 0.4);
    EXPECT_TRUE(test.equivalent);
    EXPECT_FALSE(tost(a, b, 0.4, test.p).equivalent);
    EXPECT_TRUE(tost(a, b, 0.4, std::nextafter(test.p, 1.0)).equivalent);
    EXPECT_THAT(golden::usage_message([&] { (void)tost(a, b, INFINITY); }), HasSubstr("margin: found inf"));
    EXPECT_THAT(golden::usage_message([&] { (void)tost(a, b, -0.5); }), HasSubstr("margin: found -0.5"));
}

} // namespace
} // namespace metrics
