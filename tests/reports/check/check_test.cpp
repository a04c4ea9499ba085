// The matrix of verdicts and exit codes of `check`.
#include <cmath>

#include <fmt/format.h>

#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using suite::store::Access;
using suite::store::Store;

using metrics::ClaimVerdict;
using metrics::Verdict;
using synthetic::around_fifty;
using synthetic::baseline_of;
using synthetic::cell;
using synthetic::FilledStore;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr ExitRules lenient{};
constexpr ExitRules strict{.strict = true};
constexpr ExitRules skipping{.skip_missing = true};
constexpr ExitRules of_ctest{.skip_missing = true, .skip_inconclusive = true};
constexpr ExitRules strictest{.strict_inconclusive = true};
const std::string one = "cifar10/R50x1/S-MED";

/// The eight cells of one target at five seeds, equal to their baseline until a test changes something.
class CheckMatrix : public testing::Test {
protected:
    plan::Plan plan_ = synthetic::expand("cifar10/*");
    plan::References references_ = baseline_of(plan_, around_fifty);
    FilledStore store_{plan_, around_fifty};
    [[nodiscard]] CheckResult check() const { return store_.check(references_); }
};

TEST_F(CheckMatrix, TheRecordedRunsAgainAreIdentical) {
    const CheckResult result = check();

    EXPECT_EQ(result.counts().identical, 8U);
    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::identical);
    EXPECT_EQ(cell(result, one).compared_with(), ComparedWith::recorded);
    EXPECT_EQ(cell(result, one).comparison.reason, "");
    EXPECT_TRUE(cell(result, one).repeats_baseline);
    EXPECT_EQ(cell(result, one).ours.n, 5U);
    EXPECT_DOUBLE_EQ(cell(result, one).ours.mean, 50.0);
    EXPECT_EQ(exit_code(result, lenient), 0);
    EXPECT_THAT(absences({.cells = result.cells}), IsEmpty());
}

TEST_F(CheckMatrix, EqualValuesOfOtherRunsAreEquivalent) {
    for (plan::SeedValue& entry : references_.baseline.at(one).values) {
        entry.key.clear();
    }

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::equivalent);
    EXPECT_TRUE(cell(result, one).repeats_baseline);
    EXPECT_EQ(result.counts().identical, 7U);
}

TEST_F(CheckMatrix, OneBitLessIsNotIdentical) {
    references_.baseline.at(one).values[0].value =
        std::nextafter(references_.baseline.at(one).values[0].value, 0.0);

    EXPECT_EQ(cell(check(), one).comparison.verdict, Verdict::equivalent);
}

TEST_F(CheckMatrix, SomeOfTheRecordedRunsAreNotIdentical) {
    const plan::Plan plan = synthetic::expand("cifar10/*", "laptop", {0, 1});
    const FilledStore store(plan, around_fifty);

    const CheckResult result = store.check(references_);

    EXPECT_TRUE(cell(result, one).repeats_baseline);
    EXPECT_NE(cell(result, one).comparison.verdict, Verdict::identical);
}

TEST_F(CheckMatrix, OneFarCellIsDifferentAlone) {
    plan::References far = references_;
    for (plan::SeedValue& entry : far.baseline.at(one).values) {
        entry.value += 10.0;
    }

    const CheckResult result = store_.check(far);

    EXPECT_EQ(result.counts().different, 1U);
    EXPECT_EQ(result.counts().identical, 7U);
    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::different);
    EXPECT_NEAR(cell(result, one).comparison.difference.value(), -10.0, 1e-9);
    EXPECT_EQ(exit_code(result, lenient), 1);
    EXPECT_EQ(exit_code(result, skipping), 1);
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), lenient), 1);
    EXPECT_EQ(exit_code(select(result, {.cells = {"cifar10/R50x1/L-MED"}}), lenient), 0);
}

