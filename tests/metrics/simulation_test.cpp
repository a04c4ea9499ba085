#include "metrics/simulation.hpp"

#include <cmath>

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using golden::usage_message;
using testing::HasSubstr;

/// The seed is fixed, so nothing here depends on luck; margins are in standard errors all the same, so that
/// another order of draws does not need other numbers.
constexpr SimulationOptions few{.studies = 300, .seed = 7, .threads = 2};

std::vector<SimulatedCell> cells_of(std::size_t count, const SimulatedCell& cell) {
    return std::vector<SimulatedCell>(count, cell);
}

void expect_near(const Rate& rate, double expected, const char* what) {
    EXPECT_GT(rate.trials, 0U) << what;
    EXPECT_NEAR(rate.share, expected, 4 * rate.standard_error + 1e-9) << what;
}

TEST(DrawnStudies, AreTheSameUnderAllRules) {
    const SimulatedStudy study{.cells = cells_of(3, {}), .parent_sd = 1, .parents = 2};

    const auto all = draw_study(study, {}, 1, 5);
    const auto none =
        draw_study(study, {.pools_sds = false, .pairs_seeds = false, .counts_parents = false}, 1, 5);
    const auto next = draw_study(study, {}, 1, 6);

    EXPECT_EQ(all[2].ours->values, none[2].ours->values);
    EXPECT_EQ(all[2].reference->values, none[2].reference->values);
    EXPECT_NE(all[2].ours->values, next[2].ours->values);
    EXPECT_NE(all[1].margin.declared, none[1].margin.declared);
}

TEST(DrawnStudies, HaveTheMomentsThatWereAskedFor) {
    const SimulatedStudy study{
        .cells = cells_of(1, {.mean = 70, .offset = 3, .sd = 2, .seeds = 4, .reference_seeds = 4}),
        .parent_sd = 0.5,
        .seed_correlation = 0.6};
    constexpr int studies = 4000;
    double difference = 0, squares = 0, within = 0;

    for (std::uint64_t i = 0; i < studies; ++i) {
        const CellInput cell = draw_study(study, {}, 3, i).front();
        const double each = cell.ours->mean - cell.reference->mean;
        difference += each / studies;
        squares += each * each / studies;
        for (std::size_t k = 0; k < 4; ++k)
            within += (cell.ours->values[k] - cell.ours->mean) *
                      (cell.reference->values[k] - cell.reference->mean) / 3 / studies;
    }

    // Var = 2 · (2² (1 − 0.6) / 4 + (0.5 · 2)²) = 2.8; the covariance of a seed's values is 0.6 · 2² = 2.4.
    EXPECT_NEAR(difference, 3.0, 4 * std::sqrt(2.8 / studies));
    EXPECT_NEAR(squares - difference * difference, 2.8, 4 * 2.8 * std::sqrt(2.0 / studies));
    EXPECT_NEAR(within, 2.4, 0.15);
}

TEST(DrawnStudies, PrintedReferencesAreRoundedAndHaveNoValues) {
    const CellInput cell =
        draw_study({.cells = cells_of(1, {.mean = 70, .margin = {.points = 1}, .printed_decimals = 1})}, {},
                   1, 0)
            .front();

    EXPECT_TRUE(cell.reference->values.empty());
    EXPECT_NEAR(cell.reference->mean * 10, std::round(cell.reference->mean * 10), 1e-9);
    EXPECT_DOUBLE_EQ(cell.margin.rounding_half_width, 0.05);
    EXPECT_FALSE(cell.pairs);
}

TEST(DrawnStudies, MarginsArePooledOverGroupsAndCapped) {
    SimulatedStudy study{.cells = cells_of(4, {.sd = 3, .margin = {.points = 1, .sds = 2, .cap = 100}})};
    study.cells[2].group = study.cells[3].group = 1;

    const auto pooled = draw_study(study, {}, 1, 0);
    EXPECT_DOUBLE_EQ(pooled[0].margin.declared, pooled[1].margin.declared);
    EXPECT_NE(pooled[1].margin.declared, pooled[2].margin.declared);

    study.cells[0].margin.cap = 1.5;
    EXPECT_DOUBLE_EQ(draw_study(study, {}, 1, 0)[0].margin.declared, 1.5);
    EXPECT_GT(draw_study(study, {.caps_margins = false}, 1, 0)[0].margin.declared, 1.5);
}

TEST(DrawnStudies, ParentsAreKnownFromTwoOn) {
    SimulatedStudy study{.cells = cells_of(6, {}), .parent_sd = 2.0};
    EXPECT_FALSE(draw_study(study, {}, 1, 0)[0].parents);

    study.parents = 40;
    const auto cells = draw_study(study, {}, 1, 0);

    ASSERT_TRUE(cells[0].parents);
    EXPECT_GT(cells[0].parents->df, 30);
    EXPECT_LT(cells[0].parents->df, 39);                   // of a mean square less another
    EXPECT_NEAR(cells[0].parents->variance, 2 * 4.0, 2.5); // of two runs
    EXPECT_EQ(cells[0].parents->variance, cells[5].parents->variance);
}

