#include "metrics/t_tests.hpp"

#include <limits>

#include "metrics/student_t.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using golden::expect_close;
using golden::usage_message;
using testing::HasSubstr;

constexpr double tight = 1e-12;

void expect_test(const TTest& test, const nlohmann::json& expected, double relative,
                 const std::string& name) {
    expect_close(test.difference, expected["difference"], relative, name + " difference");
    expect_close(test.t, expected["t"], relative, name + " t");
    expect_close(test.df, expected["df"], relative, name + " df");
    expect_close(test.p, expected["p"], relative, name + " p");
    expect_close(test.p_greater, expected["p_greater"], relative, name + " p_greater");
    expect_close(test.p_less, expected["p_less"], relative, name + " p_less");
    const double width = expected["ci95"][1].get<double>() - expected["ci95"][0].get<double>();
    EXPECT_NEAR(test.ci95.low, expected["ci95"][0], relative * width) << name;
    EXPECT_NEAR(test.ci95.high, expected["ci95"][1], relative * width) << name;
}

void expect_tost(const Tost& test, const nlohmann::json& expected, double relative) {
    expect_close(test.p_lower, expected["p_lower"], relative, "p_lower");
    expect_close(test.p_upper, expected["p_upper"], relative, "p_upper");
    expect_close(test.p, expected["p"], relative, "tost p");
    EXPECT_EQ(test.equivalent, expected["p"].get<double>() < 0.05);
}

Sample summary_from(const nlohmann::json& triple) {
    return summary_sample(triple[0], triple[1], triple[2]);
}

TEST(TTests, RawCasesAgreeWithExtendedPrecisionFarIntoTheTails) {
    double smallest_p = 1;
    const auto file = golden::read("t_tests.json");
    ASSERT_GE(file["raw"].size(), 50U);
    for (const auto& expected : file["raw"]) {
        const auto a = expected["a"].get<std::vector<double>>();
        const auto b = expected["b"].get<std::vector<double>>();
        const Sample sample_a = make_sample(a);
        const Sample sample_b = make_sample(b);

        expect_test(welch(sample_a, sample_b), expected["welch"], tight, "welch");
        expect_test(pooled(sample_a, sample_b), expected["pooled"], tight, "pooled");
        if (expected.contains("paired"))
            expect_test(paired(a, b), expected["paired"], tight, "paired");
        expect_tost(tost(sample_a, sample_b, expected["tost"]["margin"]), expected["tost"], tight);
        if (const double p = welch(sample_a, sample_b).p; p > 0)
            smallest_p = std::min(smallest_p, p);
    }
    EXPECT_LT(smallest_p, 1e-200);
}

TEST(TTests, SummariesGiveTheSameTestAsTheirValuesWould) {
    for (const auto& expected : golden::read("t_tests.json", "summaries")) {
        const Sample a = summary_from(expected["a"]);
        const Sample b = summary_from(expected["b"]);

        expect_test(welch(a, b), expected["welch"], tight, "welch");
        expect_tost(tost(a, b, expected["tost"]["margin"]), expected["tost"], tight);
    }
}

TEST(TTests, RawAgainstSummaryEqualsSummaryAgainstSummary) {
    const Sample raw = make_sample(std::vector{70.1, 70.9, 71.3, 69.8});
    const Sample summary = summary_sample(raw.mean, *raw.sd, raw.n);
    const Sample other = summary_sample(72.0, 0.4, 5);

    expect_close(welch(raw, other).p, welch(summary, other).p, 1e-10, "p");
}

TEST(TTests, UpperTailsKeepTheirRelativeAccuracy) {
    for (const auto& tail : golden::read("t_tests.json", "upper_tails"))
        expect_close(
            static_cast<double>(student_t_upper_tail(tail["t"].get<double>(), tail["df"].get<double>())),
            tail["p"], tail["df"].get<double>() < 1000 ? 1e-14 : 1e-11,
            "tail at t = " + tail["t"].dump() + ", df = " + tail["df"].dump());
}

