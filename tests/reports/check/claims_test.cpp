// Claims over synthetic cells, and the published claims on the published numbers
// (paper.md#claims-against-numbers).
#include <map>

#include "reports/check/claims.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::ClaimVerdict;
using synthetic::around_fifty;
using synthetic::baseline_of;
using synthetic::claim;
using synthetic::FilledStore;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string both_small =
    "data-scale-small-targets"; // covidx and tuberculosis, R50x1, 21K-NAT against 1K-NAT
const std::string small_cells = "[ct][ou][vb]*/R50x1/*K-NAT";

/// 21K-NAT is `gain` points better than 1K-NAT.
synthetic::ValueOf gaining(double gain) {
    return [gain](const plan::PlannedRun& run) {
        return around_fifty(run) + (run.cell.ends_with("/21K-NAT") ? gain : 0.0);
    };
}

CheckResult checked(double gain, double baseline_gain) {
    const plan::Plan plan = synthetic::expand(small_cells);
    return FilledStore(plan, gaining(gain)).check(baseline_of(plan, gaining(baseline_gain)));
}

TEST(Claims, HoldFailAndStayOpenByTheirCells) {
    EXPECT_EQ(claim(checked(5, 5), both_small).ours.verdict, ClaimVerdict::holds);
    EXPECT_EQ(claim(checked(-5, 5), both_small).ours.verdict, ClaimVerdict::fails);
    EXPECT_EQ(claim(checked(0.01, 5), both_small).ours.verdict, ClaimVerdict::inconclusive);
}

TEST(Claims, MissingCellsMakeAClaimMissingAndIncomplete) {
    const CheckResult result = checked(5, 5);

    EXPECT_FALSE(claim(result, both_small).incomplete);
    EXPECT_EQ(claim(result, "network-scale-natural").ours.verdict, ClaimVerdict::missing);
    EXPECT_TRUE(claim(result, "network-scale-natural").incomplete);
    const CheckResult alone = select(result, {.claims = {"network-scale-natural"}});
    EXPECT_THAT(alone.cells, IsEmpty());
    EXPECT_EQ(exit_code(alone, {.skip_missing = true}), 77);
    EXPECT_EQ(exit_code(alone, {.strict = true}), 1);
    EXPECT_EQ(exit_code(alone, {}), 0);
}

TEST(Claims, AFailureThatTheBaselineSharesIsExpected) {
    const CheckResult shared = checked(-5, -5);
    const CheckResult regressed = checked(-5, 5);

    EXPECT_TRUE(claim(shared, both_small).expected);
    EXPECT_EQ(claim(shared, both_small).baseline, ClaimVerdict::fails);
    EXPECT_EQ(exit_code(select(shared, {.claims = {both_small}}), {}), 0);
    EXPECT_FALSE(claim(regressed, both_small).expected);
    EXPECT_EQ(claim(regressed, both_small).baseline, ClaimVerdict::holds);
    EXPECT_EQ(exit_code(select(regressed, {.claims = {both_small}}), {}), 1);
}

/// What others published: 21K-NAT `gain` points better.
CheckResult checked_against_published(const std::string& cells, double ours, double gain) {
    const plan::Plan plan = synthetic::expand(cells);
    plan::References references = baseline_of(synthetic::expand(small_cells), gaining(gain));
    references.compares_with_baseline = false;
    references.published = std::move(references.baseline);
    references.baseline.clear();
    return FilledStore(plan, gaining(ours)).check(references);
}

TEST(Claims, ADeclaredReasonIsSaidWhereTheProfileComesOutDifferently) {
    const auto reason = [](const CheckResult& result) { return claim(result, both_small).differs; };

    EXPECT_THAT(reason(checked_against_published(small_cells, -5, 5)), StartsWith("COVIDx gains 1.2 points"));
    EXPECT_EQ(reason(checked_against_published(small_cells, 5, 5)), "");
    EXPECT_EQ(reason(checked(-5, 5)), "");                                          // nothing published
    EXPECT_EQ(reason(checked_against_published("covidx/R50x1/21K-NAT", 5, 5)), ""); // nothing of ours
}

