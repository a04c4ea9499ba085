// Against scipy (tests/fixtures/scaling_efficiency.py printed the numbers), closed forms and the printed
// table of the paper.
#include "metrics/scaling.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

const std::vector<double> base_throughputs{812.4, 809.9, 815.2, 807.7, 811.0};
const std::vector<double> rung_throughputs{1570.1, 1561.3, 1588.4, 1549.0, 1572.2};

TEST(Efficiency, IsTheMeanLogRatioWithBothIntervals) {
    const Efficiency e = efficiency(base_throughputs, rung_throughputs, 2);

    EXPECT_EQ(e.n, 5U);
    EXPECT_NEAR(e.mean, 96.65164993779727, 1e-10);
    EXPECT_NEAR(e.speedup, 1.9330329987559456, 1e-12);
    ASSERT_TRUE(e.ci95 && e.ci95_welch);
    EXPECT_NEAR(e.ci95->low, 95.93992294, 1e-7);
    EXPECT_NEAR(e.ci95->high, 97.36865686, 1e-7);
    EXPECT_NEAR(e.ci95_welch->low, 95.56565422, 1e-7);
    EXPECT_NEAR(e.ci95_welch->high, 97.74998677, 1e-7);
    EXPECT_NEAR(e.median.median, 96.63343180699164, 1e-10);
    EXPECT_NEAR(e.median.interval.low, 95.88956295654326, 1e-10);
    EXPECT_NEAR(e.median.interval.high, 97.42394504416093, 1e-10);
    EXPECT_DOUBLE_EQ(e.median.coverage, 0.9375);
}

// The published table: efficiencies recomputed from its throughputs are those computed separately.
TEST(Efficiency, ReproducesThePrintedTable) {
    const double one = 129.14;
    EXPECT_NEAR(efficiency(std::vector{one}, std::vector{508.00}, 4).mean, 98.34, 0.005);
    EXPECT_NEAR(efficiency(std::vector{one}, std::vector{4029.69}, 32).mean, 97.51, 0.005);
    const Efficiency largest = efficiency(std::vector{one}, std::vector{124003.59}, 1024);
    EXPECT_NEAR(largest.mean, 93.77, 0.005);
    EXPECT_NEAR(largest.speedup, 960.26, 0.05); // printed from more digits of T(1)
    EXPECT_FALSE(largest.ci95.has_value());
    EXPECT_FALSE(largest.ci95_welch.has_value());
}

TEST(Efficiency, OfARatioWithoutSpreadHasNoInterval) {
    const Efficiency e = efficiency(std::vector{100.0, 200.0}, std::vector{150.0, 300.0}, 2);

    EXPECT_NEAR(e.mean, 75.0, 1e-12);
    EXPECT_FALSE(e.ci95.has_value());
    EXPECT_TRUE(e.ci95_welch.has_value()); // unpaired, the halves differ
    EXPECT_EQ(compare_efficiency(e, 75.0, {.declared = 1.5}).verdict, Verdict::inconclusive);
}

TEST(Efficiency, OfOneRankIsItsRatioAndThroughputsMayBeBelowOne) {
    const Efficiency e = efficiency(std::vector{0.5, 0.4}, std::vector{0.5, 0.4}, 1);

    EXPECT_DOUBLE_EQ(e.mean, 100.0);
    EXPECT_DOUBLE_EQ(e.speedup, 1.0);
}

TEST(Efficiency, NeedsSpreadOnOneSideOnlyForTheUnpairedInterval) {
    EXPECT_TRUE(efficiency(std::vector{100.0, 100.0}, std::vector{90.0, 91.0}, 1).ci95_welch.has_value());
    EXPECT_TRUE(efficiency(std::vector{100.0, 101.0}, std::vector{90.0, 90.0}, 1).ci95_welch.has_value());
    EXPECT_FALSE(efficiency(std::vector{100.0, 100.0}, std::vector{90.0, 90.0}, 1).ci95_welch.has_value());
}

TEST(Efficiency, RefusesWhatIsNoThroughput) {
    EXPECT_THROW(static_cast<void>(efficiency(std::vector{1.0}, std::vector{1.0, 2.0}, 2)), suite::Error);
    EXPECT_THROW(static_cast<void>(efficiency({}, {}, 2)), suite::Error);
    EXPECT_THROW(static_cast<void>(efficiency(std::vector{0.0}, std::vector{1.0}, 2)), suite::Error);
    EXPECT_THROW(static_cast<void>(efficiency(std::vector{1.0}, std::vector<double>{NAN}, 2)), suite::Error);
    EXPECT_THROW(static_cast<void>(efficiency(std::vector{1.0}, std::vector{1.0}, 0)), suite::Error);
}

