#include "metrics/verdict.hpp"

#include "metrics/adjust.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

constexpr Margin half_point{.declared = 0.5};

Sample around(double mean) {
    return summary_sample(mean, 0.1, 5);
}

TEST(Compare, CloseResultsAreEquivalent) {
    const CellComparison cell = compare(around(95.0), around(95.05), half_point);

    EXPECT_EQ(cell.verdict, Verdict::equivalent);
    EXPECT_TRUE(cell.reason.empty());
    EXPECT_NEAR(cell.difference.value(), -0.05, 1e-12);
    EXPECT_EQ(cell.p_different, p_beyond(welch(around(95.0), around(95.05)), 0.5));
    EXPECT_EQ(cell.test, CellTest::welch);
    EXPECT_NEAR(cell.p_equivalent.value(), tost(around(95.0), around(95.05), 0.5).p, 1e-12);
}

TEST(Compare, ASignificantDifferenceInsideTheMarginIsEquivalentAndSaysSo) {
    const CellComparison cell = compare(around(95.0), around(95.25), half_point);

    ASSERT_LT(cell.ci95.value().high, 0.0);
    EXPECT_GT(cell.p_different.value(), 0.99);
    EXPECT_EQ(cell.verdict, Verdict::equivalent);
    EXPECT_FALSE(cell.differs_size_unresolved);
    EXPECT_THAT(cell.reason, HasSubstr("declared beforehand"));
}

TEST(Compare, FarResultsAreDifferent) {
    const CellComparison cell = compare(around(95.0), around(97.0), half_point);

    EXPECT_EQ(cell.verdict, Verdict::different);
    EXPECT_LT(cell.ci95.value().high, -0.5);
}

TEST(Compare, NoisyResultsAreInconclusive) {
    const CellComparison cell = compare(summary_sample(95, 3, 5), summary_sample(96, 3, 5), half_point);

    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
    EXPECT_THAT(cell.reason, HasSubstr("neither a difference beyond 0.5"));
}

TEST(Compare, TheRoundingOfPrintedReferencesNarrowsWhatCanBeShown) {
    const TTest test = welch(around(95.1), around(95));

    const CellComparison cell =
        compare(around(95.1), around(95), {.declared = 0.5, .rounding_half_width = 0.05});

    EXPECT_DOUBLE_EQ(cell.margin, 0.5);
    EXPECT_DOUBLE_EQ(cell.rounding_half_width, 0.05);
    EXPECT_EQ(cell.p_equivalent, p_within(test, 0.45));
    EXPECT_EQ(cell.p_different, p_beyond(test, 0.55));
}

TEST(Compare, APrintedMeanCoarserThanTheMarginShowsNoEquivalence) {
    const CellComparison cell =
        compare(around(95), around(95), {.declared = 0.5, .rounding_half_width = 0.5});

    EXPECT_EQ(cell.p_equivalent, 1.0);
    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
}

TEST(Compare, ADifferenceThatReachesIntoTheMarginIsOfUnresolvedSize) {
    // Interval 0.4 .. 0.8: not 0, but on both sides of the margin.
    const CellComparison cell = compare(around(95.6), around(95.0), half_point);

    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
    EXPECT_TRUE(cell.differs_size_unresolved);
    EXPECT_THAT(cell.reason, HasSubstr("differs, size unresolved"));
    EXPECT_THAT(cell.short_reason, HasSubstr("differs, size unresolved"));
}

TEST(Compare, ADifferenceWithinTheMarginIsDifferentOnlyWhereThatRuleIsOff) {
    const auto verdict = [](const Rules& rules) {
        return compare(around(95.6), around(95.0), half_point, rules).verdict;
    };
    EXPECT_EQ(verdict({}), Verdict::inconclusive);
    EXPECT_EQ(verdict({.different_beyond_margin = false}), Verdict::different);
}

TEST(Compare, EquivalenceIsWithheldWhereChanceLiesWithinTheMargin) {
    const Margin margin{.declared = 0.5, .chance = 95.4};

    const CellComparison cell = compare(around(95), around(95), margin);

    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
    EXPECT_TRUE(cell.at_chance);
    EXPECT_THAT(cell.reason, HasSubstr("cannot tell from chance"));
    EXPECT_EQ(compare(around(95), around(95), margin, {.withholds_at_chance = false}).verdict,
              Verdict::equivalent);
    EXPECT_EQ(compare(around(95), around(95), {.declared = 0.5, .chance = 94.4}).verdict,
              Verdict::equivalent);
}

TEST(Compare, ADifferenceFromAReferenceAtChanceIsStillADifference) {
    EXPECT_EQ(compare(around(97), around(95), {.declared = 0.5, .chance = 95.4}).verdict, Verdict::different);
}