TEST(Claims, AFailureIsNotExcusedWithoutABaseline) {
    const plan::Plan plan = synthetic::expand(small_cells);
    plan::References none;
    none.compares_with_baseline = true;

    const CheckResult result = FilledStore(plan, gaining(-5)).check(none);

    EXPECT_EQ(claim(result, both_small).baseline, ClaimVerdict::missing);
    EXPECT_EQ(exit_code(select(result, {.claims = {both_small}}), {}), 1);
}

TEST(Claims, ACellSelectionListsTheClaimsThatItCovers) {
    const CheckResult whole = checked(5, 5);

    const CheckResult result = select(whole, {.cells = {small_cells}});

    ASSERT_EQ(result.claims.size(), 1U);
    EXPECT_EQ(result.claims.front().id, both_small);
    EXPECT_THAT(select(whole, {.cells = {"covidx/*"}}).claims, IsEmpty());
}

TEST(ExpandClaim, ComparesEveryMatchingCellWithItsCounterpart) {
    const plan::WorkloadSpec& workload = small_tree::published().workloads.at("table1");
    plan::ClaimSpec spec;
    spec.terms = {{.cells = "pets/*/21K-NAT", .versus = {{"source", "1K-NAT"}}},
                  {.cells = "pets/*/1K-NAT", .versus = {{"model", "R50x1"}}}};

    std::vector<std::string> pairs;
    for (const ClaimPair& pair : expand_claim(workload, spec)) {
        ASSERT_EQ(pair.a.size(), 1U);
        ASSERT_TRUE(pair.b.has_value());
        pairs.push_back(pair.a.front().text() + " " + pair.b->text());
    }

    EXPECT_THAT(pairs,
                ElementsAre("pets/R50x1/21K-NAT pets/R50x1/1K-NAT", "pets/R152x4/21K-NAT pets/R152x4/1K-NAT",
                            "pets/R152x4/1K-NAT pets/R50x1/1K-NAT"))
        << "no cell against itself";
}

TEST(ExpandClaim, TakesTheBestOfAnAxisAsOneSide) {
    const plan::WorkloadSpec& workload = small_tree::published().workloads.at("world");
    plan::ClaimSpec spec;
    spec.terms = {
        {.cells = "pets/*/*-NAT", .best_of = "source", .versus = {{"source", "scratch"}}},
        {.cells = "nih/R50x1/*-NAT", .best_of = "source", .kind = plan::ClaimKind::above, .bound = 60}};

    const std::vector<ClaimPair> pairs = expand_claim(workload, spec);

    ASSERT_EQ(pairs.size(), 3U);
    EXPECT_EQ(pairs[0].label, "pets/R50x1/best source");
    ASSERT_EQ(pairs[0].a.size(), 2U);
    EXPECT_EQ(pairs[0].a[1].text(), "pets/R50x1/21K-NAT");
    EXPECT_EQ(pairs[0].b->text(), "pets/R50x1/scratch");
    EXPECT_FALSE(pairs[2].b.has_value());

    const auto numbers_of = [](const plan::CellId& cell) -> metrics::ClaimCell {
        const double mean = cell.source() == "21K-NAT" ? 80 : cell.source() == "1K-NAT" ? 70 : 50;
        return {.sample = metrics::summary_sample(mean, 1, 5)};
    };
    const metrics::ClaimResult result = judge(spec, pairs, numbers_of);
    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
    EXPECT_DOUBLE_EQ(result.terms[0].difference.value(), 30.0);
    EXPECT_DOUBLE_EQ(
        result.terms[0].p_favour.value(),
        2 * metrics::welch(metrics::summary_sample(80, 1, 5), metrics::summary_sample(50, 1, 5)).p_greater)
        << "the maximum of two";

    const auto without_one = [&](const plan::CellId& cell) {
        return cell.source() == "1K-NAT" ? metrics::ClaimCell{} : numbers_of(cell);
    };
    EXPECT_EQ(judge(spec, pairs, without_one).verdict, ClaimVerdict::missing)
        << "nobody knows the best of sources when one is missing";
}

