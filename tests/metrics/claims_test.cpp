#include "metrics/claims.hpp"

#include <cmath>
#include <random>

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Sample around(double mean, double sd = 0.1) {
    return summary_sample(mean, sd, 5);
}

ClaimCell cell(std::optional<Sample> sample) {
    return {.sample = sample.value_or(Sample{})};
}
ClaimTerm greater(std::optional<Sample> a, std::optional<Sample> b) {
    return {.label = "a > b", .a = {cell(std::move(a))}, .b = cell(std::move(b))};
}
ClaimTerm against_bound(TermKind kind, std::vector<Sample> cells, double bound) {
    ClaimTerm term{.label = "a against a bound", .kind = kind, .bound = bound};
    for (Sample& sample : cells)
        term.a.push_back(cell(std::move(sample)));
    return term;
}
const ClaimTerm true_term = greater(around(90), around(80));
const ClaimTerm false_term = greater(around(80), around(90));
const ClaimTerm open_term = greater(around(80, 3), around(80, 3));
const ClaimTerm missing_term = greater(around(80), std::nullopt);

ClaimVerdict verdict_of(ClaimRule rule, std::vector<ClaimTerm> terms, std::size_t at_least = 1) {
    return judge_claim({.rule = rule, .at_least = at_least, .terms = std::move(terms)}).verdict;
}

TEST(JudgeClaim, KnowsTheFewestValuesOfItsCells) {
    const ClaimTerm term = greater(summary_sample(90, 1, 5), summary_sample(80, 1, 3));

    EXPECT_EQ(judge_claim({.rule = ClaimRule::all, .terms = {term}}).fewest_values, 3U);
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
    const ClaimTerm above = against_bound(TermKind::above, {around(60.2)}, 60);
    const TermResult result = judge_claim({.terms = {above}}).terms[0];

    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_DOUBLE_EQ(result.difference.value(), 60.2 - 60.0);
    EXPECT_DOUBLE_EQ(result.p_favour.value(), one_sample(around(60.2), 60).p_greater);
    EXPECT_EQ(verdict_of(ClaimRule::all, {against_bound(TermKind::below, {around(60.2)}, 60)}),
              ClaimVerdict::fails);
    EXPECT_EQ(verdict_of(ClaimRule::all, {against_bound(TermKind::below, {around(59)}, 60)}),
              ClaimVerdict::holds);
    EXPECT_EQ(verdict_of(ClaimRule::all, {against_bound(TermKind::above, {}, 60)}), ClaimVerdict::missing);
}

TEST(JudgeClaim, ABoundOnAConstantSampleIsNotTested) {
    const ClaimResult result = judge_claim({.terms = {against_bound(TermKind::above, {around(70, 0)}, 60)}});

    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(result.terms[0].reason, HasSubstr("zero variance"));
}

TEST(JudgeClaim, WantedSdsAreTestedAndNotComparedWithThoseSeen) {
    ClaimTerm term = greater(around(81.5, 1), around(80, 1)); // significant (t = 2.4), 1.5 pooled sds
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);

    term.by_sds = 1.4; // seen above it, not shown
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::inconclusive);
    term.by_sds = 2.0; // seen below it, not shown
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::inconclusive);
    term.by_sds = 4.0;
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::fails);
    term = greater(around(90, 1), around(80, 1));
    term.by_sds = 2.0;
    const ClaimResult result = judge_claim({.terms = {term}});
    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_EQ(result.terms[0].test, "noncentral t");
    EXPECT_DOUBLE_EQ(result.terms[0].effect.value(), 8.0) << "10 points less two sds";
}

TEST(JudgeClaim, NotWorseAllowsTheMargin) {
    ClaimTerm term = greater(around(79.8), around(80));
    EXPECT_NE(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);

    term.kind = TermKind::not_worse;
    term.margin = 0.5;
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::holds);
    const ClaimResult result = judge_claim({.terms = {term}});
    const double p_lower = tost(term.a[0].sample, term.b.sample, 0.5).p_lower;
    EXPECT_NEAR(result.terms[0].p_favour.value(), p_lower, 1e-14 * p_lower);

    term.a = {cell(around(78))};
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::fails);
}

