// What a cell may differ by, and how it is tested: groups, caps, chance, pairs of seeds, constants.
#include <cmath>

#include "metrics/t_tests.hpp"
#include "reports/bundle/compare.hpp"
#include "reports/check/margins.hpp"
#include "reports/check/pairing.hpp"
#include "reports/format/text_format.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::CellTest;
using metrics::Verdict;
using synthetic::baseline_of;
using synthetic::cell;
using synthetic::FilledStore;
using testing::HasSubstr;

metrics::Sample sample(double sd, std::size_t n = 5) {
    return metrics::summary_sample(60.0, sd, n);
}

DeclaredMargin declared(const std::string& group) {
    return {.points = 1.0, .sds = 2.0, .cap = 5.0, .group = group, .chance = 10.0};
}

TEST(GroupMargins, UseTheSdOfAllReferencesOfAGroup) {
    GroupMargins margins;
    margins.add(declared("a"), sample(1.0));
    margins.add(declared("a"), sample(2.0, 3));
    margins.add(declared("b"), sample(0.1));

    // sqrt((4 · 1² + 2 · 2²) / 6) = √2
    EXPECT_NEAR(margins.of(declared("a"), sample(1.0)).declared, 2 * std::sqrt(2.0), 1e-12);
    EXPECT_NEAR(margins.of(declared("a"), std::nullopt).declared, 2 * std::sqrt(2.0), 1e-12);
    EXPECT_EQ(margins.of(declared("b"), sample(0.1)).declared, 1.0);
    EXPECT_EQ(margins.of(declared("none"), std::nullopt).declared, 1.0);
    EXPECT_EQ(margins.of(declared("a"), sample(1.0), 0.005).rounding_half_width, 0.005);
    EXPECT_EQ(margins.of(declared("a"), sample(1.0)).chance, 10.0);
}

TEST(GroupMargins, EndAtTheCap) {
    GroupMargins margins;
    margins.add(declared("a"), sample(4.0));

    EXPECT_EQ(margins.of(declared("a"), sample(4.0)).declared, 5.0);
}

TEST(GroupMargins, RulesSwitchPoolsAndCapsOff) {
    GroupMargins unpooled(metrics::Rules{.pools_sds = false});
    GroupMargins uncapped(metrics::Rules{.caps_margins = false});
    for (GroupMargins* margins : {&unpooled, &uncapped}) {
        margins->add(declared("a"), sample(1.0));
        margins->add(declared("a"), sample(7.0));
    }

    EXPECT_EQ(unpooled.of(declared("a"), sample(1.0)).declared, 2.0);
    EXPECT_NEAR(uncapped.of(declared("a"), sample(1.0)).declared, 2 * 5.0, 1e-12);
}

TEST(SharedSeeds, AreThoseOfBothSidesInOurOrder) {
    const std::vector<SeedResult> ours{{.seed = 4, .value = 1.0}, {.seed = 0, .value = 2.0}};
    const std::vector<plan::SeedValue> reference{
        {.seed = 0, .value = 20.0}, {.seed = 1, .value = 30.0}, {.seed = 4, .value = 10.0}};

    const metrics::SeedPairs pairs = shared_seeds(ours, reference);

    EXPECT_EQ(pairs.ours, (std::vector<double>{1.0, 2.0}));
    EXPECT_EQ(pairs.reference, (std::vector<double>{10.0, 20.0}));
}

/// Two targets' worth of a few-shot figure: five and ten shots and the full shot of one network and source.
class FewShotCheck : public testing::Test {
protected:
    static double drawn(const plan::PlannedRun& run) { // seeds differ by points, whatever runs them
        return 60.0 + 2.0 * static_cast<double>(run.seed % 3);
    }
    static double near_drawn(const plan::PlannedRun& run) {
        return drawn(run) + 0.1 * static_cast<double>(run.seed % 2);
    }

    plan::Plan plan_ = plan::expand(small_tree::published(), "fewshot-cifar10", "laptop",
                                    {.seeds = std::vector<std::uint64_t>{0, 1, 2, 3, 4},
                                     .cells = {"cifar10/R50x1/21K-NAT/5", "cifar10/R50x1/21K-NAT"}});
    plan::References references_ = baseline_of(plan_, drawn);
    FilledStore store_{plan_, near_drawn};
    const std::string few_ = "cifar10/R50x1/21K-NAT/5";
};

TEST_F(FewShotCheck, SharedSeedsAreTestedInPairs) {
    const CheckResult result = store_.check(references_);

    const CellResult& few = cell(result, few_);
    EXPECT_EQ(few.comparison.test, CellTest::paired);
    EXPECT_EQ(few.comparison.pairs, 5U);
    EXPECT_THAT(few.comparison.reason, HasSubstr("paired by seed, n = 5"));
    std::vector<double> recorded;
    for (const plan::SeedValue& entry : references_.baseline.at(few_).values) {
        recorded.push_back(entry.value);
    }
    const metrics::TTest expected = metrics::paired(few.ours.values, recorded);
    EXPECT_DOUBLE_EQ(few.comparison.ci95->low, expected.ci95.low);
    EXPECT_EQ(few.comparison.verdict, Verdict::equivalent);
    EXPECT_EQ(cell(result, "cifar10/R50x1/21K-NAT").comparison.test, CellTest::welch);
}

TEST_F(FewShotCheck, AMissingSeedIntersects) {
    store_.remove(few_, 1);

    const CheckResult result = store_.check(references_);

    const CellResult& few = cell(result, few_);
    EXPECT_EQ(few.comparison.test, CellTest::paired);
    EXPECT_EQ(few.comparison.pairs, 4U);
    EXPECT_THAT(few.comparison.reason, HasSubstr("paired by seed, n = 4"));
}