TEST(Compare, SharedSeedsAreTestedInPairs) {
    const std::vector ours{50.1, 55.2, 60.1, 65.3, 70.2};
    const std::vector theirs{50.0, 55.0, 60.0, 65.0, 70.0};
    const CellInput input{.ours = make_sample(ours),
                          .reference = make_sample(theirs),
                          .margin = half_point,
                          .pairs = SeedPairs{ours, theirs}};

    const CellComparison cell = compare(input);

    EXPECT_EQ(cell.test, CellTest::paired);
    EXPECT_EQ(cell.pairs, 5U);
    EXPECT_EQ(cell.p_equivalent, p_within(paired(ours, theirs), 0.5));
    EXPECT_EQ(cell.verdict, Verdict::equivalent);
    EXPECT_EQ(compare(input, {.pairs_seeds = false}).test, CellTest::welch);
    EXPECT_EQ(compare(input, {.pairs_seeds = false}).verdict, Verdict::inconclusive);
}

TEST(Compare, PairsThatDifferByAConstantOrAreOneAreTestedByWelch) {
    const std::vector ours{51.0, 56.0, 61.0};
    const std::vector theirs{50.0, 55.0, 60.0};
    CellInput input{.ours = make_sample(ours),
                    .reference = make_sample(theirs),
                    .margin = half_point,
                    .pairs = SeedPairs{ours, theirs}};
    EXPECT_EQ(compare(input).test, CellTest::welch);

    input.pairs = SeedPairs{{51.0, 56.5}, {50.0, 55.0}}; // too few: Welch's test uses all values
    EXPECT_EQ(compare(input).test, CellTest::welch);
}

TEST(Compare, TheVarianceBetweenParentsIsAddedWhereItIsKnown) {
    CellInput input{.ours = around(97), .reference = around(95), .margin = half_point};
    ASSERT_EQ(compare(input).verdict, Verdict::different);

    input.parents = VarianceComponent{.variance = 4, .df = 3};

    EXPECT_EQ(compare(input).verdict, Verdict::inconclusive);
    EXPECT_EQ(compare(input).ci95->low,
              with_added_variance(welch(around(97), around(95)), {.variance = 4, .df = 3}).ci95.low);
    EXPECT_EQ(compare(input, {.counts_parents = false}).verdict, Verdict::different);
}

TEST(Compare, AResultWithoutAReferenceIsNotMissing) {
    EXPECT_EQ(compare(around(95), {}, half_point).verdict, Verdict::no_reference);
    EXPECT_EQ(compare(around(95), {}, half_point).reason, "no reference");
}

TEST(Compare, AbsenceIsMissingWithItsReason) {
    EXPECT_EQ(compare({}, around(95), half_point).verdict, Verdict::missing);
    EXPECT_EQ(compare({}, around(95), half_point).reason, "no result");
    EXPECT_EQ(compare(make_sample({}), around(95), half_point).reason, "no result");
    EXPECT_EQ(compare({}, {}, half_point).verdict, Verdict::missing);
    EXPECT_EQ(compare({}, {}, half_point).reason, "no result and no reference");
}

TEST(Compare, OneRunIsInconclusiveWithItsDifferenceAndNoP) {
    const CellComparison cell = compare(make_sample(std::vector{94.0}), around(95), half_point);

    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
    EXPECT_THAT(cell.reason, HasSubstr("n = 1 on our side"));
    EXPECT_DOUBLE_EQ(cell.difference.value(), -1.0);
    EXPECT_FALSE(cell.p_different.has_value());
    EXPECT_FALSE(cell.p_equivalent.has_value());
    EXPECT_FALSE(cell.ci95.has_value());
}

TEST(Compare, ConstantsOnBothSidesAreDifferentWhenTheyDifferByMoreThanTheMargin) {
    const CellComparison cell =
        compare(make_sample(std::vector{100.0, 100.0}), summary_sample(99, 0, 5), half_point);

    EXPECT_EQ(cell.verdict, Verdict::different);
    EXPECT_EQ(cell.test, CellTest::constants);
    EXPECT_THAT(cell.reason, HasSubstr("the constants differ by 1, more than the margin 0.5"));
    EXPECT_DOUBLE_EQ(cell.difference.value(), 1.0);
    EXPECT_FALSE(cell.p_different.has_value());
}

TEST(Compare, ConstantsWithinTheMarginAreInconclusive) {
    const auto verdict = [](double reference, double half_width) {
        return compare(make_sample(std::vector{100.0, 100.0}), summary_sample(reference, 0, 5),
                       {.declared = 0.5, .rounding_half_width = half_width})
            .verdict;
    };
    EXPECT_EQ(verdict(100.0, 0), Verdict::inconclusive);
    EXPECT_EQ(verdict(99.5, 0), Verdict::inconclusive);
    EXPECT_EQ(verdict(99.4, 0), Verdict::different);
    EXPECT_EQ(verdict(99.4, 0.25), Verdict::inconclusive);
}

