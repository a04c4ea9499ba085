// τ between pre-training runs against statsmodels' REML fit and SciPy's quantiles
// (tests/fixtures/parent_variance_golden.py).
#include "metrics/parent_variance.hpp"

#include "golden.hpp"

namespace {

using metrics::make_sample;
using metrics::parent_variance;
using metrics::ParentVariance;
using metrics::Sample;

using Cell = std::vector<Sample>;

std::vector<Cell> cells_of(const nlohmann::json& entry) {
    std::vector<Cell> cells;
    for (const auto& parents : entry.at("cells")) {
        Cell& cell = cells.emplace_back();
        for (const auto& values : parents) {
            cell.push_back(make_sample(values.get<std::vector<double>>()));
        }
    }
    return cells;
}

TEST(ParentVariance, IsThatOfIndependentPrograms) {
    for (const auto& entry : golden::read("parent_variance.json", "cases")) {
        const std::string name = entry.at("name");
        const auto found = parent_variance(cells_of(entry));
        ASSERT_TRUE(found) << name;
        golden::expect_close(found->tau, entry.at("tau"), 1e-9, name + ": tau");
        golden::expect_close(found->ci95.low, entry.at("low"), 1e-8, name + ": low");
        golden::expect_close(found->ci95.high, entry.at("high"), 1e-8, name + ": high");
        EXPECT_LE(found->df, entry.at("df").get<double>()) << name; // parents − 1
        EXPECT_EQ(static_cast<double>(found->parents), entry.at("df").get<double>() + 1) << name;
        if (entry.contains("reml")) {
            golden::expect_close(found->tau, entry.at("reml"), 1e-4, name + ": REML");
        }
    }
}

// Means 1 and 3, variance 1 within: MS between 2·2 = 4, within 1, n0 = 2, τ² = 1.5.
TEST(ParentVariance, OfTwoParentsByHand) {
    const double half = std::sqrt(0.5);
    const std::vector<Cell> cells{
        {make_sample(std::vector{1 - half, 1 + half}), make_sample(std::vector{3 - half, 3 + half})}};
    const auto found = parent_variance(cells);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->variance(), 1.5, 1e-12);
    EXPECT_NEAR(found->within_sd, 1.0, 1e-12);
    // Of a parent's mean: 2 between (one df), 1/2 within (two df): 1.5² / (2² / 1 + 0.5² / 2).
    EXPECT_NEAR(found->df, 2.25 / 4.125, 1e-12);
    EXPECT_EQ(found->cells, 1U);
}

// Parents of 2 and 4 seeds: n0 = 6 − 20/6 = 8/3; means 0 and 3 → grand mean 2, MS between 2·4 + 4·1 = 12;
// within (1 + 3·1)/4 = 1; τ² = 11 / (8/3).
TEST(ParentVariance, OfUnequalNumbersOfSeedsByHand) {
    const std::vector<Cell> cells{
        {metrics::summary_sample(0.0, 1.0, 2), metrics::summary_sample(3.0, 1.0, 4)}};
    const auto found = parent_variance(cells);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->variance(), 33.0 / 8.0, 1e-12);
}

TEST(ParentVariance, IsNotKnownFromOneParent) {
    const std::vector<Cell> one{{make_sample(std::vector{1.0, 2.0, 3.0})}};
    EXPECT_FALSE(parent_variance(one));
    EXPECT_FALSE(parent_variance({}));
}

TEST(ParentVariance, IsNotKnownWithoutASecondSeedAnywhere) {
    const std::vector<Cell> cells{{make_sample(std::vector{1.0}), make_sample(std::vector{2.0})}};
    EXPECT_FALSE(parent_variance(cells));
}

TEST(ParentVariance, LeavesParentsWithoutRunsAside) {
    const Cell two{make_sample(std::vector{1.0, 2.0}), make_sample(std::vector{5.0, 6.0})};
    Cell three = two;
    three.insert(three.begin() + 1, Sample{});
    const auto expected = parent_variance(std::vector<Cell>{two});
    const auto found = parent_variance(std::vector<Cell>{three});
    ASSERT_TRUE(found && expected);
    EXPECT_EQ(found->tau, expected->tau);
    EXPECT_EQ(found->parents, 2U);
}

TEST(ParentVariance, IsZeroWithAnUpperBoundWhereSeedsExplainEverything) {
    const std::vector<Cell> cells{
        {make_sample(std::vector{1.0, 2.0, 3.0}), make_sample(std::vector{1.1, 2.0, 2.9})}};
    const auto found = parent_variance(cells);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tau, 0.0);
    EXPECT_EQ(found->ci95.low, 0.0);
    EXPECT_GE(found->ci95.high, 0.0);
}

// Seeds without spread: every difference is the parents'.
TEST(ParentVariance, OfConstantSeedsIsThatOfTheMeans) {
    const std::vector<Cell> cells{{make_sample(std::vector{1.0, 1.0}), make_sample(std::vector{2.0, 2.0}),
                                   make_sample(std::vector{3.0, 3.0})}};
    const auto found = parent_variance(cells);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->tau, 1.0, 1e-12);
    // 95 % interval of a sd with 2 degrees of freedom: sqrt(2 / 7.378), sqrt(2 / 0.05064).
    EXPECT_NEAR(found->ci95.low, 0.5207, 1e-3);
    EXPECT_NEAR(found->ci95.high, 6.2847, 1e-3);
}

// Parents are shared: a second cell makes the estimate better but not the degrees of freedom.
TEST(ParentVariance, CountsTheDegreesOfFreedomOfSharedParentsOnce) {
    const Cell cell{make_sample(std::vector{1.0, 2.0}), make_sample(std::vector{5.0, 6.0}),
                    make_sample(std::vector{3.0, 4.0})};
    const auto one = parent_variance(std::vector<Cell>{cell});
    const auto two = parent_variance(std::vector<Cell>{cell, cell});
    ASSERT_TRUE(one && two);
    EXPECT_DOUBLE_EQ(one->tau, two->tau);
    // Of a parent's mean: 4 between (two df), 1/4 within (three df a cell, six in all).
    EXPECT_NEAR(two->df, 3.75 * 3.75 / (16.0 / 2 + 0.0625 / 6), 1e-12);
    EXPECT_EQ(two->cells, 2U);
}

} // namespace