TEST(JudgeClaim, HolmCountsEveryTermOfAClaimThatOneTermDecides) {
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
    EXPECT_EQ(result.terms[0].test, "paired by seed, n = 5");
    EXPECT_EQ(result.robustness, "fragile: depends on seeds unpaired → inconclusive");
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
    EXPECT_EQ(judge_claim({.terms = {true_term}}).grade, metrics::ClaimGrade::robust_printed);
    EXPECT_EQ(judge_claim({.terms = {true_term}}).robustness, "robust (printed values)");
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
    const ClaimTerm weak = greater(around(80, 1.1), around(78.2, 1.1)); // p = .016, twice that after Holm
    const ClaimResult result = judge_claim({.terms = {weak, weak, weak, weak}});
    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_EQ(result.robustness, "fragile: depends on Holm correction over all terms → inconclusive");
}

TEST(Robustness, NamesTheVarianceModelThatAVerdictHangsOn) {
    // Few noisy values against many quiet ones: pooling hides the noise.
    const ClaimTerm term = greater(summary_sample(81.5, 2, 3), summary_sample(80, 0.2, 40));
    const ClaimResult result = judge_claim({.terms = {term}});
    EXPECT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(result.robustness, "fragile: depends on pooled variance → holds");
}

TEST(Robustness, NamesTheSeedThatAVerdictHangsOn) {
    const Claim claim{.terms = {greater(make_sample(std::vector{81.0, 81.1, 80.9, 81.0, 77.0}), around(80))}};
    const ClaimResult result = judge_claim(claim);
    ASSERT_EQ(result.verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(result.robustness, "fragile: depends on seed 4 left out → holds");
}

TEST(Evidence, OneLineATermWithNumbersAndReason) {
    const ClaimResult result = judge_claim({.rule = ClaimRule::any, .terms = {true_term, missing_term}});
    ASSERT_EQ(result.evidence.size(), 2U);
    EXPECT_THAT(result.evidence[0], StartsWith("a > b: 90.00 ± 0.10 (n = 5) against 80.00 ± 0.10 (n = 5), "
                                               "difference +10.00, Welch, p = "));
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
    ClaimTerm odd_seeds = greater(make_sample(std::vector{1.0, 2.0, 3.0}), around(80));
    odd_seeds.a[0].seeds = {1};
    EXPECT_THAT(golden::usage_message([&] { (void)judge_claim({.terms = {odd_seeds}}); }),
                HasSubstr("1 seeds of 3 values"));
    EXPECT_THAT(golden::usage_message([] { (void)judge_claim({}); }), HasSubstr("no terms"));
}

// Benjamini and Heller (2008), their Bonferroni form: p = (n - m + 1) p_(m).
TEST(CombineTerms, NeedsMOfNByThePartialConjunctionTest) {
    const auto terms = [] {
        std::vector<TermResult> list;
        for (const double p : {.001, .012, .02, .3, .9})
            list.push_back({.verdict = ClaimVerdict::inconclusive, .p_favour = p, .p_against = 1 - p});
        return list;
    };
    std::vector<TermResult> all = terms();
    std::vector<TermResult> three = terms();
    std::vector<TermResult> two = terms();
    std::vector<TermResult> any = terms();

    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::all, 0, all).p_favour, .9);
    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::at_least, 3, three).p_favour, 3 * .02);
    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::at_least, 2, two).p_favour, 4 * .012);
    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::any, 0, any).p_favour, 5 * .001);
    EXPECT_DOUBLE_EQ(all[2].p_favour_adjusted.value(), .02) << "uncorrected";
    EXPECT_DOUBLE_EQ(three[1].p_favour_adjusted.value(), 3 * .012);
    EXPECT_DOUBLE_EQ(any[1].p_favour_adjusted.value(), 4 * .012) << "Holm's second step";
    EXPECT_DOUBLE_EQ(all[4].p_against_adjusted.value(), 5 * .1) << "one false term is enough to fail";
    EXPECT_NEAR(any[0].p_against_adjusted.value(), .999, 1e-12) << "all must be false to fail";
    EXPECT_EQ(combine_terms(ClaimRule::at_least, 2, two).verdict, ClaimVerdict::holds);
    EXPECT_EQ(combine_terms(ClaimRule::at_least, 3, three).verdict, ClaimVerdict::inconclusive);
}

