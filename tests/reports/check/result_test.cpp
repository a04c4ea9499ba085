// What a finished comparison counts as: tables over made-up cells and claims.
#include "reports/check/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reports {
namespace {

using metrics::ClaimVerdict;
using metrics::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

/// A cell of two planned runs, of which `finished` have a value.
CellResult judged_cell(Verdict verdict, std::size_t finished = 2) {
    CellResult cell;
    cell.id = "cell";
    cell.planned = 2;
    for (std::size_t seed = 0; seed < finished; ++seed)
        cell.values.push_back({.seed = seed, .value = 50.0});
    cell.comparison.verdict = verdict;
    cell.comparison.reason = "why";
    return cell;
}

ClaimResult judged_claim(ClaimVerdict verdict, bool expected = false, bool incomplete = false) {
    ClaimResult claim;
    claim.id = "claim";
    claim.ours.verdict = verdict;
    claim.published = verdict;
    claim.expected = expected;
    claim.incomplete = incomplete;
    return claim;
}

CheckResult judged_result(std::vector<CellResult> cells, std::vector<ClaimResult> claims = {}) {
    CheckResult result;
    result.cells = std::move(cells);
    result.claims = std::move(claims);
    return result;
}

TEST(CheckResult, CountsCellsByVerdict) {
    const Counts counts = judged_result({judged_cell(Verdict::identical), judged_cell(Verdict::equivalent),
                                         judged_cell(Verdict::equivalent), judged_cell(Verdict::different),
                                         judged_cell(Verdict::inconclusive), judged_cell(Verdict::missing, 0),
                                         judged_cell(Verdict::no_reference)})
                              .counts();
    EXPECT_EQ(counts.identical, 1U);
    EXPECT_EQ(counts.equivalent, 2U);
    EXPECT_EQ(counts.different, 1U);
    EXPECT_EQ(counts.inconclusive, 1U);
    EXPECT_EQ(counts.missing, 1U);
    EXPECT_EQ(counts.no_reference, 1U);
}

TEST(CheckResult, CountsClaimsByVerdictAndExpectation) {
    const CheckResult result =
        judged_result({}, {judged_claim(ClaimVerdict::holds), judged_claim(ClaimVerdict::fails),
                           judged_claim(ClaimVerdict::fails, true), judged_claim(ClaimVerdict::inconclusive),
                           judged_claim(ClaimVerdict::missing)});
    const ClaimCounts ours = result.claim_counts();
    EXPECT_EQ(ours.hold, 1U);
    EXPECT_EQ(ours.fail, 1U);
    EXPECT_EQ(ours.expected, 1U);
    EXPECT_EQ(ours.inconclusive, 1U);
    EXPECT_EQ(ours.missing, 1U);
    const ClaimCounts published = result.published_claim_counts();
    EXPECT_EQ(published.fail, 2U);
    EXPECT_EQ(published.expected, 0U);
}

TEST(CheckResult, CellsPassWhenCompleteAndNotDifferent) {
    EXPECT_EQ(test_outcome(judged_cell(Verdict::identical)), TestOutcome::passed);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::equivalent)), TestOutcome::passed);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::equivalent, 1)), TestOutcome::skipped);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::different)), TestOutcome::failed);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::different, 1)), TestOutcome::failed);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::inconclusive)), TestOutcome::skipped);
    EXPECT_EQ(test_outcome(judged_cell(Verdict::no_reference)), TestOutcome::skipped);
}

TEST(CheckResult, ClaimsPassWhenCompleteAndDecidedAsExpected) {
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::holds)), TestOutcome::passed);
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::holds, false, true)), TestOutcome::skipped);
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::fails)), TestOutcome::failed);
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::fails, true)), TestOutcome::passed);
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::inconclusive)), TestOutcome::skipped);
    EXPECT_EQ(test_outcome(judged_claim(ClaimVerdict::missing)), TestOutcome::skipped);
}

TEST(CheckResult, AbsencesAreMissingAndIncompleteCellsAndClaims) {
    EXPECT_THAT(
        absences(judged_result({judged_cell(Verdict::equivalent)}, {judged_claim(ClaimVerdict::holds)})),
        IsEmpty());
    EXPECT_THAT(absences(judged_result({judged_cell(Verdict::missing)})), ElementsAre("cell: why"));
    EXPECT_THAT(absences(judged_result({judged_cell(Verdict::equivalent, 1)})), ElementsAre("cell: why"));
    EXPECT_THAT(absences(judged_result({}, {judged_claim(ClaimVerdict::missing)})),
                ElementsAre("claim claim: cells of it are missing or incomplete"));
    EXPECT_THAT(absences(judged_result({}, {judged_claim(ClaimVerdict::holds, false, true)})),
                ElementsAre("claim claim: cells of it are missing or incomplete"));
}

TEST(CheckResult, SetAsideRunsAreFinished) {
    CellResult cell = judged_cell(Verdict::equivalent, 1);
    cell.set_aside = 1;
    EXPECT_FALSE(cell.is_incomplete());
    cell.planned = 3;
    EXPECT_TRUE(cell.is_incomplete());
    EXPECT_TRUE(CellResult{}.is_incomplete()) << "not planned";
}

struct ExitCase {
    const char* what;
    CheckResult result;
    int plain;
    int strict;
    int strict_inconclusive;
    int skip_missing;
    int skip_inconclusive;
};