TEST_F(CheckMatrix, ADeletedRunIsSaidAndFailsStrictly) {
    store_.remove(one, 3);

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).ours.n, 4U);
    EXPECT_THAT(cell(result, one).comparison.reason, HasSubstr("4 of 5 planned runs finished"));
    const CheckResult alone = select(result, {.cells = {one}});
    EXPECT_EQ(exit_code(alone, lenient), 0);
    EXPECT_EQ(exit_code(alone, strict), 1);
    EXPECT_EQ(exit_code(alone, skipping), 77);
    EXPECT_EQ(exit_code(select(result, {.cells = {"cifar10/R50x1/L-MED"}}), strict), 0);
}

/// What a worker leaves of a run that its machine could not hold.
suite::store::RunRecord refusal_of(const plan::PlannedRun& run, const std::string& reason) {
    suite::store::RunRecord record = synthetic::failed_record_of(run, "memory", reason);
    record.failure->kind = "skipped";
    return record;
}

TEST_F(CheckMatrix, ACellThatAMachineCouldNotHoldIsMissingForThatReasonOnce) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        store_.remove(one, seed);
        store_.commit_failure(refusal_of(store_.run(one, seed), fmt::format("needs 9 GiB, has {}", seed)));
    }

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::missing);
    EXPECT_THAT(cell(result, one).comparison.reason,
                testing::EndsWith("0 of 5 planned runs finished; needs 9 GiB, has 4"));
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), skipping), 77);
}

TEST_F(CheckMatrix, SoIsACellWhosePreTrainingNoMachineCouldHold) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        store_.remove(one, seed);
    }
    const std::string parent = store_.run(one, 0).parent;
    for (const plan::PlannedRun& run : plan_.runs) {
        if (run.key == parent) {
            std::filesystem::remove(Store(store_.folder(), Access::read_only).record_path(parent));
            store_.commit_failure(refusal_of(run, "needs 40 GiB, has 8"));
        }
    }

    const CheckResult result = check();

    EXPECT_THAT(cell(result, one).comparison.reason, testing::EndsWith("; needs 40 GiB, has 8"));
    for (const CellResult& other : result.cells) { // what was trained from it before is there
        EXPECT_EQ(other.id == one, other.comparison.reason.find("GiB") != std::string::npos) << other.id;
    }
}

TEST_F(CheckMatrix, ACellWithoutRunsIsMissing) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        store_.remove(one, seed);
    }

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::missing);
    EXPECT_EQ(cell(result, one).comparison.reason, "0 of 5 planned runs finished");
    EXPECT_EQ(result.counts().missing, 1U);
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), skipping), 77);
}

TEST_F(CheckMatrix, ADamagedByteCountsAsAbsentAndIsNamed) {
    store_.damage(store_.path(one, 2));

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).ours.n, 4U);
    EXPECT_THAT(result.damaged, ElementsAre(HasSubstr(store_.path(one, 2).string())));
    EXPECT_THAT(cell(result, one).comparison.reason,
                AllOf(HasSubstr("seed 2: damaged"), HasSubstr(store_.run(one, 2).key)));
    EXPECT_EQ(result.counts().identical, 7U) << "everything else is judged as before";
    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::equivalent);
    for (const ExitRules& rules : {lenient, strict, skipping}) {
        EXPECT_EQ(exit_code(select(result, {.cells = {one}}), rules), 5);
    }
    EXPECT_EQ(exit_code(select(result, {.cells = {"cifar10/R152x4/L-MED"}}), lenient), 0)
        << "a damaged record is its own cell's matter";
}

TEST_F(CheckMatrix, ADamagedPretrainingRecordIsNamed) {
    store_.damage(Store(store_.folder(), Access::read_only).record_path(store_.run(one, 0).parent));

    const CheckResult result = check();

    EXPECT_THAT(result.damaged, SizeIs(1));
    EXPECT_EQ(cell(result, one).ours.n, 5U);
    EXPECT_THAT(cell(result, one).comparison.reason, HasSubstr("its pre-training is damaged"));
    EXPECT_EQ(exit_code(result, lenient), 5);
}