TEST(CombineTerms, FailsWhenTooFewCanBeTrue) {
    const TermResult shown_false{.verdict = ClaimVerdict::inconclusive, .p_favour = .98, .p_against = .02};
    const TermResult open{.verdict = ClaimVerdict::inconclusive, .p_favour = .5, .p_against = .5};
    std::vector<TermResult> any{shown_false, shown_false, shown_false};
    std::vector<TermResult> two_of_four{shown_false, shown_false, shown_false, open};
    std::vector<TermResult> all_of_three{shown_false, open, open};

    EXPECT_EQ(combine_terms(ClaimRule::any, 0, any).verdict, ClaimVerdict::fails) << "each p < .05";
    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::at_least, 2, two_of_four).p_against, 2 * .02);
    EXPECT_EQ(two_of_four[3].verdict, ClaimVerdict::inconclusive);
    EXPECT_DOUBLE_EQ(combine_terms(ClaimRule::all, 0, all_of_three).p_against, 3 * .02);
}

TEST(CombineTerms, WithoutTheIntersectionRuleIsHolmOverAllTerms) {
    std::vector<TermResult> terms(8,
                                  {.verdict = ClaimVerdict::inconclusive, .p_favour = .01, .p_against = .99});

    EXPECT_EQ(combine_terms(ClaimRule::all, 0, terms).verdict, ClaimVerdict::holds);
    EXPECT_EQ(combine_terms(ClaimRule::all, 0, terms, {.all_of_is_intersection = false}).verdict,
              ClaimVerdict::inconclusive);
    EXPECT_DOUBLE_EQ(terms[0].p_favour_adjusted.value(), .08);
}

/// Shares of studies of 5 + 5 normal values a term, all terms true by two sds, in which "all of" holds.
struct Shares {
    double intersection = 0;
    double by_holm = 0;
};
Shares simulated(std::size_t terms, int studies) {
    std::mt19937_64 random(20261201);
    std::normal_distribution<double> normal;
    const auto five_values = [&](double mean) {
        std::vector<double> values(5);
        for (double& value : values)
            value = mean + normal(random);
        return make_sample(values);
    };
    Shares shares;
    for (int study = 0; study < studies; ++study) {
        std::vector<TermResult> results;
        for (std::size_t i = 0; i < terms; ++i) {
            const TTest test = welch(five_values(2), five_values(0));
            results.push_back({.verdict = ClaimVerdict::inconclusive,
                               .p_favour = test.p_greater,
                               .p_against = test.p_less});
        }
        const auto holds = [&](const Rules& rules) {
            return combine_terms(ClaimRule::all, 0, results, rules).verdict == ClaimVerdict::holds
                       ? 1.0 / studies
                       : 0.0;
        };
        shares.intersection += holds({});
        shares.by_holm += holds({.all_of_is_intersection = false});
    }
    return shares;
}

// SciPy, 20,000 studies: .364 against .222 of 8 terms, .085 against .0025 of 20.
TEST(CombineTerms, AllOfKeepsPowerThatHolmWouldSpend) {
    const Shares of_eight = simulated(8, 3000);
    const Shares of_twenty = simulated(20, 3000);

    EXPECT_NEAR(of_eight.intersection, 0.364, 0.03);
    EXPECT_NEAR(of_eight.by_holm, 0.222, 0.025);
    EXPECT_NEAR(of_twenty.intersection, 0.085, 0.017);
    EXPECT_NEAR(of_twenty.by_holm, 0.0025, 0.0025);
}

TEST(CombineTerms, UntestedTermsCountAsNotShown) {
    std::vector<TermResult> terms{
        {.verdict = ClaimVerdict::inconclusive, .p_favour = .001, .p_against = .999},
        {.verdict = ClaimVerdict::missing}};

    EXPECT_EQ(combine_terms(ClaimRule::all, 0, terms).verdict, ClaimVerdict::missing);
    EXPECT_EQ(terms[0].verdict, ClaimVerdict::holds);
    EXPECT_EQ(terms[1].verdict, ClaimVerdict::missing);
    EXPECT_EQ(combine_terms(ClaimRule::any, 0, terms).verdict, ClaimVerdict::holds);
}

