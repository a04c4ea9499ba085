// Closed forms worked by hand.
#include "metrics/least_squares.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

const Design straight_line{.columns = 2, .values = {1, 0, 1, 1, 1, 2}};

TEST(LeastSquares, OfAWeightedLineAreTheTextbooks) {
    // Sums of w, wx, wx², wy, wxy: 4, 4, 6, 9, 12; determinant 8; residuals ±1/4.
    const auto fit =
        fit_non_negative(straight_line, std::vector<double>{1, 2, 4}, std::vector<double>{1, 2, 1});

    EXPECT_THAT(fit.coefficients, ElementsAre(DoubleNear(0.75, 1e-14), DoubleNear(1.5, 1e-14)));
    EXPECT_NEAR(fit.weighted_squares, 0.25, 1e-14);
    EXPECT_THAT(fit.unscaled_covariance, Pointwise(DoubleNear(1e-14), {0.75, -0.5, -0.5, 0.5}));
    EXPECT_NEAR(fit.at(std::vector<double>{1, 3}), 5.25, 1e-14);
    EXPECT_NEAR(fit.leverage(std::vector<double>{1, 3}), 0.75 - 3 + 4.5, 1e-14);
    EXPECT_EQ(fit.rows, 3U);
}

TEST(LeastSquares, HoldAFallingSlopeAtZero) {
    const auto fit =
        fit_non_negative(straight_line, std::vector<double>{4, 2, 1}, std::vector<double>{1, 1, 1});

    EXPECT_THAT(fit.coefficients, ElementsAre(DoubleNear(7.0 / 3, 1e-14), 0.0));
    EXPECT_NEAR(fit.weighted_squares, 42.0 / 9, 1e-14);
}

TEST(LeastSquares, OfNegativeValuesAreAllZero) {
    const auto fit =
        fit_non_negative(straight_line, std::vector<double>{-1, -2, -1}, std::vector<double>{1, 2, 3});

    EXPECT_THAT(fit.coefficients, ElementsAre(0.0, 0.0));
    EXPECT_NEAR(fit.weighted_squares, 1 + 2 * 4 + 3, 1e-14);
}

TEST(LeastSquares, FindAnExactParabolaAgain) {
    Design design{.columns = 3, .values = {}};
    std::vector<double> y;
    for (const double x : {0.0, 0.5, 1.0, 2.0, 3.5}) {
        design.values.insert(design.values.end(), {1.0, x, x * x});
        y.push_back(1 + 2 * x + 3 * x * x);
    }
    const auto fit = fit_non_negative(design, y, std::vector<double>{1, 2, 0.5, 3, 1});

    EXPECT_THAT(fit.coefficients, Pointwise(DoubleNear(1e-12), {1.0, 2.0, 3.0}));
    EXPECT_NEAR(fit.weighted_squares, 0, 1e-20);
}

TEST(LeastSquares, OfOrthogonalColumnsHaveTheInverseWeightsAsCovariance) {
    const Design unit{.columns = 3, .values = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const auto fit = fit_non_negative(unit, std::vector<double>{5, 6, 7}, std::vector<double>{1, 2, 4});

    EXPECT_THAT(fit.coefficients, ElementsAre(5.0, 6.0, 7.0));
    EXPECT_THAT(fit.unscaled_covariance,
                Pointwise(DoubleNear(1e-15), {1.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.25}));
}

TEST(LeastSquares, AreTheSameInAnyUnit) {
    // Whether columns depend on each other is asked relative to their size.
    for (const double unit : {1e-9, 1.0, 1e9}) {
        const Design scaled{.columns = 2, .values = {unit, 0, unit, unit, unit, 2 * unit}};
        const auto fit = fit_non_negative(scaled, std::vector<double>{1, 2, 4}, std::vector<double>{1, 2, 1});
        EXPECT_NEAR(fit.coefficients[0] * unit, 0.75, 1e-13) << unit;
        EXPECT_NEAR(fit.coefficients[1] * unit, 1.5, 1e-13) << unit;
        EXPECT_FALSE(fit.unscaled_covariance.empty()) << unit;
    }
}

TEST(LeastSquares, TellNearlyDependentColumnsApartDownToTheirRounding) {
    const auto covariance = [](double apart) {
        const Design design{.columns = 2, .values = {1, 1, 1, 1, 1, 1 + apart}};
        return fit_non_negative(design, std::vector<double>{1, 1, 1}, std::vector<double>{1, 1, 1})
            .unscaled_covariance;
    };
    EXPECT_EQ(covariance(1e-5).size(), 4U);
    EXPECT_TRUE(covariance(1e-8).empty());
}

} // namespace
} // namespace metrics