TEST_F(CheckMatrix, ARecordWithoutItsMetricIsDamaged) {
    const plan::PlannedRun& run = store_.run(one, 0);
    store_.remove(one, 0);
    suite::store::RunRecord record = synthetic::record_of(run, 50.0);
    record.metrics.pop_back();
    store_.commit(record);

    const CheckResult result = check();

    EXPECT_THAT(result.damaged, ElementsAre(AllOf(HasSubstr(run.key), HasSubstr("no such metric"))));
    EXPECT_EQ(exit_code(result, lenient), 5);
}

TEST_F(CheckMatrix, AFailedRunGivesItsPhaseAndReason) {
    store_.remove(one, 4);
    store_.commit_failure(
        synthetic::failed_record_of(store_.run(one, 4), "train", "error[E700] loss is nan at step 3\nmore"));

    const CheckResult result = check();

    EXPECT_THAT(cell(result, one).comparison.reason,
                HasSubstr("seed 4 failed in train: error[E700] loss is nan"));
    EXPECT_THAT(cell(result, one).comparison.reason, Not(HasSubstr("more")));
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), strict), 1);
}

TEST_F(CheckMatrix, WithoutABaselineNothingAgrees) {
    references_.baseline.clear();
    references_.baseline_origin.clear();

    const CheckResult result = check();

    EXPECT_EQ(result.counts().no_reference, 8U) << "they were measured, so they are not missing";
    EXPECT_EQ(result.counts().missing, 0U);
    EXPECT_EQ(cell(result, one).comparison.reason, "no baseline of profile laptop recorded for this cell");
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), lenient), 0);
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), strict), 1);
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), skipping), 77);
}

TEST_F(CheckMatrix, ACellWithoutABaselineNeitherPassesNorFails) {
    references_.baseline.erase(one);

    const CheckResult result = check();

    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::no_reference);
    EXPECT_EQ(cell(result, one).comparison.rounding_half_width, 0.0);
    EXPECT_EQ(exit_code(select(result, {.cells = {"cifar10/R50x1/?-MED"}}), strict), 0);
    EXPECT_EQ(exit_code(select(result, {.cells = {one}}), of_ctest), 77);
    EXPECT_EQ(test_outcome(cell(result, one)), TestOutcome::skipped);
}

TEST_F(CheckMatrix, ABaselineOfAnotherConfigurationIsSaid) {
    references_.baseline.at(one).values[0].key = "another";
    references_.baseline.at("cifar10/R50x1/L-MED").values[0].key = store_.run("cifar10/R50x1/L-MED", 0).key;

    const CheckResult result = check();

    EXPECT_THAT(cell(result, one).comparison.reason, HasSubstr("another configuration"));
    EXPECT_EQ(cell(result, "cifar10/R50x1/L-MED").comparison.reason, "");
}

TEST_F(CheckMatrix, OneSeedIsInconclusiveWithoutSpread) {
    const plan::Plan plan = synthetic::expand("cifar10/*", "laptop", {2});
    const FilledStore store(plan, around_fifty);

    const CheckResult result = store.check(references_);

    EXPECT_EQ(cell(result, one).comparison.verdict, Verdict::inconclusive);
    EXPECT_FALSE(cell(result, one).ours.sd.has_value());
    EXPECT_THAT(cell(result, one).comparison.reason, HasSubstr("n = 1"));
    EXPECT_FALSE(cell(result, one).is_incomplete()) << "one run was planned";
    const CheckResult alone = select(result, {.cells = {one}});
    EXPECT_EQ(exit_code(alone, lenient), 0);
    EXPECT_EQ(exit_code(alone, strict), 0) << "nothing is missing";
    EXPECT_EQ(exit_code(alone, strictest), 1);
    EXPECT_EQ(exit_code(alone, skipping), 0);
    EXPECT_EQ(exit_code(alone, of_ctest), 77) << "inconclusive is not passed";
}