TEST(ExitCode, FollowsFromVerdictsAndRules) {
    const CellResult good = judged_cell(Verdict::equivalent);
    const CellResult open = judged_cell(Verdict::inconclusive);
    const CellResult unreferenced = judged_cell(Verdict::no_reference);
    const ClaimResult holds = judged_claim(ClaimVerdict::holds);
    const std::vector<ExitCase> cases{
        {"good", judged_result({good}, {holds}), 0, 0, 0, 0, 0},
        {"nothing", judged_result({}), 0, 0, 0, 0, 0},
        {"different", judged_result({good, judged_cell(Verdict::different)}), 1, 1, 1, 1, 1},
        {"failing claim", judged_result({good}, {judged_claim(ClaimVerdict::fails)}), 1, 1, 1, 1, 1},
        {"expected failure", judged_result({good}, {judged_claim(ClaimVerdict::fails, true)}), 0, 0, 0, 0, 0},
        {"missing", judged_result({good, judged_cell(Verdict::missing, 0)}), 0, 1, 1, 77, 0},
        {"incomplete", judged_result({judged_cell(Verdict::equivalent, 1)}), 0, 1, 1, 77, 0},
        {"incomplete claim", judged_result({good}, {judged_claim(ClaimVerdict::holds, false, true)}), 0, 1, 1,
         77, 0},
        {"open cell", judged_result({good, open}), 0, 0, 1, 0, 77},
        {"open claim", judged_result({good}, {judged_claim(ClaimVerdict::inconclusive)}), 0, 0, 1, 0, 77},
        {"open cells only", judged_result({open}), 0, 0, 1, 0, 77},
        {"one unreferenced", judged_result({good, unreferenced}), 0, 0, 0, 77, 0},
        {"only unreferenced", judged_result({unreferenced}), 0, 1, 1, 77, 0},
        {"unreferenced and open", judged_result({unreferenced, open}), 0, 0, 1, 77, 77},
        {"unreferenced, claim holds", judged_result({unreferenced}, {holds}), 0, 0, 0, 77, 0},
    };
    for (const ExitCase& entry : cases) {
        EXPECT_EQ(exit_code(entry.result, {}), entry.plain) << entry.what;
        EXPECT_EQ(exit_code(entry.result, {.strict = true}), entry.strict) << entry.what;
        EXPECT_EQ(exit_code(entry.result, {.strict_inconclusive = true}), entry.strict_inconclusive)
            << entry.what;
        EXPECT_EQ(exit_code(entry.result, {.skip_missing = true}), entry.skip_missing) << entry.what;
        EXPECT_EQ(exit_code(entry.result, {.skip_inconclusive = true}), entry.skip_inconclusive)
            << entry.what;
        EXPECT_EQ(exit_code(entry.result, {.gates = true}), entry.plain) << "no rungs: " << entry.what;
    }
}

TEST(ExitCode, OfADamagedRecordIsTheStores) {
    CheckResult result = judged_result({judged_cell(Verdict::different)});
    result.damaged = {"a record"};
    EXPECT_EQ(exit_code(result, {}), 5);
}

TEST(ExitCode, OfGatedRungsIsTheirValidity) {
    const auto gated = [](std::vector<CellResult> cells, const ExitRules& rules) {
        CheckResult result = judged_result(std::move(cells), {judged_claim(ClaimVerdict::fails)});
        result.is_scaling = true;
        return exit_code(result, rules);
    };
    CellResult rung = judged_cell(Verdict::different);
    rung.rung.emplace();
    EXPECT_EQ(gated({rung}, {.gates = true}), 0) << "timing decides nothing";
    EXPECT_EQ(gated({rung}, {.skip_missing = true, .gates = true}), 0);
    EXPECT_EQ(gated({rung}, {}), 1);

    CellResult invalid = rung;
    invalid.rung->invalid.emplace_back();
    EXPECT_EQ(gated({rung, invalid}, {.gates = true}), 1);

    CellResult absent = judged_cell(Verdict::missing, 1);
    absent.planned = 2;
    EXPECT_EQ(gated({rung, absent}, {.gates = true}), 0);
    EXPECT_EQ(gated({rung, absent}, {.strict = true, .gates = true}), 1);
    EXPECT_EQ(gated({rung, absent}, {.skip_missing = true, .gates = true}), 77);

    CellResult lone = judged_cell(Verdict::missing, 0);
    lone.planned = 1;
    EXPECT_EQ(gated({lone}, {.strict = true, .gates = true}), 1);

    CellResult unplanned = judged_cell(Verdict::missing, 0);
    unplanned.planned = 0;
    EXPECT_EQ(gated({rung, unplanned}, {.strict = true, .gates = true}), 0);
    EXPECT_EQ(gated({rung, unplanned}, {.skip_missing = true, .gates = true}), 0);
    EXPECT_EQ(gated({unplanned}, {.skip_missing = true, .gates = true}), 77) << "nothing is planned";
    EXPECT_EQ(gated({}, {.skip_missing = true, .gates = true}), 0);
}

TEST(OrderCells, SortsByTheGivenOrderAndKeepsOthersBehind) {
    const suite::plan::CellId first = suite::plan::transfer_cell("t", "m", "a");
    suite::plan::CellId second = first;
    second.set(suite::plan::AxisRole::source, "b");
    const auto named = [](const std::string& id) {
        CellResult cell;
        cell.id = id;
        return cell;
    };
    CheckResult result =
        judged_result({named("y"), named(second.text()), named("x"), named(first.text()), named("z")});

    order_cells(result, {first, second});

    std::vector<std::string> ids;
    for (const CellResult& cell : result.cells)
        ids.push_back(cell.id);
    EXPECT_THAT(ids, ElementsAre(first.text(), second.text(), "y", "x", "z"));
}

} // namespace
} // namespace reports