TEST(Compare, ConstantsOfParentsThatVaryAreNotDifferent) {
    CellInput input{.ours = make_sample(std::vector{100.0, 100.0}),
                    .reference = summary_sample(95, 0, 5),
                    .margin = half_point,
                    .parents = VarianceComponent{.variance = 9, .df = 3}};

    EXPECT_EQ(compare(input).verdict, Verdict::inconclusive);
    EXPECT_EQ(compare(input, {.counts_parents = false}).verdict, Verdict::different);
}

TEST(Compare, ADifferenceThatRoundingCouldMakeIsNone) {
    // Interval 0.4 .. 0.8 of a difference from a mean that was printed in steps of one.
    const auto unresolved = [](double half_width) {
        return compare(around(95.6), around(95.0), {.declared = 0.5, .rounding_half_width = half_width})
            .differs_size_unresolved;
    };
    EXPECT_TRUE(unresolved(0.05));
    EXPECT_FALSE(unresolved(0.5));
}

TEST(JudgeFamily, CorrectsOverTheCellsThatHaveAPAndJudgesAgain) {
    // p = .03 alone; with nine cells without any difference, Benjamini–Hochberg makes it .3.
    std::vector<CellComparison> cells{
        compare(summary_sample(95, 1, 5), summary_sample(96.9, 1, 5), half_point),
        compare({}, around(95), half_point)};
    for (int i = 0; i < 9; ++i)
        cells.push_back(compare(summary_sample(95, 1, 5), summary_sample(95.1, 1, 5), half_point));
    ASSERT_EQ(cells[0].verdict, Verdict::different);

    judge_family(cells);

    EXPECT_EQ(cells[0].verdict, Verdict::inconclusive);
    EXPECT_THAT(cells[0].reason, HasSubstr("after correction"));
    EXPECT_EQ(cells[0].short_reason, "beyond the margin alone, but not after correction over all cells");
    EXPECT_NEAR(cells[0].p_different_adjusted.value(), 10 * cells[0].p_different.value(), 1e-12);
    EXPECT_FALSE(cells[1].p_different_adjusted.has_value());
    EXPECT_EQ(cells[1].verdict, Verdict::missing);
}

TEST(JudgeFamily, EquivalentCellsEnterWithPOne) {
    // Two cells whose means differ within the margin; one whose difference survives no correction over three.
    const Rules old{.different_beyond_margin = false, .equivalents_at_one = false};
    const Rules with_one{.different_beyond_margin = false};
    const auto judged = [](const Rules& rules) {
        std::vector<CellComparison> cells{
            compare(summary_sample(95, 1, 5), summary_sample(96.65, 1, 5), half_point, rules),
            compare(around(95), around(95.25), half_point, rules),
            compare(around(95), around(95.25), half_point, rules)};
        judge_family(cells, rules);
        return cells;
    };

    EXPECT_EQ(judged(old)[0].verdict, Verdict::different);
    EXPECT_EQ(judged(with_one)[0].verdict, Verdict::inconclusive);
    EXPECT_NEAR(judged(with_one)[0].p_different_adjusted.value(), 3 * judged(with_one)[0].p_different.value(),
                1e-12);
    EXPECT_EQ(judged(with_one)[1].verdict, Verdict::equivalent);
    EXPECT_EQ(judged(with_one)[1].p_different_adjusted, 1.0);
}

TEST(JudgeFamily, StrongDifferencesAndEquivalencesStay) {
    std::vector<CellComparison> cells{compare(around(95), around(99), half_point),
                                      compare(around(95), around(95), half_point)};
    judge_family(cells);

    EXPECT_EQ(cells[0].verdict, Verdict::different);
    EXPECT_EQ(cells[1].verdict, Verdict::equivalent);
}

TEST(JudgeFamily, WithoutAnyTestChangesNothing) {
    std::vector<CellComparison> cells{compare({}, around(95), half_point)};
    judge_family(cells);
    EXPECT_EQ(cells[0].reason, "no result");
}

TEST(VerdictWords, RoundTrip) {
    for (const Verdict verdict : {Verdict::identical, Verdict::equivalent, Verdict::different,
                                  Verdict::inconclusive, Verdict::missing, Verdict::no_reference})
        EXPECT_EQ(verdict_from_string(to_string(verdict)), verdict);
    EXPECT_EQ(to_string(Verdict::inconclusive), "inconclusive");
    EXPECT_THROW((void)verdict_from_string("same"), std::invalid_argument);
}

TEST(CompareBadInput, IsNamed) {
    const std::string message = golden::usage_message(
        [] { (void)compare(make_sample(std::vector{std::nan("")}), summary_sample(95, -1, 5), Margin{}); });
    EXPECT_THAT(message, HasSubstr("ours[0]: found nan"));
    EXPECT_THAT(message, HasSubstr("reference sd: found negative sd"));
    EXPECT_THAT(message, HasSubstr("margin: found 0"));
}

} // namespace
} // namespace metrics
