// Edges of claims: the fewest values, p equal to alpha, both directions, what is a mistake.
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/claims.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

ClaimTerm term_of(TermKind kind, const std::vector<Sample>& left, const Sample& right, double bound = 0) {
    ClaimTerm term{.label = "term", .kind = kind, .b = {.sample = right}, .bound = bound};
    for (const Sample& sample : left)
        term.a.push_back({.sample = sample});
    return term;
}

TermResult first_of(const ClaimTerm& term, const Rules& rules = {}) {
    return judge_claim({.terms = {term}}, rules).terms.at(0);
}

TEST(ClaimEdges, ThreeValuesACellAreEnough) {
    const Sample high = make_sample(std::vector{80.0, 80.1, 80.2});
    const Sample low = make_sample(std::vector{79.0, 79.1, 79.2});
    EXPECT_EQ(first_of(term_of(TermKind::greater, {high}, low)).verdict, ClaimVerdict::holds);
    EXPECT_EQ(first_of(term_of(TermKind::above, {high}, {}, 79)).verdict, ClaimVerdict::holds);
    const Sample two = make_sample(std::vector{80.0, 80.1});
    EXPECT_EQ(first_of(term_of(TermKind::above, {two}, {}, 79)).reason,
              "n = 2: a claim needs 3 values a cell");
    EXPECT_EQ(first_of(term_of(TermKind::greater, {high}, two)).reason,
              "n = 3 and 2: a claim needs 3 values a cell");
    EXPECT_EQ(first_of(term_of(TermKind::greater, {high, two}, low)).reason,
              "n = 2 and 3: a claim needs 3 values a cell");
}

TEST(ClaimEdges, WithoutOneOfThreeSeedsTwoAreTested) {
    // t(1) of the other two values: 7 without the lowest (p = .045), 5 without the highest (p = .063).
    const Sample high = make_sample(std::vector{80.0, 80.4, 80.2});
    const ClaimResult result = judge_claim({.terms = {term_of(TermKind::above, {high}, {}, 79.6)}});
    ASSERT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_THAT(result.robustness, testing::Not(HasSubstr("seed 0 left out")));
    EXPECT_THAT(result.robustness, HasSubstr("seed 1 left out"));
}

TEST(ClaimEdges, ATermNeedsAPBelowAlpha) {
    const ClaimTerm up = term_of(TermKind::greater, {summary_sample(80, 1, 5)}, summary_sample(79, 1, 5));
    const double p = first_of(up).p_favour.value();
    const auto verdict = [](const ClaimTerm& term, double alpha) {
        return judge_claim({.terms = {term}}, {.alpha = alpha});
    };
    EXPECT_EQ(verdict(up, p).verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict(up, p).terms[0].verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict(up, std::nextafter(p, 1.0)).verdict, ClaimVerdict::holds);
    const ClaimTerm down = term_of(TermKind::greater, {summary_sample(79, 1, 5)}, summary_sample(80, 1, 5));
    const double against = first_of(down).p_against.value();
    EXPECT_EQ(verdict(down, against).verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict(down, against).terms[0].verdict, ClaimVerdict::inconclusive);
    EXPECT_EQ(verdict(down, std::nextafter(against, 1.0)).verdict, ClaimVerdict::fails);
}

TEST(ClaimEdges, EffectsAreSignedSoThatMoreIsTruer) {
    const Sample cell = summary_sample(62, 1, 5);
    EXPECT_DOUBLE_EQ(first_of(term_of(TermKind::above, {cell}, {}, 60)).effect.value(), 2);
    EXPECT_DOUBLE_EQ(first_of(term_of(TermKind::below, {cell}, {}, 60)).effect.value(), -2);
    EXPECT_EQ(first_of(term_of(TermKind::below, {cell}, {}, 60)).test, "one sample");
    ClaimTerm term = term_of(TermKind::greater, {cell}, summary_sample(61, 1, 5));
    EXPECT_DOUBLE_EQ(first_of(term).effect.value(), 1);
    term.kind = TermKind::not_worse;
    term.margin = 0.5;
    EXPECT_DOUBLE_EQ(first_of(term).effect.value(), 1.5);
    EXPECT_DOUBLE_EQ(first_of(term).difference.value(), 1);
    term.kind = TermKind::equivalent;
    EXPECT_DOUBLE_EQ(first_of(term).effect.value(), -0.5);
    term.kind = TermKind::greater;
    term.margin = 0;
    term.by_sds = 0.5;
    EXPECT_DOUBLE_EQ(first_of(term).effect.value(), 0.5);
}

TEST(ClaimEdges, SmallSdsAndMarginsAreAsked) {
    ClaimTerm term = term_of(TermKind::greater, {summary_sample(81, 1, 5)}, summary_sample(79, 1, 5));
    EXPECT_EQ(first_of(term).test, "Welch");
    term.by_sds = 0.5;
    EXPECT_EQ(first_of(term).test, "noncentral t");
    EXPECT_THAT(judge_claim({.terms = {term}}).evidence[0], HasSubstr(", wanted above 0.5 sds"));
    term.by_sds = 0;
    EXPECT_THAT(judge_claim({.terms = {term}}).evidence[0], testing::Not(HasSubstr("wanted above")));
}