TEST_F(FewShotCheck, OneSharedSeedIsNoPair) {
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        store_.remove(few_, seed);
    }
    auto& recorded = references_.baseline.at(few_).values;
    std::erase_if(recorded, [](const plan::SeedValue& entry) { return entry.seed == 3; });

    EXPECT_EQ(cell(store_.check(references_), few_).comparison.test, CellTest::welch);
}

TEST_F(FewShotCheck, PublishedSeedsAreOtherDraws) {
    const plan::Plan paper = plan::expand(small_tree::published(), "fewshot-cifar10", "paper",
                                          {.seeds = plan_.seeds, .cells = {few_}});
    const FilledStore store(paper, near_drawn);

    const CheckResult result =
        store.check(plan::load_references(small_tree::published(), "fewshot-cifar10", "paper"));

    EXPECT_EQ(result.cells.front().published->kind, plan::ReferenceKind::raw_seeds);
    EXPECT_EQ(result.cells.front().comparison.test, CellTest::welch);
}

TEST_F(FewShotCheck, RulesSwitchPairsOff) {
    const suite::store::Store store(store_.folder(), suite::store::Access::read_only);
    Records records(store);
    const auto& catalog = small_tree::published();

    const CheckResult result = check(catalog.workloads.at("fewshot-cifar10"), catalog.profiles.at("laptop"),
                                     plan_, references_, records, {.pairs_seeds = false});

    EXPECT_EQ(cell(result, few_).comparison.test, CellTest::welch);
}

TEST_F(FewShotCheck, BundlesAreComparedInPairs) {
    const CheckResult a = store_.check(references_);
    const FilledStore other(plan_, drawn);
    const CheckResult b = other.check(references_);

    const BundleComparison comparison = compare_bundles(a, b);

    for (const CellChange& change : comparison.cells) {
        EXPECT_EQ(change.comparison.test, CellTest::paired) << change.id;
        EXPECT_THAT(change.comparison.reason, HasSubstr("paired by seed, n = 5")) << change.id;
    }
    const auto document = to_json(comparison);
    EXPECT_EQ(document["cells"][0]["test"], "paired");
    EXPECT_EQ(document["cells"][0]["pairs"], 5);
}

/// The eight cells of cifar10 at the full shot.
class MarginCheck : public testing::Test {
protected:
    [[nodiscard]] CheckResult check(const synthetic::ValueOf& recorded,
                                    const synthetic::ValueOf& ours) const {
        return FilledStore(plan_, ours).check(baseline_of(plan_, recorded));
    }

    plan::Plan plan_ = synthetic::expand("cifar10/*");
    const std::string one_ = "cifar10/R50x1/S-MED";
};

TEST_F(MarginCheck, WhatLiesWithinTheMarginOfChanceIsNotCalledEquivalent) {
    const double chance = plan_.cells.front().chance.value();
    const auto guessing = [&](const plan::PlannedRun& run) {
        return run.cell == one_ ? chance - 49.5 + synthetic::around_fifty(run) : synthetic::around_fifty(run);
    };

    const CheckResult result =
        check(guessing, [&](const plan::PlannedRun& run) { return guessing(run) + 0.01; });

    EXPECT_EQ(cell(result, one_).comparison.verdict, Verdict::inconclusive);
    EXPECT_TRUE(cell(result, one_).comparison.at_chance);
    EXPECT_THAT(cell(result, one_).comparison.reason, HasSubstr("cannot tell from chance"));
    EXPECT_EQ(cell(result, "cifar10/R50x1/L-MED").comparison.verdict, Verdict::equivalent);
    EXPECT_FALSE(cell(result, "cifar10/R50x1/L-MED").comparison.at_chance);
}

TEST_F(MarginCheck, ADifferenceThatReachesIntoTheMarginIsOfUnresolvedSize) {
    const auto wide = [](const plan::PlannedRun& run) { return 5 * synthetic::around_fifty(run) - 200.0; };

    const CheckResult result =
        check(wide, [&](const plan::PlannedRun& run) { return wide(run) + (run.cell == one_ ? 0.85 : 0.0); });

    const metrics::CellComparison& comparison = cell(result, one_).comparison;
    EXPECT_EQ(comparison.verdict, Verdict::inconclusive);
    EXPECT_TRUE(comparison.differs_size_unresolved);
    EXPECT_THAT(comparison.reason, HasSubstr("differs, size unresolved"));
    EXPECT_EQ(result.counts().size_unresolved, 1U);
    EXPECT_THAT(counts_text(result.counts(), ComparedWith::recorded),
                HasSubstr("1 unclear (1 differs, size unresolved)"));
}

TEST_F(MarginCheck, ConstantsOfBothSidesAreCompared) {
    const auto constant = [](const plan::PlannedRun&) { return 60.0; };

    const CheckResult result =
        check(constant, [&](const plan::PlannedRun& run) { return run.cell == one_ ? 61.5 : 60.5; });

    EXPECT_EQ(cell(result, one_).comparison.verdict, Verdict::different);
    EXPECT_EQ(cell(result, one_).comparison.test, CellTest::constants);
    EXPECT_EQ(cell(result, "cifar10/R50x1/L-MED").comparison.verdict, Verdict::inconclusive);
}

TEST(TestText, NamesTheTest) {
    EXPECT_EQ(test_text({.test = CellTest::welch}), "Welch's t test");
    EXPECT_EQ(test_text({.test = CellTest::paired, .pairs = 4}), "paired by seed, n = 4");
    EXPECT_EQ(test_text({.test = CellTest::constants}), "constants compared");
    EXPECT_EQ(test_text({}), "");
}

} // namespace
} // namespace reports
