#include "suite/run/scheduler.hpp"

#include "suite/base/error.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using store::LookupState;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RunTest;
using ::testing::SizeIs;
using testing::toy_plan;

class SchedulerTest : public RunTest {};

store::Failure failure_of(const store::Store& store, const std::string& key) {
    const store::Lookup lookup = store.look_up(key);
    EXPECT_EQ(lookup.state, LookupState::failed);
    return lookup.record && lookup.record->failure ? *lookup.record->failure : store::Failure{};
}

/// One bit of a file's middle.
void flip_a_bit(const std::filesystem::path& path) {
    std::string bytes = store::testing::slurp(path);
    bytes[bytes.size() / 2] ^= 1;
    store::testing::spill(path, bytes);
}

TEST_F(SchedulerTest, DoesEveryRunOnceAndFindsAllDoneNextTime) {
    const plan::Plan plan = toy_plan({{.seed = 0}, {.seed = 1}, {.seed = 2}});

    const RunSummary first = run(plan, 2);
    const RunSummary second = run(plan, 2);

    EXPECT_EQ(first.total, 4U);
    EXPECT_EQ(first.done_before, 0U);
    EXPECT_EQ(first.done_now, 4U);
    EXPECT_EQ(first.exit_code(), 0);
    EXPECT_EQ(second.done_before, 4U);
    EXPECT_EQ(second.done_now, 0U);
    EXPECT_EQ(second.exit_code(), 0);
    EXPECT_THAT(orders(), SizeIs(4));
    EXPECT_EQ(claims_left(), 0U);
}

TEST_F(SchedulerTest, AcknowledgesAndPrintsWhatIsDurable) {
    const plan::Plan plan = toy_plan({{.seed = 3}});

    ::testing::internal::CaptureStderr();
    static_cast<void>(run(plan));
    const std::string text = ::testing::internal::GetCapturedStderr();

    EXPECT_THAT(text, HasSubstr("done " + plan.runs[0].key + " pretrain:succeed/R50x1 0\n"));
    EXPECT_THAT(text, HasSubstr("done " + plan.runs[1].key + " toy/R50x1/succeed 3\n"));
    std::vector<std::string> keys{plan.runs[0].key, plan.runs[1].key};
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(open_store().acknowledged_keys(), keys);
}

TEST_F(SchedulerTest, SharesRunsOfSeveralPlans) {
    const std::vector<plan::Plan> plans{toy_plan({{.seed = 0}, {.seed = 1}}),
                                        toy_plan({{.seed = 1}, {.seed = 2}})};
    store::Store store = open_store();
    const plan::Catalog catalog = testing::toy_catalog();

    const RunSummary summary =
        Scheduler(catalog, plans, store, {.jobs = 2, .worker = testing::fake_worker()}).run();

    EXPECT_EQ(summary.total, 4U);
    EXPECT_EQ(summary.done_now, 4U);
    EXPECT_THAT(orders(), SizeIs(4));
}

