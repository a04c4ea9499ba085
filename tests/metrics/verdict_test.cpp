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
    EXPECT_EQ(cell.p_different, welch(around(95.0), around(95.05)).p);
    EXPECT_EQ(cell.p_equivalent, tost(around(95.0), around(95.05), 0.5).p);
}

TEST(Compare, ASignificantDifferenceInsideTheMarginIsEquivalentAndSaysSo) {
    const CellComparison cell = compare(around(95.0), around(95.25), half_point);

    ASSERT_LT(cell.p_different.value(), 0.05);
    EXPECT_EQ(cell.verdict, Verdict::equivalent);
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
    EXPECT_THAT(cell.reason, HasSubstr("neither a difference"));
}

TEST(Compare, TheRoundingOfPrintedReferencesWidensTheMargin) {
    const CellComparison cell =
        compare(around(95), around(95), {.declared = 0.5, .rounding_half_width = 0.005});

    EXPECT_DOUBLE_EQ(cell.margin, 0.505);
    EXPECT_EQ(cell.p_equivalent, tost(around(95), around(95), 0.505).p);
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

TEST(Compare, NoVarianceOnBothSidesIsInconclusive) {
    const CellComparison cell =
        compare(make_sample(std::vector{100.0, 100.0}), summary_sample(99, 0, 5), half_point);

    EXPECT_EQ(cell.verdict, Verdict::inconclusive);
    EXPECT_THAT(cell.reason, HasSubstr("zero variance on both sides"));
    EXPECT_DOUBLE_EQ(cell.difference.value(), 1.0);
    EXPECT_FALSE(cell.p_different.has_value());
}

TEST(JudgeFamily, CorrectsOverTheCellsThatHaveAPAndJudgesAgain) {
    // p = .03 alone; with nine cells without any difference, Benjamini–Hochberg makes it .3.
    std::vector<CellComparison> cells{
        compare(summary_sample(95, 1, 5), summary_sample(96.7, 1, 5), half_point),
        compare({}, around(95), half_point)};
    for (int i = 0; i < 9; ++i)
        cells.push_back(compare(summary_sample(95, 1, 5), summary_sample(95.1, 1, 5), half_point));
    ASSERT_EQ(cells[0].verdict, Verdict::different);

    judge_family(cells);

    EXPECT_EQ(cells[0].verdict, Verdict::inconclusive);
    EXPECT_THAT(cells[0].reason, HasSubstr("after correction"));
    EXPECT_EQ(cells[0].short_reason, "neither a difference nor equivalence within the margin is shown");
    EXPECT_NEAR(cells[0].p_different_adjusted.value(), 10 * cells[0].p_different.value(), 1e-12);
    EXPECT_FALSE(cells[1].p_different_adjusted.has_value());
    EXPECT_EQ(cells[1].verdict, Verdict::missing);
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