TEST(Efficiency, NamesEveryRepetitionThatIsNoThroughput) {
    try {
        static_cast<void>(efficiency(std::vector{0.0, 2.0}, std::vector<double>{1.0, INFINITY}, 2));
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("base[0]: found 0"));
        EXPECT_THAT(error.what(), testing::HasSubstr("rung[1]: found inf"));
        EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("base[1]")));
        EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("rung[0]")));
    }
}

TEST(MedianInterval, IsTheNarrowestPairOfOrderedValuesThatCovers) {
    const auto of = [](std::size_t n) {
        std::vector<double> values(n);
        std::iota(values.begin(), values.end(), 1.0);
        return median_interval(values);
    };
    EXPECT_EQ(of(1).coverage, 0.0);
    EXPECT_DOUBLE_EQ(of(5).interval.low, 1.0); // 93.75 %: nothing wider exists
    EXPECT_DOUBLE_EQ(of(8).interval.low, 1.0); // the next pair has 92.97 %
    EXPECT_NEAR(of(8).coverage, 0.9921875, 1e-15);
    EXPECT_DOUBLE_EQ(of(12).interval.low, 3.0);
    EXPECT_DOUBLE_EQ(of(12).interval.high, 10.0);
    EXPECT_NEAR(of(12).coverage, 0.96142578125, 1e-15);
    EXPECT_DOUBLE_EQ(of(20).interval.low, 6.0);
    EXPECT_NEAR(of(20).coverage, 0.9586105346679688, 1e-14);
    EXPECT_DOUBLE_EQ(of(12).median, 6.5);
    EXPECT_DOUBLE_EQ(of(100).interval.high - of(100).interval.low, 21.0); // the 40th and the 61st value
    EXPECT_NEAR(of(100).coverage, 0.9647997997822952, 1e-12);
}

TEST(MedianInterval, OfAnEvenCountIsTheMeanOfTheMiddleAndCoversByTheBinomial) {
    const MedianInterval two = median_interval(std::vector{7.0, 3.0});
    EXPECT_DOUBLE_EQ(two.median, 5.0);
    EXPECT_DOUBLE_EQ(two.coverage, 0.5); // both on one side with chance 1/2
    EXPECT_DOUBLE_EQ(median_interval(std::vector{2.0, 1.0, 9.0}).coverage, 0.75);
    EXPECT_DOUBLE_EQ(median_interval(std::vector{2.0, 1.0, 9.0}).median, 2.0);
}

TEST(MedianInterval, RefusesNothingAndNumbersThatAreNotFinite) {
    EXPECT_THROW(static_cast<void>(median_interval({})), suite::Error);
    EXPECT_THROW(static_cast<void>(median_interval(std::vector<double>{1.0, NAN, 2.0})), suite::Error);
}

TEST(CompareEfficiency, DecidesOnTheConfidenceBound) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2);
    const Margin margin{.declared = 1.5};

    const CellComparison good = compare_efficiency(ours, 95.0, margin);
    EXPECT_EQ(good.verdict, Verdict::equivalent);
    EXPECT_NEAR(good.p_equivalent.value(), 0.00011954322831668727, 1e-12);
    EXPECT_NEAR(good.difference.value(), 1.65164993779727, 1e-10);

    const CellComparison unclear = compare_efficiency(ours, 97.69, margin);
    EXPECT_EQ(unclear.verdict, Verdict::inconclusive);
    EXPECT_NEAR(unclear.p_equivalent.value(), 0.07324224350887051, 1e-10);
    EXPECT_THAT(unclear.reason, testing::HasSubstr("96.19 %"));

    const CellComparison worse = compare_efficiency(ours, 99.0, margin);
    EXPECT_EQ(worse.verdict, Verdict::different);
    EXPECT_NEAR(worse.p_different.value(), 0.015209922101773942, 1e-10);

    EXPECT_EQ(compare_efficiency(ours, 60.0, margin).verdict, Verdict::equivalent); // better is no fault
    EXPECT_EQ(compare_efficiency(ours, std::nullopt, margin).verdict, Verdict::no_reference);
}

TEST(CompareEfficiency, StatesTheIntervalOfTheDifference) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2); // 95.93992294 to 97.36865686
    const CellComparison cell = compare_efficiency(ours, 95.0, {.declared = 1.5});

    ASSERT_TRUE(cell.ci95);
    EXPECT_NEAR(cell.ci95->low, 0.93992294, 1e-7);
    EXPECT_NEAR(cell.ci95->high, 2.36865686, 1e-7);
}