TEST(Simulation, DoesNotDependOnTheThreads) {
    const SimulatedStudy study{.cells = cells_of(5, {.offset = 2}), .parent_sd = 0.5, .parents = 3};

    const StudyRates one = simulate(study, {}, {.studies = 50, .threads = 1});
    const StudyRates three = simulate(study, {}, {.studies = 50, .threads = 3});

    EXPECT_EQ(one.equivalent.share, three.equivalent.share);
    EXPECT_EQ(one.different.share, three.different.share);
    EXPECT_EQ(one.inconclusive.standard_error, three.inconclusive.standard_error);
}

TEST(Simulation, StandardErrorOfOneCellIsThatOfAShare) {
    const StudyRates rates = simulate({.cells = cells_of(1, {.offset = 1})}, {}, few);

    const double share = rates.equivalent.share;
    const double n = few.studies;
    ASSERT_GT(share, 0);
    ASSERT_LT(share, 1);
    EXPECT_NEAR(rates.equivalent.standard_error, std::sqrt(share * (1 - share) / (n - 1)), 1e-12);
}

TEST(Simulation, OneCellAtItsMarginIsWronglyJudgedAtTheNominalRate) {
    // A known margin: the two tests have size α when the true difference is the margin (Welch is close).
    const StudyRates rates = simulate({.cells = cells_of(1, {.offset = 3, .margin = {.points = 3}})}, {},
                                      {.studies = 4000, .seed = 7, .threads = 2});

    EXPECT_NEAR(rates.equivalent.share, 0.05, 0.015);
    EXPECT_NEAR(rates.false_equivalent.share, rates.equivalent.share, 1e-12);
    EXPECT_NEAR(rates.false_different.share, 0.05, 0.015);
    EXPECT_EQ(rates.detected.trials, 0U);
}

TEST(Simulation, PerfectStudiesAreSeldomCalledDifferent) {
    const StudyRates rates = simulate({.cells = cells_of(88, {})}, {}, few);

    EXPECT_LE(rates.any_false_different.share, 0.05);
    EXPECT_EQ(rates.false_equivalent.trials, 0U);
    EXPECT_NEAR(rates.equivalent.share + rates.different.share + rates.inconclusive.share, 1.0, 1e-12);
}

TEST(Simulation, BeyondTheMarginMattersWhereAllCellsAreOffByHalfOfIt) {
    const SimulatedStudy study{.cells = cells_of(88, {.offset = 1})};

    expect_near(simulate(study,
                         {.different_beyond_margin = false, .equivalents_at_one = false, .pools_sds = false},
                         few)
                    .any_false_different,
                0.49, "excludes 0");
    EXPECT_LE(simulate(study, {}, few).any_false_different.share, 0.05);
}

TEST(Simulation, EquivalentCellsEnterTheCorrectionAtOne) {
    SimulatedStudy study{.cells = cells_of(88, {.margin = {.points = 1}})};
    for (std::size_t i = 0; i < 44; ++i) {
        study.cells[i].sd = 0.1;
        study.cells[i].offset = 0.5;
    }
    const Rules excludes_zero{.different_beyond_margin = false};
    Rules relabelled = excludes_zero;
    relabelled.equivalents_at_one = false;

    EXPECT_GT(simulate(study, relabelled, few).any_false_different.share, 0.5);
    EXPECT_LT(simulate(study, excludes_zero, few).any_false_different.share, 0.05);
}

TEST(Simulation, OwnParentsMakePerfectStudiesLookDifferentUntilTheyAreCounted) {
    SimulatedStudy study{.cells = cells_of(88, {}), .parent_sd = 1, .parents = 5};
    for (std::size_t i = 0; i < study.cells.size(); ++i)
        study.cells[i].parent = i % 8;
    const Rules counted{.different_beyond_margin = false};
    Rules hidden = counted;
    hidden.counts_parents = false;

    expect_near(simulate(study, hidden, few).any_false_different, 0.89, "not counted");
    EXPECT_LE(simulate(study, counted, few).any_false_different.share, 0.05);
}

TEST(Simulation, SharedSeedsGivePowerWhereTheyArePaired) {
    const SimulatedStudy study{.cells = cells_of(1, {.offset = 1, .margin = {.points = 0.01}}),
                               .seed_correlation = 0.55};
    const SimulationOptions options{.studies = 4000, .seed = 7, .threads = 2};

    // 0.227 and 0.433 for a margin of 0, from 200,000 draws in NumPy and SciPy.
    expect_near(simulate(study, {.different_beyond_margin = false, .pairs_seeds = false}, options).detected,
                0.227, "Welch");
    expect_near(simulate(study, {.different_beyond_margin = false}, options).detected, 0.433, "paired");
}