TEST(AMaximum, IsAboveWhenOneCellIsAndNotAboveWhenAllAre) {
    const Sample high = around(60.2);
    const Sample low = around(50);
    const ClaimResult above = judge_claim({.terms = {against_bound(TermKind::above, {low, high, low}, 60)}});
    const ClaimResult below = judge_claim({.terms = {against_bound(TermKind::below, {low, high, low}, 60)}});
    const ClaimResult nowhere = judge_claim({.terms = {against_bound(TermKind::above, {low, low}, 60)}});

    const double p_high = one_sample(high, 60).p_greater;
    EXPECT_DOUBLE_EQ(above.terms[0].p_favour.value(), 3 * p_high);
    EXPECT_DOUBLE_EQ(above.terms[0].p_against.value(), one_sample(high, 60).p_less);
    EXPECT_EQ(above.verdict, ClaimVerdict::holds);
    EXPECT_EQ(below.verdict, ClaimVerdict::fails);
    EXPECT_DOUBLE_EQ(below.terms[0].p_against.value(), 3 * p_high);
    EXPECT_EQ(nowhere.verdict, ClaimVerdict::fails);
    EXPECT_DOUBLE_EQ(nowhere.terms[0].p_against.value(), one_sample(low, 60).p_less);
    EXPECT_DOUBLE_EQ(above.terms[0].difference.value(), 60.2 - 60);
    EXPECT_THAT(above.evidence[0], HasSubstr("60.20 ± 0.10 (n = 5), best of 3"));
}

TEST(AMaximum, OfCellsAgainstACell) {
    ClaimTerm term = greater(around(80), around(79));
    term.a.push_back(cell(around(79.9)));
    const ClaimResult result = judge_claim({.terms = {term}});

    EXPECT_DOUBLE_EQ(result.terms[0].p_favour.value(), 2 * welch(around(80), around(79)).p_greater);
    EXPECT_DOUBLE_EQ(result.terms[0].p_against.value(), welch(around(80), around(79)).p_less);
    term.a.push_back({});
    EXPECT_EQ(verdict_of(ClaimRule::all, {term}), ClaimVerdict::missing) << "nobody knows the maximum";
}

TEST(AMaximum, CountsCellsWithoutATestAsNotShown) {
    const ClaimResult result =
        judge_claim({.terms = {against_bound(TermKind::above, {around(70), around(50, 0)}, 60)}});
    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_DOUBLE_EQ(result.terms[0].p_against.value(), 1.0);
    EXPECT_THAT(result.terms[0].reason, HasSubstr("zero variance in 1 of 2 cells"));
}

