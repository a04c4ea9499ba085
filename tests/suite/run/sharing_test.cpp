// Several schedulers on one store, living and killed.
#include <fstream>

#include <fmt/format.h>

#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using store::LookupState;
using testing::becomes_true;
using ::testing::HasSubstr;
using testing::RunTest;
using testing::ScheduleChild;
using testing::toy_plan;
using testing::ToyRun;

class SharingTest : public RunTest {};

TEST_F(SharingTest, TwoSchedulersOnOneStoreDoEachRunOnce) {
    std::vector<ToyRun> runs;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        runs.push_back({"slow:20", seed, seed % 2 == 0 ? "slow:30" : "slow:31"});
    }
    const plan::Plan plan = toy_plan(runs);

    ScheduleChild one(store_path(), 2, 2.0, runs);
    ScheduleChild two(store_path(), 2, 2.0, runs);

    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(two.wait(), 0);
    for (const plan::PlannedRun& run : plan.runs) {
        EXPECT_EQ(times_trained(run.key), 1) << run.label << " " << run.seed;
        EXPECT_EQ(open_store().look_up(run.key).state, LookupState::finished);
    }
    EXPECT_EQ(claims_left(), 0U);
}

TEST_F(SharingTest, ARunOfAnotherProcessIsWaitedForAndCountsAsDone) {
    const std::vector<ToyRun> runs{{"slow:1500", 0}};
    const plan::Plan plan = toy_plan(runs);
    ScheduleChild other(store_path(), 1, 2.0, runs);
    ASSERT_TRUE(becomes_true([&] { return times_trained(plan.runs[1].key) == 1; }));

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_before, 1U);
    EXPECT_EQ(summary.done_now, 1U);
    EXPECT_EQ(times_trained(plan.runs[1].key), 1);
    EXPECT_EQ(other.wait(), 0);
}

TEST_F(SharingTest, ARunWhoseProcessWasKilledIsTakenOver) {
    const std::vector<ToyRun> runs{{"slow:3000", 0}};
    const plan::Plan plan = toy_plan(runs);
    ScheduleChild other(store_path(), 1, 2.0, runs);
    ASSERT_TRUE(becomes_true([&] { return times_trained(plan.runs[1].key) == 1; }));
    other.signal(SIGKILL);
    EXPECT_EQ(other.wait(), 128 + SIGKILL);

    const RunSummary summary = run(plan);

    EXPECT_EQ(summary.done_now, 1U);
    EXPECT_EQ(times_trained(plan.runs[1].key), 2);
    EXPECT_EQ(claims_left(), 0U);
}

// A process may be killed between the publication of its last run and the release of the claim.
TEST_F(SharingTest, RemovesDeadClaimsOfFinishedRunsAndNoOthers) {
    const plan::Plan plan = toy_plan({{.seed = 1}});
    static_cast<void>(run(plan));
    const ProcessIdentity dead{.host = this_process().host, .pid = this_process().pid, .start_ticks = 1};
    store::testing::spill(store_path() / "claims" / plan.runs[0].key, to_string(dead) + "\n0123\n");
    store::testing::spill(store_path() / "claims" / plan.runs[1].key, "otherhost-1-1\n0123\n");

    EXPECT_EQ(run(plan).done_before, 2U);

    EXPECT_FALSE(std::filesystem::exists(store_path() / "claims" / plan.runs[0].key));
    EXPECT_TRUE(std::filesystem::exists(store_path() / "claims" / plan.runs[1].key));
}

TEST_F(SharingTest, SaysWhenAnotherProcessHasTakenItsRunOver) {
    const std::vector<plan::Plan> plans{toy_plan({{"slow:500"}})};
    const std::string key = plans[0].runs[1].key;
    store::Store store = open_store();
    const plan::Catalog catalog = testing::toy_catalog();
    ::testing::internal::CaptureStderr();
    std::jthread thief([&] {
        if (becomes_true([&] { return times_trained(key) == 1; })) {
            store::testing::spill(store_path() / "claims" / key, "otherhost-1-1\n0123\n");
        }
    });

    const RunSummary summary =
        Scheduler(catalog, plans, store,
                  {.jobs = 1, .heartbeat_seconds = 0.05, .worker = testing::fake_worker()})
            .run();
    thief.join();

    EXPECT_THAT(::testing::internal::GetCapturedStderr(),
                HasSubstr("another process has taken over run " + key));
    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_EQ(claims_left(), 1U); // not ours any more
}

TEST_F(SharingTest, AWorkerDiesWithItsScheduler) {
    const std::vector<ToyRun> runs{{"stubborn", 0}};
    const plan::Plan plan = toy_plan(runs);
    ScheduleChild child(store_path(), 1, 2.0, runs);
    ASSERT_TRUE(becomes_true([&] { return times_trained(plan.runs[1].key) == 1; }));
    const pid_t worker = workers().back();

    child.signal(SIGKILL);
    EXPECT_EQ(child.wait(), 128 + SIGKILL);

    const auto state = [worker] { // gone, or a zombie that the container's first process has not reaped
        std::ifstream file(fmt::format("/proc/{}/stat", worker));
        std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        return text.empty() ? 'X' : text[text.rfind(')') + 2];
    };
    EXPECT_TRUE(becomes_true([&] { return state() == 'X' || state() == 'Z'; }, 5.0));
}

} // namespace
} // namespace suite::run
