#include "suite/run/plan_groups.hpp"

#include <gmock/gmock.h>

#include "tests/suite/run/toy_plan.hpp"

namespace suite::run {
namespace {

using ::testing::ElementsAre;

TEST(BracePatterns, UniteNamesThatDifferInOnePart) {
    EXPECT_THAT(brace_patterns({"a/x", "a/y", "b/x", "b/y", "c/x"}), ElementsAre("{a,b}/{x,y}", "c/x"));
    EXPECT_THAT(brace_patterns({"a/x/1", "a/x", "b/x"}), ElementsAre("a/x/1", "{a,b}/x"));
    EXPECT_THAT(brace_patterns({"pets/R50x1/1K-NAT"}), ElementsAre("pets/R50x1/1K-NAT"));
    EXPECT_TRUE(brace_patterns({}).empty());
}

TEST(Wrapped, BreaksAfterBlanksAndCommasAtEightyColumns) {
    const std::string forty = "0123456789012345678901234567890123456789";
    EXPECT_EQ(wrapped("short", 4), "short\n");
    EXPECT_EQ(wrapped(forty + " " + forty, 4), forty + "\n    " + forty + "\n");
    EXPECT_EQ(wrapped(forty + "," + forty, 2), forty + ",\n  " + forty + "\n");
    EXPECT_EQ(wrapped(forty + " " + forty.substr(1), 4), forty + " " + forty.substr(1) + "\n");
    EXPECT_EQ(wrapped(forty + forty + forty, 4), forty + forty + forty + "\n") << "a long word stays whole";
    EXPECT_EQ(wrapped("  a " + forty + forty, 4), "  a\n    " + forty + forty + "\n");
}

/// Two cells of two seeds each, and what they follow.
plan::Plan two_cells() {
    plan::Plan plan = testing::toy_plan({{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}});
    for (std::size_t i = 1; i < plan.runs.size(); i += 2) {
        plan.cells.push_back(
            {.id = {}, .text = plan.runs[i].cell, .metric = "top1", .stand_ins = {}, .runs = {i, i + 1}});
    }
    return plan;
}

TEST(PlanGroups, CellsOfTheSameStateShareALine) {
    const plan::Plan plan = two_cells();
    EXPECT_EQ(plan_groups_text(plan, std::vector<ItemStatus>(5), {}),
              "  todo: 1 pre-training run\n    pretrain succeed/R50x1\n"
              "  todo: seeds 0-1 of 2 cells\n    toy/R50x1/{a,b}\n");
}

TEST(PlanGroups, SayWhatStandsDifferently) {
    plan::Plan plan = two_cells();
    plan.skipped = {
        {"toy/R50x1/c/100", "100 shots"}, {"toy/R50x1/c/500", "500 shots"}, {"toy/R50x1/d/100", "100 shots"}};
    std::vector<ItemStatus> statuses(5);
    statuses[0].state = ItemState::done;
    statuses[1].state = ItemState::done;
    EXPECT_EQ(plan_groups_text(plan, statuses, {{"toy/R50x1/b", "data set toy not found"}}),
              "  done: 1 pre-training run\n    pretrain succeed/R50x1\n"
              "  done: seed 0; todo: seed 1 of 1 cell\n    toy/R50x1/a\n"
              "  todo: seeds 0-1 of 1 cell, missing: data set toy not found\n    toy/R50x1/b\n"
              "  skipped 2 cells: 100 shots\n    toy/R50x1/{c,d}/100\n"
              "  skipped 1 cell: 500 shots\n    toy/R50x1/c/500\n");
}

} // namespace
} // namespace suite::run
