#include "metrics/claims.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Sample around(double mean, double sd = 0.1) {
    return summary_sample(mean, sd, 5);
}

ClaimTerm greater(std::optional<Sample> a, std::optional<Sample> b) {
    return {.label = "a > b", .a = std::move(a), .b = std::move(b)};
}
const ClaimTerm true_term = greater(around(90), around(80));
const ClaimTerm false_term = greater(around(80), around(90));
const ClaimTerm open_term = greater(around(80, 3), around(80, 3));
const ClaimTerm missing_term = greater(around(80), std::nullopt);

ClaimVerdict verdict_of(ClaimRule rule, std::vector<ClaimTerm> terms, std::size_t at_least = 1) {
    return judge_claim({.rule = rule, .at_least = at_least, .terms = std::move(terms)}).verdict;
}

TEST(JudgeClaim, AllNeedsEveryTerm) {
    EXPECT_EQ(verdict_of(ClaimRule::all, {true_term, true_term}), ClaimVerdict::holds);
    EXPECT_EQ(verdict_of(ClaimRule::all, {true_term, false_term, missing_term}), ClaimVerdict::fails);
    EXPECT_EQ(verdict_of(ClaimRule::all, {true_term, open_term}), ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict_of(ClaimRule::all, {true_term, open_term, missing_term}), ClaimVerdict::missing);
}

TEST(JudgeClaim, AnyNeedsOneTerm) {
    EXPECT_EQ(verdict_of(ClaimRule::any, {false_term, missing_term, true_term}), ClaimVerdict::holds);
    EXPECT_EQ(verdict_of(ClaimRule::any, {false_term, false_term}), ClaimVerdict::fails);
    EXPECT_EQ(verdict_of(ClaimRule::any, {false_term, open_term}), ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict_of(ClaimRule::any, {false_term, missing_term}), ClaimVerdict::missing);
}

TEST(JudgeClaim, AtLeastKCountsTerms) {
    EXPECT_EQ(verdict_of(ClaimRule::at_least, {true_term, true_term, false_term}, 2), ClaimVerdict::holds);
    EXPECT_EQ(verdict_of(ClaimRule::at_least, {true_term, false_term, false_term}, 2), ClaimVerdict::fails);
    EXPECT_EQ(verdict_of(ClaimRule::at_least, {true_term, open_term, false_term}, 2),
              ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict_of(ClaimRule::at_least, {true_term, missing_term, false_term}, 2),
              ClaimVerdict::missing);
}

TEST(JudgeClaim, ABoundIsAOneSampleTest) {
    const ClaimTerm above{.label = "a > 60", .kind = TermKind::above, .a = around(60.2), .bound = 60};
    const TermResult result = judge_claim({.terms = {above}}).terms[0];

    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_DOUBLE_EQ(result.difference.value(), 60.2 - 60.0);
    EXPECT_DOUBLE_EQ(result.p_favour.value(), one_sample(around(60.2), 60).p_greater);
    EXPECT_EQ(verdict_of(ClaimRule::all, {{.kind = TermKind::below, .a = around(60.2), .bound = 60}}),
              ClaimVerdict::fails);
    EXPECT_EQ(verdict_of(ClaimRule::all, {{.kind = TermKind::below, .a = around(59), .bound = 60}}),
              ClaimVerdict::holds);
    EXPECT_EQ(verdict_of(ClaimRule::all, {{.kind = TermKind::above, .bound = 60}}), ClaimVerdict::missing);
}

TEST(JudgeClaim, ABoundOnAConstantSampleIsNotTested) {
    const ClaimResult result =
        judge_claim({.terms = {{.kind = TermKind::above, .a = around(70, 0), .bound = 60}}});

    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(result.terms[0].reason, HasSubstr("zero variance"));
}

TEST(JudgeClaim, ADifferenceBelowTheWantedSdsFails) {
    ClaimTerm term = greater(around(81.5, 1), around(80, 1)); // significant (t = 2.4), 1.5 pooled sds
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);

    term.by_sds = 2.0;
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::fails);

    term.by_sds = 1.4;
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);
}

TEST(JudgeClaim, NotWorseAllowsTheMargin) {
    ClaimTerm term = greater(around(79.8), around(80));
    EXPECT_NE(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);

    term.kind = TermKind::not_worse;
    term.margin = 0.5;
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);
    const ClaimResult result = judge_claim({.terms = {term}});
    const double p_lower = tost(*term.a, *term.b, 0.5).p_lower;
    EXPECT_NEAR(result.terms[0].p_favour.value(), p_lower, 1e-14 * p_lower);

    term.a = around(78);
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::fails);
}

TEST(JudgeClaim, HolmCountsEveryTermOfTheClaim) {
    // One-sided p = .03: enough alone, not as one of two, and no more when the other is missing.
    const ClaimTerm weak = greater(around(80, 1.3), around(78.2, 1.3));
    const ClaimResult alone = judge_claim({.terms = {weak}});
    ASSERT_GT(alone.terms[0].p_favour.value(), 0.026);
    ASSERT_LT(alone.terms[0].p_favour.value(), 0.049);

    const ClaimResult of_two = judge_claim({.rule = ClaimRule::any, .terms = {weak, open_term}});
    const ClaimResult with_missing = judge_claim({.rule = ClaimRule::any, .terms = {weak, missing_term}});

    EXPECT_EQ(alone.verdict, ClaimVerdict::holds);
    EXPECT_EQ(of_two.verdict, ClaimVerdict::inconclusive);
    EXPECT_DOUBLE_EQ(of_two.terms[0].p_favour_adjusted.value(), 2 * of_two.terms[0].p_favour.value());
    EXPECT_EQ(with_missing.verdict, ClaimVerdict::missing);
}