TEST(JudgeClaim, AsksWhatParentsAddToEachComparison) {
    const plan::WorkloadSpec& workload = small_tree::published().workloads.at("table1");
    plan::ClaimSpec spec;
    spec.terms = {{.cells = "pets/R50x1/21K-NAT", .versus = {{"source", "1K-NAT"}}}};
    const auto numbers_of = [](const plan::CellId& cell) -> metrics::ClaimCell {
        return {.sample = metrics::summary_sample(cell.source() == "21K-NAT" ? 81 : 80, 0.1, 5)};
    };
    std::vector<std::string> asked;
    const auto parents_of = [&asked](const plan::CellId& a, const plan::CellId& b) {
        asked.push_back(a.text() + " " + b.text());
        return std::optional(metrics::VarianceComponent{.variance = 4.0, .df = 3});
    };

    const auto pairs = expand_claim(workload, spec);
    EXPECT_EQ(judge(spec, pairs, numbers_of).verdict, ClaimVerdict::holds);
    EXPECT_EQ(judge(spec, pairs, numbers_of, parents_of).verdict, ClaimVerdict::inconclusive);
    EXPECT_THAT(asked, ElementsAre("pets/R50x1/21K-NAT pets/R50x1/1K-NAT"));
    EXPECT_EQ(judge(spec, pairs, numbers_of, parents_of, {.counts_parents = false}).verdict,
              ClaimVerdict::holds);
}

TEST(JudgeClaim, FewShotCellsArePairedOnTheSeedsThatBothHave) {
    const plan::WorkloadSpec& workload = small_tree::published().workloads.at("fewshot-pets");
    plan::ClaimSpec spec;
    spec.terms = {{.cells = "pets/R50x1/21K-NAT/5", .versus = {{"source", "1K-NAT"}}},
                  {.cells = "pets/R50x1/21K-NAT", .versus = {{"source", "1K-NAT"}}}};
    const auto numbers_of = [](const plan::CellId& cell) -> metrics::ClaimCell {
        return cell.source() == "21K-NAT"
                   ? metrics::ClaimCell{.sample = metrics::make_sample(std::vector{51.0, 62.0, 70.5, 81.0}),
                                        .seeds = {0, 1, 3, 4}}
                   : metrics::ClaimCell{.sample =
                                            metrics::make_sample(std::vector{50.0, 60.0, 90.0, 70.0, 80.0}),
                                        .seeds = {0, 1, 2, 3, 4}};
    };

    const metrics::ClaimResult result = judge(spec, expand_claim(workload, spec), numbers_of);

    ASSERT_EQ(result.terms.size(), 2U);
    EXPECT_EQ(result.terms[0].test, "paired by seed, n = 4");
    EXPECT_EQ(result.terms[1].test, "Welch") << "full-shot noise is not the draw";
}

TEST(PublishedClaims, AreWhatTheNumbersBear) {
    const plan::Catalog& catalog = small_tree::published();
    const plan::References references = plan::load_references(catalog, "table1", "paper");
    const suite::store::testing::TemporaryFolder empty;

    const CheckResult result = check(catalog, plan::expand(catalog, "table1", "paper"), references,
                                     suite::store::Store(empty.path(), suite::store::Access::read_only));

    std::map<std::string, std::string> verdicts;
    for (const ClaimResult& entry : result.claims) {
        verdicts[entry.id] = metrics::to_string(entry.published);
    }
    const std::map<std::string, std::string> expected{
        {"network-scale-natural", "holds"},
        {"network-scale-large-xray", "holds"},
        {"data-scale-natural", "inconclusive"}, // Pets R152x4: 93.21 against 93.32, p = .49
        {"data-scale-small-targets", "holds"},  // COVIDx: p = .061 two-sided is .03 one-sided
        {"largest-medical-best-on-small-targets", "holds"},
        {"large-natural-as-good-as-medical", "holds"}, // MIMIC: 0.21 worse, significantly, but within 0.5
        {"medical-data-scale-large-xray", "fails"},    // PadChest R152x4: -0.68, p = .0001
        {"natural-targets-want-natural-sources", "holds"},
        {"network-scale-small-targets", "holds"},
        {"medical-data-scale-small-targets", "holds"},
        {"natural-data-scale-large-xray", "holds"},
        {"largest-natural-beats-superset-padchest-nih", "holds"},
        {"mimic-prefers-medical", "holds"},                   // -0.21, p = .021 two-sided
        {"chexpert-to-tuberculosis-loses-by-scale", "holds"}, // -0.82, p = .021 two-sided
        {"network-scale-everywhere", "inconclusive"},         // Tuberculosis from CheXpert, of 60 terms
        {"small-network-superset-best-on-small-targets", "fails"},
    };
    EXPECT_EQ(verdicts, expected);
}

} // namespace
} // namespace reports