TEST(TTests, CriticalValues) {
    for (const auto& entry : golden::read("t_tests.json", "criticals"))
        expect_close(static_cast<double>(student_t_critical(entry["df"].get<double>(), 0.05L)),
                     entry["critical"], tight, "critical value at df = " + entry["df"].dump());
}

TEST(TTests, ShiftedTestsAgainstAnotherNullDifference) {
    const Sample a = make_sample(std::vector{3.0, 4.0, 5.5});
    const Sample b = make_sample(std::vector{1.0, 2.5, 2.0});
    const Tost both_sides = tost(a, b, 0.75);

    const TTest above = shifted(welch(a, b), -0.75);
    const TTest below = shifted(welch(a, b), 0.75);

    expect_close(above.p_greater, both_sides.p_lower, 1e-10, "p_lower");
    expect_close(below.p_less, both_sides.p_upper, 1e-10, "p_upper");
}

TEST(WithAddedVariance, OneSampleWithTheOtherSidesVarianceIsWelchsTest) {
    const Sample a = summary_sample(3.0, 1.2, 5);
    const Sample b = summary_sample(1.0, 0.7, 8);

    const TTest test = with_added_variance(one_sample(a, b.mean), {.variance = 0.7 * 0.7 / 8, .df = 7});

    const TTest expected = welch(a, b);
    EXPECT_NEAR(test.standard_error, expected.standard_error, tight);
    EXPECT_NEAR(test.df, expected.df, tight);
    EXPECT_NEAR(test.p, expected.p, tight);
    EXPECT_NEAR(test.ci95.low, expected.ci95.low, tight);
    EXPECT_NEAR(test.ci95.high, expected.ci95.high, tight);
}

TEST(WithAddedVariance, NothingAddedChangesNothing) {
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(1, 1, 5));
    EXPECT_EQ(with_added_variance(test, {.variance = 0, .df = 3}).p, test.p);
}

TEST(WithAddedVariance, RefusesANegativeVarianceAndNoDegreesOfFreedom) {
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(1, 1, 5));
    const std::string message =
        usage_message([&] { (void)with_added_variance(test, {.variance = -1, .df = 0}); });
    EXPECT_THAT(message, HasSubstr("added variance: found -1"));
    EXPECT_THAT(message, HasSubstr("added variance's df: found 0"));
}

TEST(PWithin, IsTostsP) {
    const Sample a = summary_sample(3.0, 1.2, 5);
    for (const double mean : {2.2, 3.1, 4.5}) {
        const Sample b = summary_sample(mean, 0.7, 8);
        EXPECT_NEAR(p_within(welch(a, b), 1.5), tost(a, b, 1.5).p, tight) << mean;
    }
    EXPECT_EQ(p_within(welch(a, summary_sample(3, 1, 5)), 0), 1);
}

TEST(PBeyond, WithoutAMarginIsTheTwoSidedP) {
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(2, 1, 5));
    EXPECT_NEAR(p_beyond(test, 0), test.p, tight);
}

TEST(PBeyond, FarFromZeroIsTheOneSidedTestAgainstTheNearerEdge) {
    const TTest test = welch(summary_sample(30, 1, 50), summary_sample(20, 1, 50));
    const TTest mirrored = welch(summary_sample(20, 1, 50), summary_sample(30, 1, 50));

    EXPECT_NEAR(p_beyond(test, 9.8), shifted(test, 9.8).p_greater, 1e-10);
    EXPECT_NEAR(p_beyond(mirrored, 9.8), shifted(test, 9.8).p_greater, 1e-10);
}

TEST(PBeyond, IsTheChanceOfALargerDifferenceWhenTheTrueOneIsTheMargin) {
    const TTest test = welch(summary_sample(3, 1, 5), summary_sample(2, 1, 5));
    // SciPy: t.sf(0.5 / se, 8) + t.sf(1.5 / se, 8), se = sqrt(2 / 5).
    EXPECT_NEAR(p_beyond(test, 0.5), 0.2485590799075988, 1e-12);
    EXPECT_EQ(p_beyond(welch(summary_sample(2, 1, 5), summary_sample(2, 1, 5)), 0), 1);
}