TEST(ClaimEdges, AMaximumsPIsAtMostOne) {
    const Sample low = summary_sample(59, 1, 5);
    EXPECT_EQ(first_of(term_of(TermKind::above, {low, low}, {}, 60)).p_favour, 1.0);
    const Sample constant = summary_sample(59, 0, 5);
    const TermResult partly = first_of(term_of(TermKind::above, {constant, low, constant}, {}, 60));
    EXPECT_EQ(partly.reason, "zero variance in 2 of 3 cells: no t test of them exists");
}

TEST(ClaimEdges, OneConstantSideOfTwoIsTested) {
    const Sample constant = summary_sample(59, 0, 5);
    const Sample varies = summary_sample(60, 1, 5);
    EXPECT_TRUE(first_of(term_of(TermKind::greater, {constant}, varies)).p_favour);
    EXPECT_TRUE(first_of(term_of(TermKind::greater, {varies}, constant)).p_favour);
    EXPECT_FALSE(first_of(term_of(TermKind::greater, {constant}, constant)).p_favour);
}

TEST(ClaimEdges, AMissingCellIsNamed) {
    const Sample cell = summary_sample(60, 1, 5);
    EXPECT_EQ(first_of(term_of(TermKind::greater, {Sample{}}, cell)).reason, "a is missing");
    EXPECT_EQ(first_of(term_of(TermKind::greater, {}, cell)).reason, "a is missing");
    EXPECT_EQ(first_of(term_of(TermKind::greater, {cell}, {})).reason, "b is missing");
    EXPECT_EQ(first_of(term_of(TermKind::greater, {Sample{}}, {})).reason, "both cells are missing");
    EXPECT_EQ(first_of(term_of(TermKind::below, {Sample{}}, {}, 60)).reason, "the cell is missing");
}

TEST(ClaimEdges, AnEffectOfOneAndAHalfImagesCounts) {
    const auto robustness = [](double one_image) {
        ClaimTerm term =
            term_of(TermKind::greater, {make_sample(std::vector{90.0, 90.25, 89.75, 90.0, 90.0})},
                    make_sample(std::vector{87.0, 87.25, 86.75, 87.0, 87.0}));
        term.a[0].one_image = one_image;
        return judge_claim({.terms = {term}}).robustness;
    };
    EXPECT_EQ(robustness(2.0), "robust"); // 3 points are 1.5 images of 2
    EXPECT_THAT(robustness(2.0625), HasSubstr("one test image"));
}

TEST(ClaimEdges, OneClaimHasItsAlpha) {
    EXPECT_EQ(error_rates_text(claim_error_rates(1)), "The claim is tested at 5 %.");
    EXPECT_DOUBLE_EQ(claim_error_rates(1, 0.1).chance_of_any, 0.1);
    EXPECT_DOUBLE_EQ(claim_error_rates(2, 0.1).expected, 0.2);
    EXPECT_NEAR(claim_error_rates(2, 0.1).chance_of_any, 0.19, 1e-15);
}

TEST(ClaimEdgesBadInput, IsNamed) {
    const Sample cell = summary_sample(60, 1, 5);
    const auto message = [](const ClaimTerm& term) {
        return golden::usage_message([&] { (void)judge_claim({.terms = {term}}); });
    };
    ClaimTerm term = term_of(TermKind::greater, {cell}, cell);
    term.by_sds = -0.5;
    EXPECT_THAT(message(term), HasSubstr("by_sds -0.5"));
    term.by_sds = INFINITY;
    EXPECT_THAT(message(term), HasSubstr("by_sds inf"));
    EXPECT_THAT(message(term_of(TermKind::above, {cell}, {}, INFINITY)), HasSubstr("bound inf"));
    term = term_of(TermKind::not_worse, {cell}, cell);
    term.margin = -0.5;
    EXPECT_THAT(message(term), HasSubstr("margin -0.5, expected a finite margin above 0"));
    EXPECT_THAT(message(term), HasSubstr("declare by how much a may be worse"));
    term.margin = INFINITY;
    EXPECT_THAT(message(term), HasSubstr("margin inf"));
    term = term_of(TermKind::equivalent, {cell, cell}, cell);
    EXPECT_THAT(message(term), HasSubstr("2 left-hand cells"));
    EXPECT_THAT(message(term), HasSubstr("declare by how much a and b may differ"));
    // Two values are a sample whose sd may be wrong; one is a verdict.
    EXPECT_THAT(message(term_of(TermKind::greater, {summary_sample(60, -1, 2)}, cell)),
                HasSubstr("negative sd"));
    EXPECT_EQ(first_of(term_of(TermKind::greater, {summary_sample(60, -1, 1)}, cell)).verdict,
              ClaimVerdict::inconclusive);
    for (const std::size_t at_least : {0U, 2U})
        EXPECT_THAT(golden::usage_message([&] {
                        (void)judge_claim({.rule = ClaimRule::at_least,
                                           .at_least = at_least,
                                           .terms = {term_of(TermKind::greater, {cell}, cell)}});
                    }),
                    HasSubstr("a number of terms between 1 and all"));
    EXPECT_EQ(
        judge_claim(
            {.rule = ClaimRule::at_least, .at_least = 1, .terms = {term_of(TermKind::greater, {cell}, cell)}})
            .verdict,
        ClaimVerdict::inconclusive);
}

} // namespace
} // namespace metrics
