// Claims over synthetic cells, and the published claims on the published numbers (cherti-jitsev.md 7.2).
#include <map>

#include "reports/claims.hpp"
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
        pairs.push_back(pair.a.text() + " " + pair.b.text());
    }

    EXPECT_THAT(pairs,
                ElementsAre("pets/R50x1/21K-NAT pets/R50x1/1K-NAT", "pets/R152x4/21K-NAT pets/R152x4/1K-NAT",
                            "pets/R152x4/1K-NAT pets/R50x1/1K-NAT"))
        << "no cell against itself";
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
    };
    EXPECT_EQ(verdicts, expected);
}

} // namespace
} // namespace reports
