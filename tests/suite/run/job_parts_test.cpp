#include "suite/run/job_parts.hpp"

#include <set>

#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using testing::toy_plan;

/// Cells of a toy plan: one for each behaviour, all its seeds.
plan::Plan with_cells(plan::Plan plan) {
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const plan::PlannedRun& run = plan.runs[i];
        if (run.cell.empty()) {
            continue;
        }
        if (plan.cells.empty() || plan.cells.back().text != run.cell) {
            plan.cells.emplace_back();
            plan.cells.back().text = run.cell;
        }
        plan.cells.back().runs.push_back(i);
    }
    return plan;
}

/// Parents a, b, c of 8 gigamacs; cells a1 a2 (parent a), b1, c1 of 2 gigamacs a run, two seeds each. At 2
/// gigamacs per second: a parent 4 s, a run 1 s.
plan::Plan four_cells() {
    return with_cells(toy_plan({{"a1", 0, "a"},
                                {"a1", 1, "a"},
                                {"a2", 0, "a"},
                                {"a2", 1, "a"},
                                {"b1", 0, "b"},
                                {"b1", 1, "b"},
                                {"c1", 0, "c"},
                                {"c1", 1, "c"}}));
}

struct Work {
    plan::Plan plan;
    std::vector<ItemStatus> statuses;
    [[nodiscard]] PlannedWork work() const {
        return {.plan = &plan,
                .statuses = &statuses,
                .throughput = expected_throughput(testing::toy_catalog(), plan)};
    }
};

Work untouched() {
    plan::Plan plan = four_cells();
    std::vector<ItemStatus> statuses(plan.runs.size());
    return {std::move(plan), std::move(statuses)};
}

TEST(WorkLeft, CountsEachRunOnceAndTheLongestChain) {
    const Work all = untouched();
    const WorkLeft left = work_left({all.work(), all.work()}); // the same runs seen from two workloads

    EXPECT_DOUBLE_EQ(left.total_seconds, 3 * 4.0 + 8 * 1.0);
    EXPECT_DOUBLE_EQ(left.longest_seconds, 5.0);
    EXPECT_DOUBLE_EQ(left.longest_run_seconds, 4.0);
}

TEST(WorkLeft, LeavesOutWhatIsDone) {
    Work some = untouched();
    for (ItemStatus& status : some.statuses) {
        status.state = ItemState::done;
    }
    EXPECT_DOUBLE_EQ(work_left({some.work()}).total_seconds, 0.0);
    some.statuses.back().state = ItemState::failed; // its pre-training run is done
    EXPECT_DOUBLE_EQ(work_left({some.work()}).total_seconds, 1.0);
    EXPECT_DOUBLE_EQ(work_left({some.work()}).longest_seconds, 1.0);
}

TEST(WorkLeft, PrefersMeasuredThroughput) {
    const Work all = untouched();
    PlannedWork work = all.work();
    work.throughput["toy-parent"] = 8.0;
    EXPECT_DOUBLE_EQ(work_left({work}).total_seconds, 3 * 1.0 + 8 * 1.0);
}

TEST(SplitWork, KeepsCellsOfOneParentTogetherLongestFirst) {
    const Work all = untouched();
    const std::vector<JobPart> parts = split_work({all.work()}, 2);

    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].cells, (std::vector<std::string>{"toy/R50x1/b1", "toy/R50x1/c1"}));
    EXPECT_DOUBLE_EQ(parts[0].left.total_seconds, 12.0);
    EXPECT_EQ(parts[1].cells, (std::vector<std::string>{"toy/R50x1/a1", "toy/R50x1/a2"}));
    EXPECT_DOUBLE_EQ(parts[1].left.total_seconds, 8.0);
}

TEST(SplitWork, HoldsEachCellThatIsNotDoneOnceWhateverTheNumberOfParts) {
    Work some = untouched();
    for (const std::size_t run : some.plan.cells[2].runs) {
        some.statuses[run].state = ItemState::done;
    }
    for (std::size_t wanted = 1; wanted < 9; ++wanted) {
        std::multiset<std::string> cells;
        const std::vector<JobPart> parts = split_work({some.work()}, wanted);
        for (const JobPart& part : parts) {
            cells.insert(part.cells.begin(), part.cells.end());
        }
        EXPECT_EQ(cells, (std::multiset<std::string>{"toy/R50x1/a1", "toy/R50x1/a2", "toy/R50x1/c1"}));
        EXPECT_EQ(parts.size(), std::min<std::size_t>(wanted, 2)); // two pre-training runs are needed
    }
}

TEST(JobTime, IsTheEstimateWithMarginWithinTheLimit) {
    // 4 processes: 100 h / 4 = 25 h; x 1.5 + 10 min + 300 s.
    const WorkLeft left{.total_seconds = 360'000.0, .longest_seconds = 3600.0, .longest_run_seconds = 3000.0};
    const JobTime free = time_for(left, 4, 100'000, 300);
    EXPECT_EQ(free.minutes, 25 * 60 * 3 / 2 + 10 + 5);
    EXPECT_EQ(free.passes, 1);
    EXPECT_DOUBLE_EQ(free.estimate_seconds, 90'000.0);
}

TEST(JobTime, NeverFallsBelowTheLongestChain) {
    const WorkLeft left{.total_seconds = 4000.0, .longest_seconds = 3600.0, .longest_run_seconds = 3000.0};
    EXPECT_DOUBLE_EQ(time_for(left, 1000, 1000, 0).estimate_seconds, 3600.0);
}

TEST(JobTime, CountsPassesWhereTheLimitIsShort) {
    const WorkLeft left{.total_seconds = 36'000.0, .longest_seconds = 60.0, .longest_run_seconds = 60.0};
    const JobTime limited = time_for(left, 1, 65, 300); // one hour of use each
    EXPECT_EQ(limited.minutes, 65);
    EXPECT_EQ(limited.passes, 10);
    EXPECT_EQ(time_within(left, 1, 6000, 300).passes, 1);
}

} // namespace
} // namespace suite::run
