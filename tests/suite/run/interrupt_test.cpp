// Stop signals, sent to schedulers in processes of their own.
#include <nlohmann/json.hpp>

#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using testing::becomes_true;
using testing::RunTest;
using testing::ScheduleChild;
using testing::toy_plan;
using testing::ToyRun;

class InterruptTest : public RunTest {
protected:
    /// A scheduler that has finished runs 0 and 1 and hangs in run 2 (with `jobs` 1).
    void wait_until_it_hangs() const {
        ASSERT_TRUE(becomes_true([&] { return times_trained(plan().runs[2].key) == 1; }));
        ASSERT_TRUE(becomes_true([&] { return open_store().acknowledged_keys().size() == 2; }));
    }
    std::vector<ToyRun> runs(const std::string& hanging) {
        runs_ = {{"succeed", 0}, {hanging, 0}, {"succeed", 1}};
        return runs_;
    }
    plan::Plan plan() const { return toy_plan(runs_); }

private:
    std::vector<ToyRun> runs_;
};

class StopSignalTest : public InterruptTest, public ::testing::WithParamInterface<int> {};

TEST_P(StopSignalTest, EndsWith75KeepsWhatIsFinishedAndReleasesItsClaims) {
    ScheduleChild child(store_path(), 1, 10.0, runs("hang"));
    wait_until_it_hangs();

    child.signal(GetParam());

    const nlohmann::json summary = nlohmann::json::parse(child.read_all());
    EXPECT_EQ(child.wait(), 75);
    EXPECT_EQ(summary["done_now"], 2);
    EXPECT_EQ(summary["failed"], 0);
    EXPECT_EQ(summary["interrupted"], true);
    EXPECT_EQ(open_store().keys().size(), 2U);
    EXPECT_TRUE(open_store().failed_keys().empty());
    EXPECT_EQ(claims_left(), 0U);
}

// A terminal or a batch system signals the workers as well: no run may look as if it had failed.
TEST_P(StopSignalTest, OfTheWholeGroupLeavesNoFailureRecord) {
    ScheduleChild child(store_path(), 1, 10.0, runs("hang"));
    wait_until_it_hangs();

    child.signal_group(GetParam());

    const nlohmann::json summary = nlohmann::json::parse(child.read_all());
    EXPECT_EQ(child.wait(), 75);
    EXPECT_EQ(summary["failed"], 0);
    EXPECT_TRUE(open_store().failed_keys().empty());
    EXPECT_EQ(claims_left(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, StopSignalTest, ::testing::Values(SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2),
                         [](const auto& tested) { return std::string(::sigabbrev_np(tested.param)); });

TEST_F(InterruptTest, AWorkerThatDoesNotStopIsKilledAfterTheGrace) {
    ScheduleChild child(store_path(), 1, 0.5, runs("stubborn"));
    wait_until_it_hangs();
    const pid_t worker = workers().back();

    child.signal(SIGTERM);

    EXPECT_EQ(child.wait(), 75);
    EXPECT_NE(::kill(worker, 0), 0);
    EXPECT_EQ(claims_left(), 0U);
}

TEST_F(InterruptTest, ASecondSignalChangesNothing) {
    ScheduleChild child(store_path(), 1, 1.0, runs("stubborn"));
    wait_until_it_hangs();

    child.signal(SIGINT);
    child.signal(SIGINT);
    child.signal(SIGTERM);

    EXPECT_EQ(child.wait(), 75);
}

TEST_F(InterruptTest, OfOneWorkerAloneRepeatsItsRun) {
    const std::vector<ToyRun> all{{"slow:400", 0}};
    const plan::Plan plan = toy_plan(all);
    ScheduleChild child(store_path(), 1, 10.0, all);
    ASSERT_TRUE(becomes_true([&] { return times_trained(plan.runs[1].key) == 1; }));

    ::kill(workers().back(), SIGTERM); // it ends after the run in hand

    EXPECT_EQ(child.wait(), 0);
    EXPECT_TRUE(open_store().failed_keys().empty());
}

} // namespace
} // namespace suite::run