TEST(TTestsBadInput, OneValueIsNamed) {
    const Sample one = make_sample(std::vector{1.0});
    const Sample three = make_sample(std::vector{1.0, 2.0, 4.0});
    EXPECT_THAT(usage_message([&] { (void)welch(one, three); }),
                HasSubstr("a: found n = 1, expected n of 2"));
    EXPECT_THAT(usage_message([&] { (void)welch(three, make_sample({})); }), HasSubstr("b: found n = 0"));
    EXPECT_THAT(usage_message([&] { (void)tost(one, one, 0.5); }), HasSubstr("b: found n = 1"));
}

TEST(TTestsBadInput, AllFaultsComeAtOnce) {
    const Sample bad = make_sample(std::vector{1.0, std::nan(""), std::numeric_limits<double>::infinity()});
    const std::string message = usage_message([&] { (void)tost(bad, summary_sample(1, -0.1, 4), 0); });
    EXPECT_THAT(message, HasSubstr("a[1]: found nan"));
    EXPECT_THAT(message, HasSubstr("a[2]: found inf"));
    EXPECT_THAT(message, HasSubstr("b sd: found negative sd -0.1"));
    EXPECT_THAT(message, HasSubstr("margin: found 0"));
}

TEST(TTestsBadInput, ZeroVarianceOnBothSidesIsNoTest) {
    // 0.1 + 0.1 + 0.1 is not 3 × 0.1: a careless mean would leave a variance of 1e-34.
    const Sample constant = make_sample(std::vector{0.1, 0.1, 0.1});
    EXPECT_THAT(usage_message([&] { (void)welch(constant, summary_sample(2, 0, 5)); }),
                HasSubstr("zero variance on both sides"));
    EXPECT_THAT(usage_message([&] { (void)tost(constant, constant, 1.0); }), HasSubstr("zero variance"));
    EXPECT_THAT(usage_message([&] { (void)one_sample(constant, 0.2); }),
                HasSubstr("no t test exists for a constant sample"));
}

TEST(TTestsBadInput, DifferencesThatVaryOnlyByRoundingHaveNoVariance) {
    const std::vector<double> a{1.1, 2.3, 3.4};
    const std::vector<double> b{1.0, 2.2, 3.3};
    ASSERT_NE(a[0] - b[0], a[1] - b[1]);
    EXPECT_THAT(usage_message([&] { (void)paired(a, b); }), HasSubstr("zero variance of the differences"));
}

TEST(TTestsBadInput, PairsOfUnequalLengthAreNamed) {
    EXPECT_THAT(usage_message([] {
                    (void)paired(std::vector{1.0, 2.0, 4.0}, std::vector{1.0, 3.0});
                }),
                HasSubstr("found 3 and 2 values, expected pairs of equal length"));
}

TEST(TTestsBadInput, ANumberOutsideDoubleIsNotPrintedAsInfinity) {
    EXPECT_THAT(usage_message([] { (void)welch(summary_sample(1e308, 1, 3), summary_sample(-1e308, 1, 3)); }),
                HasSubstr("range of double"));
}

TEST(OneSample, EqualsThePairedTestAgainstAConstant) {
    const std::vector<double> values{1.0, 2.5, 3.0, 4.5};
    const std::vector<double> constant(4, 2.0);

    const TTest test = one_sample(make_sample(values), 2.0);

    const TTest same = paired(values, constant);
    EXPECT_NEAR(test.t, same.t, 1e-14);
    EXPECT_EQ(test.df, 3.0);
    EXPECT_NEAR(test.p_greater, same.p_greater, 1e-14);
    EXPECT_DOUBLE_EQ(test.difference, 0.75);
}

TEST(OneSample, RefusesConstantSamplesAndBoundsThatAreNotFinite) {
    const std::vector<double> constant(4, 2.0);
    EXPECT_THROW(static_cast<void>(one_sample(make_sample(constant), 1.0)), suite::Error);
    EXPECT_THROW(static_cast<void>(one_sample(summary_sample(1, 1, 5), INFINITY)), suite::Error);
}

} // namespace
} // namespace metrics