TEST(Equivalence, IsShownWithinTheMarginAndRefutedOutsideIt) {
    ClaimTerm term = greater(around(80.1, .2), around(80, .2));
    term.kind = TermKind::equivalent;
    term.margin = 1;
    const ClaimResult near = judge_claim({.terms = {term}});
    term.b = cell(around(78, .2));
    const ClaimResult far = judge_claim({.terms = {term}});
    term.b = cell(around(79, 1));
    const ClaimResult open = judge_claim({.terms = {term}});

    EXPECT_EQ(near.verdict, ClaimVerdict::holds);
    EXPECT_NEAR(near.terms[0].p_favour.value(), tost(around(80.1, .2), around(80, .2), 1).p, 1e-15);
    EXPECT_NEAR(near.terms[0].effect.value(), 0.9, 1e-12);
    EXPECT_EQ(far.verdict, ClaimVerdict::fails);
    EXPECT_DOUBLE_EQ(far.terms[0].p_against.value(), p_beyond(welch(around(80.1, .2), around(78, .2)), 1));
    EXPECT_EQ(open.verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(near.evidence[0], HasSubstr("margin 1, Welch"));
}

TEST(Pairs, AMissingSeedLeavesTheOthersPaired) {
    ClaimTerm term = greater(make_sample(std::vector{61.1, 70.9, 81.0, 75.8}),
                             make_sample(std::vector{60.0, 70.0, 80.0, 65.0, 75.0}));
    term.paired_by_seed = true;
    term.a[0].seeds = {0, 1, 2, 4};
    term.b.seeds = {0, 1, 2, 3, 4};

    const ClaimResult result = judge_claim({.terms = {term}});

    EXPECT_EQ(result.terms[0].test, "paired by seed, n = 4");
    EXPECT_DOUBLE_EQ(
        result.terms[0].p_favour.value(),
        paired(std::vector{61.1, 70.9, 81.0, 75.8}, std::vector{60.0, 70.0, 80.0, 75.0}).p_greater);
    EXPECT_THAT(result.evidence[0], HasSubstr("paired by seed, n = 4"));
    EXPECT_EQ(judge_claim({.terms = {term}}, {.pairs_seeds = false}).terms[0].test, "Welch");
}

TEST(Pairs, TooFewSharedSeedsAreTestedByWelch) {
    ClaimTerm term =
        greater(make_sample(std::vector{61.1, 70.9, 81.0}), make_sample(std::vector{60.0, 70.0, 80.0}));
    term.paired_by_seed = true;
    term.a[0].seeds = {0, 1, 2};
    term.b.seeds = {1, 2, 3};
    EXPECT_EQ(judge_claim({.terms = {term}}).terms[0].test, "Welch");
}

TEST(Parents, AddTheirVarianceToAComparison) {
    const Sample a = around(81, 1);
    const Sample b = around(79, 1);
    ClaimTerm term = greater(a, b);
    term.a[0].parents = VarianceComponent{.variance = 2.0, .df = 2};

    const TermResult with = judge_claim({.terms = {term}}).terms[0];
    const TermResult without = judge_claim({.terms = {term}}, {.counts_parents = false}).terms[0];

    EXPECT_DOUBLE_EQ(with.p_favour.value(),
                     with_added_variance(welch(a, b), {.variance = 2.0, .df = 2}).p_greater);
    EXPECT_EQ(with.test, "Welch, variance between pre-training runs added");
    EXPECT_DOUBLE_EQ(without.p_favour.value(), welch(a, b).p_greater);
}

TEST(OneTestImage, MakesASmallEffectFragile) {
    ClaimTerm term = greater(make_sample(std::vector{90.1, 90.2, 89.9, 90.0, 90.3}),
                             make_sample(std::vector{89.1, 89.2, 88.9, 89.0, 89.3}));
    term.a[0].one_image = 0.83; // 121 images: the effect is 1.2 of them
    const ClaimResult small = judge_claim({.terms = {term}});
    term.a[0].one_image = 0.66;
    const ClaimResult large = judge_claim({.terms = {term}});

    EXPECT_EQ(small.verdict, ClaimVerdict::holds);
    EXPECT_EQ(small.grade, ClaimGrade::fragile);
    EXPECT_EQ(small.robustness, "fragile: depends on one test image → inconclusive");
    EXPECT_EQ(large.grade, ClaimGrade::robust);
}

TEST(Undecided, SaysWithHowManyValues) {
    EXPECT_EQ(undecided_text(judge_claim({.terms = {open_term, true_term}})), "cannot be decided with n = 5");
    EXPECT_EQ(undecided_text(judge_claim({.terms = {true_term}})), "");
}

TEST(Evidence, NamesTheCorrectionOfEachSide) {
    const auto evidence = [](ClaimRule rule, std::size_t at_least) {
        return judge_claim({.rule = rule, .at_least = at_least, .terms = {true_term, true_term, true_term}})
            .evidence[0];
    };
    EXPECT_THAT(evidence(ClaimRule::all, 0),
                HasSubstr(" for (uncorrected: all must hold), 1 against (Holm)"));
    EXPECT_THAT(evidence(ClaimRule::any, 0),
                HasSubstr(" for (Holm), 1 against (uncorrected: all must fail)"));
    EXPECT_THAT(evidence(ClaimRule::at_least, 2),
                HasSubstr(" for (times 2: 2 of 3 must hold), 1 against (times "
                          "2: 2 of 3 must fail)"));
    EXPECT_THAT(judge_claim({.rule = ClaimRule::all, .terms = {true_term, true_term}}).evidence[0],
                HasSubstr(" for (uncorrected: all must hold), 1 against (Holm)"));
}

TEST(ErrorRates, OfManyClaims) {
    const ClaimErrorRates rates = claim_error_rates(16);

    EXPECT_DOUBLE_EQ(rates.expected, 0.8);
    EXPECT_NEAR(rates.chance_of_any, 1 - std::pow(0.95, 16), 1e-15);
    EXPECT_EQ(
        error_rates_text(rates),
        "Each claim is tested at 5 %: if none of the 16 claims were true, 0.8 would be expected to seem to "
        "hold, and the chance of at least one would be up to 56 % (independent tests).");
    EXPECT_EQ(error_rates_text(claim_error_rates(0)), "");
}

} // namespace
} // namespace metrics