TEST(Simulation, PooledSdsGivePowerAndKeepTheErrorRate) {
    const SimulatedStudy perfect{.cells = cells_of(8, {})};
    const Rules own{.pools_sds = false};

    EXPECT_NEAR(simulate(perfect, own, few).equivalent.share, 0.645, 0.04);
    EXPECT_NEAR(simulate(perfect, {}, few).equivalent.share, 0.75, 0.04);
    EXPECT_LE(simulate({.cells = cells_of(8, {.offset = 2})}, {}, few).false_equivalent.share, 0.07);
}

TEST(Simulation, RoundingChanceAndCapsWithholdWhatCannotBeShown) {
    SimulatedStudy printed{
        .cells = cells_of(8, {.offset = 1.2, .sd = 0.3, .margin = {.points = 1}, .printed_decimals = 0})};
    for (std::size_t i = 0; i < 8; ++i)
        printed.cells[i].mean = 70 + static_cast<double>(i) / 8;
    EXPECT_GT(simulate(printed, {.rounding_narrows = false}, few).false_equivalent.share, 0.3);
    EXPECT_LE(simulate(printed, {}, few).false_equivalent.share, 0.05);

    const SimulatedStudy guessing{
        .cells = cells_of(8, {.mean = 12, .offset = -2, .sd = 3, .margin = {.sds = 2}, .chance = 10})};
    EXPECT_GT(simulate(guessing, {.withholds_at_chance = false}, few).equivalent.share, 0.4);
    EXPECT_LE(simulate(guessing, {}, few).equivalent.share, 0.01);

    const SimulatedStudy wide{
        .cells = cells_of(8, {.offset = 8, .sd = 8, .margin = {.points = 1, .sds = 2, .cap = 5}})};
    EXPECT_GT(simulate(wide, {.caps_margins = false}, few).false_equivalent.share, 0.3);
    EXPECT_LE(simulate(wide, {}, few).false_equivalent.share, 0.05);
}

TEST(Simulation, ConstantsBeyondTheMarginAreDifferentAndWithinItUndecided) {
    const SimulatedCell constant{.sd = 0, .margin = {.points = 1}};
    SimulatedCell off = constant;
    off.offset = 2;

    EXPECT_EQ(simulate({.cells = cells_of(2, off)}, {}, {.studies = 3}).detected.share, 1.0);
    EXPECT_EQ(simulate({.cells = cells_of(2, constant)}, {}, {.studies = 3}).inconclusive.share, 1.0);
}

TEST(Simulation, DetectedAreOnlyThoseThatTrulyDiffer) {
    SimulatedCell slight{.offset = 0.95, .sd = 0.1, .margin = {.points = 1}}; // seen, but within the margin
    SimulatedCell off = slight;
    off.offset = 2;

    const StudyRates rates =
        simulate({.cells = {slight, off}}, {.different_beyond_margin = false}, {.studies = 20});

    EXPECT_GT(rates.false_different.share, 0.5);
    EXPECT_EQ(rates.detected.share, 1.0);
}

TEST(SimulatedClaims, AllOfNeedsNoCorrection) {
    const SimulatedClaim eight{.effects = std::vector<double>(8, 2.0)};

    // 0.365 and 0.213 from 20,000 draws in NumPy and SciPy.
    expect_near(simulate(eight, {}, few).holds, 0.365, "intersection-union");
    expect_near(simulate(eight, {.all_of_is_intersection = false}, few).holds, 0.213, "Holm");
}

TEST(SimulatedClaims, OneUntrueTermMakesAllOfHoldAtMostAtTheNominalRate) {
    std::vector<double> effects(4, 6.0);
    effects[2] = 0;

    const ClaimRates rates = simulate(SimulatedClaim{.effects = effects}, {}, few);

    EXPECT_LE(rates.holds.share, 0.05 + 4 * rates.holds.standard_error);
    EXPECT_NEAR(rates.holds.share + rates.fails.share + rates.inconclusive.share, 1.0, 1e-12);
}

TEST(SimulationBadInput, IsNamed) {
    const std::string message = usage_message([] {
        (void)simulate({.cells = cells_of(1, {.sd = -1, .seeds = 1, .margin = {}}),
                        .parent_sd = -1,
                        .seed_correlation = 2},
                       {}, {.studies = 0, .threads = 0});
    });
    for (const char* part : {"cell 0 seeds: found 1 and 5", "sd -1", "cell 0 margin", "parent sd: found -1",
                             "seed correlation: found 2", "studies: found 0", "threads: found 0"})
        EXPECT_THAT(message, HasSubstr(part));
    EXPECT_THAT(usage_message([] { (void)simulate(SimulatedStudy{}, {}, few); }),
                HasSubstr("cells: found none"));
    EXPECT_THAT(usage_message([] { (void)simulate(SimulatedClaim{.seeds = 2}, {}, few); }),
                HasSubstr("effects: found none"));
}

} // namespace
} // namespace metrics