TEST_F(SchedulerTest, OneFailingRunLeavesTheRestDone) {
    const plan::Plan plan = toy_plan({{"fail:numeric:train"}, {"succeed", 1}, {"succeed", 2}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_now, 3U);
    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(summary.exit_code(), 7);
    const store::Failure failure = failure_of(open_store(), plan.runs[1].key);
    EXPECT_EQ(failure.phase, "train");
    EXPECT_EQ(failure.kind, "numeric");
    EXPECT_EQ(failure.reason, "as told");
    EXPECT_EQ(failure.step, 3);
}

TEST_F(SchedulerTest, AFailedRunIsTriedAgainNextTime) {
    const plan::Plan plan = toy_plan({{"fail:data:data"}});

    static_cast<void>(run(plan));
    const RunSummary second = run(plan);

    EXPECT_EQ(second.done_before, 1U);
    EXPECT_EQ(second.failed, 1U);
    EXPECT_EQ(second.exit_code(), 3);
    EXPECT_EQ(times_trained(plan.runs[1].key), 2);
}

TEST_F(SchedulerTest, ACrashIsAFailureRecordAndTheNextRunHasAFreshWorker) {
    const plan::Plan plan = toy_plan({{"crash:11"}, {"succeed", 1}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(summary.exit_code(), 6);
    const store::Failure failure = failure_of(open_store(), plan.runs[1].key);
    EXPECT_EQ(failure.phase, "worker");
    EXPECT_EQ(failure.kind, "environment");
    EXPECT_THAT(failure.reason, HasSubstr("signal 11 (Segmentation fault)"));
    EXPECT_THAT(workers(), SizeIs(2));
    EXPECT_EQ(claims_left(), 0U);
}

// A worker that dies early in its very first run has started well: the run is to blame.
TEST_F(SchedulerTest, ACrashInTheFirstRunOfAllStopsNothing) {
    const plan::Plan plan = toy_plan({{"succeed", 0, "crash:6"}, {"succeed", 0, "succeed"}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_EQ(summary.failed, 2U);
    EXPECT_THAT(failure_of(open_store(), plan.runs[0].key).reason, HasSubstr("signal 6 (Aborted)"));
}

TEST_F(SchedulerTest, AKilledWorkerIsPerhapsOutOfMemory) {
    const plan::Plan plan = toy_plan({{"crash:9"}});

    static_cast<void>(run(plan));

    EXPECT_THAT(failure_of(open_store(), plan.runs[1].key).reason, HasSubstr("perhaps out of memory"));
}

TEST_F(SchedulerTest, ChildrenOfAFailedParentFailWithItsReasonAndAreNotTrained) {
    const plan::Plan plan =
        toy_plan({{"succeed", 0, "fail:numeric:train"}, {"succeed", 1, "fail:numeric:train"}});

    const RunSummary summary = run(plan, 2);

    EXPECT_EQ(summary.done_now, 0U);
    EXPECT_EQ(summary.failed, 3U);
    EXPECT_EQ(summary.exit_code(), 7);
    EXPECT_THAT(orders(), SizeIs(1));
    for (const std::size_t child : {1U, 2U}) {
        const store::Failure failure = failure_of(open_store(), plan.runs[child].key);
        EXPECT_EQ(failure.phase, "parent");
        EXPECT_EQ(failure.kind, "numeric");
        EXPECT_THAT(failure.reason,
                    AllOf(HasSubstr("pretrain fail:numeric:train/R50x1"), HasSubstr("as told")));
    }
}

TEST_F(SchedulerTest, CountsReasonsOfWhatCouldNotStart) {
    const plan::Plan plan = toy_plan({{"succeed", 0, "skip"}, {"succeed", 1, "skip"}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.exit_code(), 77);
    EXPECT_EQ(summary.failed, 0U);
    EXPECT_EQ(summary.skipped, (std::map<std::string, std::size_t>{{"data set toy not found", 3}}));
    EXPECT_THAT(orders(), SizeIs(1));
    EXPECT_TRUE(open_store().failed_keys().empty());
}

TEST_F(SchedulerTest, SkippedRunsBesideFinishedOnesAreNoFailure) {
    const plan::Plan plan = toy_plan({{"skip"}, {"succeed"}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.exit_code(), 0);
    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_THAT(summary.skipped, SizeIs(1));
}

TEST_F(SchedulerTest, ADamagedRecordIsSetAsideAndTrainedAgain) {
    const plan::Plan plan = toy_plan({{.seed = 1}});
    static_cast<void>(run(plan));
    const std::string key = plan.runs[1].key;
    const store::RunRecord before = *open_store().read(key);
    flip_a_bit(open_store().record_path(key));

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_before, 1U);
    EXPECT_EQ(summary.done_now, 1U);
    EXPECT_THAT(summary.lost, ElementsAre(key));
    EXPECT_EQ(summary.exit_code(), 0);
    EXPECT_TRUE(same_result(before, open_store().read(key).value()));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(store_path() / "damaged"),
                            std::filesystem::directory_iterator()),
              2); // the file and its reason
}

TEST_F(SchedulerTest, ADamagedFailureRecordIsNoLostResult) {
    const plan::Plan plan = toy_plan({{"fail:data:data"}});
    static_cast<void>(run(plan));
    flip_a_bit(open_store().failure_path(plan.runs[1].key));

    const RunSummary summary = run(plan);

    EXPECT_TRUE(summary.lost.empty());
    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(failure_of(open_store(), plan.runs[1].key).phase, "data");
}

TEST_F(SchedulerTest, AnAcknowledgedRecordThatIsGoneIsReportedAsLost) {
    const plan::Plan plan = toy_plan({{.seed = 1}, {.seed = 2}});
    static_cast<void>(run(plan));
    std::filesystem::remove(open_store().record_path(plan.runs[2].key));

    const RunSummary summary = run(plan);
    const RunSummary afterwards = run(plan);

    EXPECT_THAT(summary.lost, ElementsAre(plan.runs[2].key));
    EXPECT_EQ(summary.done_now, 1U);
    EXPECT_TRUE(afterwards.lost.empty());
}

TEST_F(SchedulerTest, ADamagedCheckpointIsMadeAgainOnceThenItsChildIsTrained) {
    const plan::Plan plan = toy_plan({{.seed = 1}});
    const plan::Plan parent_alone{.workload = "toy", .profile = "toy", .runs = {plan.runs[0]}};
    static_cast<void>(run(parent_alone));
    flip_a_bit(open_store().checkpoint_path(plan.runs[0].key));

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.exit_code(), 0);
    EXPECT_EQ(summary.failed, 0U);
    EXPECT_EQ(summary.done_before + summary.done_now, 2U);
    EXPECT_EQ(times_trained(plan.runs[0].key), 2);
    EXPECT_EQ(times_trained(plan.runs[1].key), 2);
    EXPECT_NO_THROW(static_cast<void>(
        store::read_checkpoint(open_store().checkpoint_path(plan.runs[0].key), plan.runs[0].key)));
    EXPECT_EQ(open_store().look_up(plan.runs[1].key).state, LookupState::finished);
}

TEST_F(SchedulerTest, AMissingCheckpointIsMadeAgainOnlyForChildrenThatNeedIt) {
    const plan::Plan one = toy_plan({{.seed = 1}});
    const plan::Plan two = toy_plan({{.seed = 1}, {.seed = 2}});
    static_cast<void>(run(one));
    std::filesystem::remove(open_store().checkpoint_path(one.runs[0].key));

    const RunSummary all_done = run(one);
    const RunSummary one_more = run(two);

    EXPECT_EQ(all_done.done_before, 2U);
    EXPECT_EQ(one_more.done_before, 1U);
    EXPECT_EQ(one_more.done_now, 2U);
    EXPECT_EQ(times_trained(one.runs[0].key), 2);
}

// Its parent is made again for it, but what it says is the same: it fails, and the others are done.
TEST_F(SchedulerTest, AChildThatNeverAcceptsItsParentFails) {
    const plan::Plan plan = toy_plan({{"fail:weights:parent"}, {"succeed", 1}});

    ::testing::internal::CaptureStderr();
    const RunSummary summary = run(plan, 2);
    const std::string text = ::testing::internal::GetCapturedStderr();

    EXPECT_THAT(text, HasSubstr("failed " + plan.runs[1].key));
    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(summary.done_before + summary.done_now, 2U);
    EXPECT_EQ(summary.exit_code(), 4);
    EXPECT_EQ(times_trained(plan.runs[1].key), 2);
}

TEST_F(SchedulerTest, AResultThatDiffersFromTheOneInTheStoreIsSuspectedCorruption) {
    const plan::Plan plan = toy_plan({{"succeed", 0, "differ"}});
    static_cast<void>(run(plan));
    std::filesystem::remove(open_store().checkpoint_path(plan.runs[0].key));
    std::filesystem::remove(open_store().record_path(plan.runs[1].key));

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.failed, 2U);
    EXPECT_EQ(summary.exit_code(), 9);
    EXPECT_TRUE(open_store().read(plan.runs[0].key).has_value());
}

TEST_F(SchedulerTest, AWorkerThatWasAskedToLeaveTakesNoRunWithIt) {
    const plan::Plan plan = toy_plan({{"leave"}, {"succeed", 1}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.exit_code(), 0);
    EXPECT_EQ(summary.done_now, 3U);
    EXPECT_EQ(times_trained(plan.runs[1].key), 2);
}

TEST_F(SchedulerTest, AWorkerThatDoesNotStartIsAnErrorThatNamesIt) {
    ::setenv("FAKE_WORKER_EXIT", "3", 1);
    std::string message;
    try {
        static_cast<void>(run(toy_plan({{}})));
    } catch (const Error& error) {
        message = error.what();
        EXPECT_EQ(error.kind(), ErrorKind::environment);
    }
    ::unsetenv("FAKE_WORKER_EXIT");

    EXPECT_THAT(message, AllOf(HasSubstr("fake_worker"), HasSubstr("exit code 3"), HasSubstr("Fix: ")));
    EXPECT_EQ(claims_left(), 0U);
    EXPECT_TRUE(open_store().failed_keys().empty());
}

TEST_F(SchedulerTest, WhatIsNoMessageIsAnError) {
    try {
        static_cast<void>(run(toy_plan({{"garbage"}})));
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::environment);
        EXPECT_THAT(error.what(), AllOf(HasSubstr("worker protocol"), HasSubstr("Fix: ")));
    }
    EXPECT_EQ(claims_left(), 0U);
}

TEST_F(SchedulerTest, AFailureOfAnUnknownKindIsStillAFailure) {
    const plan::Plan plan = toy_plan({{"fail:cosmic:train"}, {"succeed", 1}});

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_EQ(summary.exit_code(), 6);
}

TEST_F(SchedulerTest, AnEmptyPlanStartsNothing) {
    const RunSummary summary = run(toy_plan({}));

    EXPECT_EQ(summary.total, 0U);
    EXPECT_EQ(summary.exit_code(), 0);
}

TEST(RunSummary, InterruptionWinsThenFailureThenSkipping) {
    RunSummary summary;
    EXPECT_EQ(summary.exit_code(), 0);
    summary.skipped["no data"] = 1;
    EXPECT_EQ(summary.exit_code(), 77);
    summary.first_failure = ErrorKind::data;
    EXPECT_EQ(summary.exit_code(), 3);
    summary.interrupted = true;
    EXPECT_EQ(summary.exit_code(), 75);
}

} // namespace
} // namespace suite::run