TEST(JudgeClaim, FewerThanThreeValuesAreNotJudged) {
    const ClaimResult result = judge_claim({.terms = {greater(summary_sample(90, 0.1, 2), around(80))}});

    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(result.terms[0].reason, HasSubstr("a claim needs 3 values"));
    EXPECT_DOUBLE_EQ(result.terms[0].difference.value(), 10.0);
    EXPECT_FALSE(result.terms[0].p_favour.has_value());
    EXPECT_EQ(result.robustness, "not judged");
    EXPECT_EQ(judge_claim({.terms = {greater(make_sample(std::vector{90.0}), around(80))}}).verdict,
              ClaimVerdict::inconclusive);
}

TEST(JudgeClaim, ConstantCellsAreNotJudged) {
    const ClaimResult result = judge_claim({.terms = {greater(around(90, 0), around(80, 0))}});
    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(result.terms[0].reason, HasSubstr("zero variance"));
}

TEST(JudgeClaim, SharedSeedsAreTestedAsPairs) {
    // A common seed effect of ±10 hides a difference of about 1 from Welch, not from the pairs.
    const std::vector<double> b{60, 70, 80, 65, 75};
    const std::vector<double> a{61.1, 70.9, 81.0, 66.2, 75.8};
    ClaimTerm term = greater(make_sample(a), make_sample(b));
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::inconclusive);

    term.paired_by_seed = true;
    const ClaimResult result = judge_claim({.terms = {term}});

    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_DOUBLE_EQ(result.terms[0].p_favour.value(), paired(a, b).p_greater);
    EXPECT_EQ(result.robustness, "fragile: seeds unpaired → inconclusive");
    EXPECT_EQ(result.grade, metrics::ClaimGrade::fragile);
}

TEST(Grade, IsRobustFragileOrNotSupported) {
    const auto grade = [](double difference) { // sd 0.16 on both sides, n = 5: Welch's t is 10 times this
        std::vector<double> a;
        for (const double value : {80.1, 80.2, 79.9, 80.0, 80.3})
            a.push_back(value + difference);
        return judge_claim({.terms = {greater(make_sample(a),
                                              make_sample(std::vector{80.1, 80.2, 79.9, 80.0, 80.3}))}})
            .grade;
    };

    EXPECT_EQ(grade(1.0), metrics::ClaimGrade::robust);
    EXPECT_EQ(grade(0.2), metrics::ClaimGrade::fragile); // t = 2: one-sided yes, two-sided no
    EXPECT_EQ(grade(-1.0), metrics::ClaimGrade::not_supported);
    EXPECT_EQ(judge_claim({.terms = {greater(std::nullopt, around(80))}}).grade,
              metrics::ClaimGrade::not_judged);
}

TEST(Robustness, AStrongVerdictIsRobust) {
    const Claim claim{.terms = {greater(make_sample(std::vector{90.1, 90.2, 89.9, 90.0, 90.3}),
                                        make_sample(std::vector{80.1, 80.2, 79.9, 80.0, 80.3}))}};
    EXPECT_EQ(judge_claim(claim).robustness, "robust");
}

TEST(Robustness, NamesTheCorrectionThatAVerdictHangsOn) {
    const ClaimTerm weak = greater(around(80, 1.3), around(78.2, 1.3));
    const ClaimResult result = judge_claim({.rule = ClaimRule::any, .terms = {weak, open_term}});
    EXPECT_EQ(result.robustness, "fragile: no Holm correction → holds");
}

TEST(Robustness, NamesTheVarianceModelThatAVerdictHangsOn) {
    // Few noisy values against many quiet ones: pooling hides the noise.
    const ClaimTerm term = greater(summary_sample(81.5, 2, 3), summary_sample(80, 0.2, 40));
    const ClaimResult result = judge_claim({.terms = {term}});
    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(result.robustness, "fragile: pooled variance → holds");
}

TEST(Robustness, NamesTheSeedThatAVerdictHangsOn) {
    const Claim claim{.terms = {greater(make_sample(std::vector{81.0, 81.1, 80.9, 81.0, 77.0}), around(80))}};
    const ClaimResult result = judge_claim(claim);
    ASSERT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(result.robustness, "fragile: seed position 4 left out → holds");
}

TEST(Evidence, OneLineATermWithNumbersAndReason) {
    const ClaimResult result = judge_claim({.rule = ClaimRule::any, .terms = {true_term, missing_term}});
    ASSERT_EQ(result.evidence.size(), 2U);
    EXPECT_THAT(result.evidence[0], StartsWith("a > b: 90.00 ± 0.10 (n = 5) against 80.00 ± 0.10 (n = 5), "
                                               "difference +10.00, p = "));
    EXPECT_THAT(result.evidence[0], testing::EndsWith(": holds"));
    EXPECT_EQ(result.evidence[1], "a > b: 80.00 ± 0.10 (n = 5) against missing: missing (b is missing)");
}

TEST(ClaimBadInput, AllFaultsAtOnce) {
    ClaimTerm no_margin = true_term;
    no_margin.kind = TermKind::not_worse;
    const std::string message = golden::usage_message([&] {
        (void)judge_claim({.rule = ClaimRule::at_least,
                           .at_least = 5,
                           .terms = {no_margin, greater(around(90, -1), around(80))}});
    });
    EXPECT_THAT(message, HasSubstr("at least 5 of 2 terms"));
    EXPECT_THAT(message, HasSubstr("margin 0"));
    EXPECT_THAT(message, HasSubstr("negative sd"));
    EXPECT_THAT(golden::usage_message([] { (void)judge_claim({}); }), HasSubstr("no terms"));
}

} // namespace
} // namespace metrics