TEST(CompareEfficiency, SaysWhenOursIsBetterByMoreThanTheMargin) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2); // its interval begins at 95.94
    const auto reason = [&](double reference) {
        const CellComparison cell = compare_efficiency(ours, reference, {.declared = 1.5});
        EXPECT_EQ(cell.verdict, Verdict::equivalent);
        return cell.reason;
    };
    EXPECT_EQ(reason(94.4), "better than the reference by more than the margin");
    EXPECT_EQ(reason(94.5), "");
}

TEST(CompareEfficiency, WithinAMarginAsLargeAsTheReferenceIsAlwaysEquivalent) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2);
    EXPECT_EQ(compare_efficiency(ours, 1.5, {.declared = 1.5}).verdict, Verdict::equivalent);
    EXPECT_EQ(compare_efficiency(ours, 1.0, {.declared = 1.5}).verdict, Verdict::equivalent);
    // A bound of half a percent is one: an efficiency of a tenth of a percent lies below it.
    const Efficiency slow = efficiency(std::vector{1000.0, 1000.0, 1000.0}, std::vector{1.0, 1.01, 0.99}, 1);
    EXPECT_EQ(compare_efficiency(slow, 2.0, {.declared = 1.5}).verdict, Verdict::different);
}

TEST(CompareEfficiency, JudgesAtTheAlphaAskedFor) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2);
    const Margin margin{.declared = 1.5};
    EXPECT_EQ(compare_efficiency(ours, 97.69, margin, 0.08).verdict, Verdict::equivalent);  // p = 0.073
    EXPECT_EQ(compare_efficiency(ours, 99.0, margin, 0.01).verdict, Verdict::inconclusive); // p = 0.015
}

TEST(CompareEfficiency, WithoutAResultOrSpreadSaysSo) {
    const Margin margin{.declared = 1.5};
    EXPECT_EQ(compare_efficiency({}, 97.0, margin).verdict, Verdict::missing);
    EXPECT_EQ(compare_efficiency({}, 97.0, margin).reason, "no result");
    EXPECT_EQ(
        compare_efficiency(efficiency(base_throughputs, rung_throughputs, 2), std::nullopt, margin).reason,
        "no reference");
    const auto reason = [&](const std::vector<double>& values) {
        return compare_efficiency(efficiency(values, values, 1), 97.0, margin).reason;
    };
    EXPECT_EQ(reason({100.0}), "1 repetition without spread: no confidence bound exists");
    EXPECT_EQ(reason({100.0, 100.0}), "2 repetitions without spread: no confidence bound exists");
}

TEST(CompareEfficiency, RoundingShiftsBothBoundsByItsHalfWidth) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2);
    const auto compared = [&](double margin, double half_width) {
        return compare_efficiency(ours, 97.0, {.declared = margin, .rounding_half_width = half_width});
    };
    EXPECT_DOUBLE_EQ(compared(1.5, 0.5).p_equivalent.value(), compared(1.0, 0).p_equivalent.value());
    EXPECT_DOUBLE_EQ(compared(1.5, 0.5).p_different.value(), compared(2.0, 0).p_different.value());
    // Better by more than the margin: from 95.94, the lower end of ours, beyond margin and half-width.
    const auto reason = [&](double half_width) {
        return compare_efficiency(ours, 94.4, {.declared = 1.5, .rounding_half_width = half_width}).reason;
    };
    EXPECT_NE(reason(0.03), "");
    EXPECT_EQ(reason(0.05), "");
}

TEST(CompareEfficiency, TheRoundingOfThePrintedNumberNarrowsWhatCanBeShown) {
    const Efficiency ours = efficiency(base_throughputs, rung_throughputs, 2);
    const double edge = ours.ci95->low + 1.0; // the margin alone would just reach the interval's lower end

    const CellComparison exact = compare_efficiency(ours, edge, {.declared = 1.5});
    const CellComparison rounded =
        compare_efficiency(ours, edge, {.declared = 1.5, .rounding_half_width = 1.0});

    EXPECT_DOUBLE_EQ(rounded.margin, 1.5);
    EXPECT_EQ(exact.verdict, Verdict::equivalent);
    EXPECT_GT(rounded.p_equivalent.value(), exact.p_equivalent.value());
    EXPECT_GT(rounded.p_different.value(), exact.p_different.value());
}

} // namespace
} // namespace metrics