TEST_F(CheckMatrix, ASelectionKeepsTheVerdictsOfTheWhole) {
    // A cell that is beyond the margin on its own (p = 0.03 or so) but not among eight: so it must not be
    // when asked for alone.
    const auto wide = [](const plan::PlannedRun& run) { return around_fifty(run) * 20 - 950; };
    const plan::References references = baseline_of(plan_, wide);
    const FilledStore store(
        plan_, [&](const plan::PlannedRun& run) { return wide(run) + (run.cell == one ? 5.4 : 0.0); });

    const CheckResult result = store.check(references);

    const metrics::CellComparison& comparison = cell(result, one).comparison;
    ASSERT_LT(comparison.p_different.value(), 0.05);
    ASSERT_GT(comparison.p_different_adjusted.value(), 0.05);
    EXPECT_EQ(comparison.verdict, Verdict::inconclusive);
    EXPECT_EQ(select(result, {.cells = {one}}).cells.front().comparison.verdict, Verdict::inconclusive);
}

TEST_F(CheckMatrix, TheMarginIsPointsOrSpreadsOfTheGroupWhicheverIsMore) {
    const auto wide = [](const plan::PlannedRun& run) { return around_fifty(run) * 20 - 950; };
    const plan::References references = baseline_of(
        plan_, [&](const plan::PlannedRun& run) { return run.cell == one ? wide(run) : around_fifty(run); });

    const CheckResult result = store_.check(references);

    const double own = cell(result, one).baseline->sample.sd.value();
    const double other = cell(result, "cifar10/R50x1/L-MED").baseline->sample.sd.value();
    const double pooled = std::sqrt((own * own + 7 * other * other) / 8);
    EXPECT_NEAR(cell(result, one).comparison.margin, 2 * pooled, 1e-12);
    EXPECT_NEAR(cell(result, "cifar10/R50x1/L-MED").comparison.margin, 2 * pooled, 1e-12);
    EXPECT_DOUBLE_EQ(cell(store_.check(references_), one).comparison.margin, 1.0);
}

TEST_F(CheckMatrix, APrintedReferenceNarrowsByItsRounding) {
    const plan::Plan plan = synthetic::expand("nih/R50x1/S-MED", "paper");
    const plan::References published = plan::load_references(small_tree::published(), "table1", "paper");
    const FilledStore store(plan, [](const plan::PlannedRun& run) { return around_fifty(run) + 20.11; });

    const CheckResult result = store.check(published);

    EXPECT_EQ(result.cells.front().published->kind, plan::ReferenceKind::printed);
    EXPECT_DOUBLE_EQ(result.cells.front().comparison.margin, 0.5);
    EXPECT_DOUBLE_EQ(result.cells.front().comparison.rounding_half_width, 0.005);
    EXPECT_EQ(result.cells.front().comparison.verdict, Verdict::equivalent);
}

TEST_F(CheckMatrix, ASkippedCellIsMissingWithItsReason) {
    plan::Plan plan = plan_;
    plan.skipped.push_back({.cell = "pets/R50x1/1K-NAT", .reason = "no data"});

    const CheckResult result =
        reports::check(small_tree::published(), plan, references_, Store(store_.folder(), Access::read_only));

    EXPECT_EQ(cell(result, "pets/R50x1/1K-NAT").comparison.verdict, Verdict::missing);
    EXPECT_EQ(cell(result, "pets/R50x1/1K-NAT").comparison.reason, "not planned: no data");
    EXPECT_EQ(exit_code(select(result, {.cells = {"pets/*"}}), skipping), 77);
}

TEST_F(CheckMatrix, UnknownNamesAreRefusedWithTheNearest) {
    const CheckResult result = check();

    try {
        require_known({result},
                      {.cells = {"cifar10/R50x1/S-MAD", "cifar10/*"}, .claims = {"network-scale-naturel"}});
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_THAT(error.faults(), SizeIs(2));
        EXPECT_THAT(error.what(), AllOf(HasSubstr("S-MED"), HasSubstr("network-scale-natural")));
    }
}
} // namespace
} // namespace reports
