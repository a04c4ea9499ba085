// Edges of the verdicts: both signs of a difference, both ends of an interval, p equal to alpha.
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/verdict.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

/// Ours less the reference is `difference`; the standard error sd · √0.4.
CellComparison apart(double difference, double sd, const Rules& rules = {}) {
    return compare(summary_sample(95 + difference, sd, 5), summary_sample(95, sd, 5), {.declared = 0.5},
                   rules);
}

TEST(VerdictEdges, BothSignsOfADifferenceAreJudgedAlike) {
    for (const double sign : {1.0, -1.0}) {
        EXPECT_EQ(apart(sign * 2, 0.1).verdict, Verdict::different) << sign;
        EXPECT_THAT(apart(sign * 0.25, 0.1).reason, HasSubstr("declared beforehand")) << sign;
        EXPECT_EQ(apart(sign * 0.05, 0.1).reason, "") << sign;
        EXPECT_TRUE(apart(sign * 0.6, 0.1).differs_size_unresolved) << sign;
        // Interval 0.3 ± 0.44: 0 lies within, close to its end.
        EXPECT_EQ(apart(sign * 0.3, 0.3).verdict, Verdict::inconclusive) << sign;
        EXPECT_FALSE(apart(sign * 0.3, 0.3).differs_size_unresolved) << sign;
        EXPECT_THAT(apart(sign * 0.3, 0.3).reason, HasSubstr("neither a difference beyond")) << sign;
    }
}

TEST(VerdictEdges, AVerdictNeedsAPBelowAlpha) {
    const double p_equivalent = apart(0.1, 0.1).p_equivalent.value();
    EXPECT_EQ(apart(0.1, 0.1, {.alpha = p_equivalent}).verdict, Verdict::inconclusive);
    EXPECT_EQ(apart(0.1, 0.1, {.alpha = std::nextafter(p_equivalent, 1.0)}).verdict, Verdict::equivalent);

    const double p_different = apart(2, 0.1).p_different.value();
    EXPECT_EQ(apart(2, 0.1, {.alpha = p_different}).verdict, Verdict::inconclusive);
    EXPECT_FALSE(apart(2, 0.1, {.alpha = p_different}).short_reason.starts_with("beyond the margin alone"));
    EXPECT_EQ(apart(2, 0.1, {.alpha = std::nextafter(p_different, 1.0)}).verdict, Verdict::different);
}

TEST(VerdictEdges, AFamilyOfEquivalentsIsThoseBelowAlpha) {
    // The first cell's equivalence has p = alpha: it enters with the p of its difference.
    Rules rules{.different_beyond_margin = false};
    rules.alpha = apart(0.1, 0.1).p_equivalent.value();
    std::vector<CellComparison> cells{apart(0.1, 0.1, rules)};
    judge_family(cells, rules);
    EXPECT_EQ(cells[0].p_different_adjusted, cells[0].p_different);
}

TEST(VerdictEdges, TwoValuesOnEachSideAreEnough) {
    const Sample two = make_sample(std::vector{95.0, 95.1});
    EXPECT_EQ(compare(two, two, {.declared = 0.5}).test, CellTest::welch);
    const Sample one = make_sample(std::vector{95.0});
    EXPECT_THAT(compare(two, one, {.declared = 0.5}).reason,
                HasSubstr("n = 2 on our side, 1 in the reference"));
}

TEST(VerdictEdges, ThreePairsAreEnoughAndTwoAreNot) {
    CellInput input{.ours = make_sample(std::vector{95.0, 95.1, 95.3}),
                    .reference = make_sample(std::vector{95.2, 95.0, 95.1}),
                    .margin = {.declared = 0.5},
                    .pairs = SeedPairs{{95.0, 95.1, 95.3}, {95.2, 95.0, 95.1}}};
    EXPECT_EQ(compare(input).test, CellTest::paired);
    EXPECT_EQ(compare(input).pairs, 3U);

    input.pairs = SeedPairs{{95.0, 95.1}, {95.2, 95.0}};
    EXPECT_EQ(compare(input).test, CellTest::welch);
}

TEST(VerdictEdges, ConstantsBelowAndAboveTheReferenceAreJudgedAlike) {
    const auto verdict = [](double ours, double half_width) {
        return compare(make_sample(std::vector{ours, ours}), summary_sample(99, 0, 5),
                       {.declared = 0.5, .rounding_half_width = half_width})
            .verdict;
    };
    for (const double sign : {1.0, -1.0}) {
        EXPECT_EQ(verdict(99 + sign * 0.5, 0), Verdict::inconclusive) << sign;
        EXPECT_EQ(verdict(99 + sign * 0.625, 0), Verdict::different) << sign;
        EXPECT_EQ(verdict(99 + sign * 0.625, 0.25), Verdict::inconclusive) << sign;
    }
    // One constant side alone is tested.
    EXPECT_EQ(compare(make_sample(std::vector{99.0, 99.0}), summary_sample(99, 1, 5), {.declared = 0.5}).test,
              CellTest::welch);
}

TEST(VerdictEdges, ChanceOnTheMarginIsWithinIt) {
    const auto at_chance = [](double chance) {
        return compare(summary_sample(95, 0.1, 5), summary_sample(95, 0.1, 5),
                       {.declared = 0.5, .chance = chance})
            .at_chance;
    };
    EXPECT_TRUE(at_chance(94.5));
    EXPECT_TRUE(at_chance(95.5));
    EXPECT_FALSE(at_chance(94.25));
    EXPECT_FALSE(at_chance(95.75));
}

TEST(VerdictEdges, WordsOfTests) {
    EXPECT_EQ(to_string(CellTest::none), "");
    EXPECT_EQ(to_string(CellTest::welch), "welch");
    EXPECT_EQ(to_string(CellTest::paired), "paired");
    EXPECT_EQ(to_string(CellTest::constants), "constants");
}

TEST(VerdictEdgesBadInput, OfMarginsPairsAndSmallSamples) {
    const Sample sound = summary_sample(95, 0.1, 5);
    const auto message = [&](const CellInput& input) {
        return golden::usage_message([&] { (void)compare(input); });
    };
    const auto with = [&](const Margin& margin) {
        return CellInput{.ours = sound, .reference = sound, .margin = margin};
    };
    EXPECT_THAT(message(with({.declared = -0.5})), HasSubstr("margin: found -0.5"));
    EXPECT_THAT(message(with({.declared = INFINITY})), HasSubstr("margin: found inf"));
    EXPECT_THAT(message(with({.declared = 0.5, .rounding_half_width = -0.5})),
                HasSubstr("rounding half-width: found -0.5"));
    EXPECT_THAT(message(with({.declared = 0.5, .rounding_half_width = INFINITY})),
                HasSubstr("rounding half-width: found inf"));
    EXPECT_THAT(message(with({.declared = 0.5, .chance = std::nan("")})), HasSubstr("chance: found nan"));
    EXPECT_THAT(message({.ours = sound,
                         .reference = sound,
                         .margin = {.declared = 0.5},
                         .pairs = SeedPairs{{95.0, 95.1}, {95.2}}}),
                HasSubstr("pairs: found 2 and 1 values"));
    EXPECT_THAT(message({.ours = summary_sample(95, -1, 2), .reference = sound, .margin = {.declared = 0.5}}),
                HasSubstr("ours sd: found negative sd"));
    // Of one value an sd says nothing: a verdict, no mistake.
    EXPECT_EQ(compare(summary_sample(95, -1, 1), sound, {.declared = 0.5}).verdict, Verdict::inconclusive);
}

} // namespace
} // namespace metrics
