// Further pre-training runs: seeds and keys of their own, everything else as it was.
#include <algorithm>
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"

using namespace suite::plan;
using small_tree::published;
using testing::HasSubstr;

namespace {

const std::string two_sources = "cifar10/R50x1/*-NAT";

Plan expand_parents(std::optional<int> parents, const std::string& workload = "table1",
                    const std::vector<std::string>& cells = {two_sources}) {
    return expand(published(), workload, "laptop", {.cells = cells, .parents = parents});
}

std::string refusal(const std::string& workload, const PlanFilter& filter) {
    try {
        static_cast<void>(expand(published(), workload, "paper", filter));
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), suite::ErrorKind::usage);
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(Parents, OneIsThePlanAsItWas) {
    const Plan plain = expand_parents(std::nullopt);
    const Plan one = expand_parents(1);
    ASSERT_EQ(plain.runs.size(), one.runs.size());
    for (std::size_t i = 0; i < plain.runs.size(); ++i) {
        EXPECT_EQ(plain.runs[i].key, one.runs[i].key);
        EXPECT_EQ(plain.runs[i].parent_index, 0);
    }
    EXPECT_EQ(plain.parents, 1);
    EXPECT_TRUE(plain.cells.at(0).further.empty());
}

TEST(Parents, FurtherOnesLeaveTheKeysOfTheFirst) {
    const Plan plain = expand_parents(1, "table1", {});
    const Plan more = expand_parents(3, "table1", {});
    EXPECT_EQ(more.parent_count(), 3 * plain.parent_count());
    EXPECT_EQ(more.runs.size(), 3 * plain.runs.size());
    std::set<std::string> keys;
    for (const PlannedRun& run : more.runs) {
        keys.insert(run.key);
    }
    EXPECT_EQ(keys.size(), more.runs.size());
    ASSERT_EQ(plain.cells.size(), more.cells.size());
    for (std::size_t cell = 0; cell < plain.cells.size(); ++cell) {
        for (std::size_t seed = 0; seed < plain.cells[cell].runs.size(); ++seed) {
            EXPECT_EQ(more.runs.at(more.cells[cell].runs[seed]).key,
                      plain.runs.at(plain.cells[cell].runs[seed]).key);
        }
    }
}

TEST(Parents, DifferInTheSeedAlone) {
    const Plan plan = expand_parents(3);
    std::set<std::string> labels;
    for (const PlannedRun& run : plan.runs) {
        labels.insert(run.label);
        if (run.is_pretraining()) {
            EXPECT_EQ(run.seed, 42U + static_cast<std::uint64_t>(run.parent_index)) << run.label;
            EXPECT_EQ(run.config.seed, run.seed);
            EXPECT_TRUE(differ_in_seed_alone(
                run.config,
                plan.runs.at(run.config.data.set.id == plan.runs[0].config.data.set.id ? 0 : 1).config));
        }
    }
    EXPECT_EQ(labels.count("pretrain imagenet1k/R50x1"), 1U);
    EXPECT_EQ(labels.count("pretrain imagenet1k/R50x1, parent 2"), 1U);
    EXPECT_EQ(labels.count("pretrain imagenet21k/R50x1, parent 3"), 1U);
    EXPECT_EQ(labels.count("cifar10/R50x1/1K-NAT, parent 3"), 1U);
}

TEST(Parents, HaveAllFineTuningRunsOfACellWithTheSameSeeds) {
    const Plan plan = expand_parents(3);
    for (const PlannedCell& cell : plan.cells) {
        ASSERT_EQ(cell.further.size(), 2U);
        for (std::size_t parent = 0; parent < 2; ++parent) {
            ASSERT_EQ(cell.further[parent].size(), cell.runs.size());
            for (std::size_t seed = 0; seed < cell.runs.size(); ++seed) {
                const PlannedRun& run = plan.runs.at(cell.further[parent][seed]);
                const PlannedRun& first = plan.runs.at(cell.runs[seed]);
                EXPECT_EQ(run.seed, first.seed);
                EXPECT_EQ(run.cell, cell.text);
                EXPECT_NE(run.parent, first.parent);
                EXPECT_EQ(run.parent_index, static_cast<int>(parent) + 1);
                EXPECT_EQ(run.config.parent_key, run.parent);
            }
        }
        EXPECT_EQ(all_runs(cell).size(), 3 * cell.runs.size());
    }
}

TEST(Parents, ComeBeforeTheRunsThatStartFromThem) {
    const Plan plan = expand_parents(2);
    std::set<std::string> seen;
    bool fine_tuning = false;
    for (const PlannedRun& run : plan.runs) {
        EXPECT_TRUE(run.parent.empty() || seen.contains(run.parent)) << run.label;
        EXPECT_FALSE(fine_tuning && run.is_pretraining()) << run.label;
        fine_tuning = !run.is_pretraining();
        seen.insert(run.key);
    }
}

TEST(Parents, AsWrittenShareTheRunsThatBothProtocolsHave) {
    const PlanFilter filter{.cells = {"cifar10/R50x1/21K-NAT"}, .protocol = "as-written", .parents = 2};
    const Plan written = expand(published(), "table1", "laptop", filter);
    const Plan run = expand_parents(2, "table1", filter.cells);
    std::set<std::string> keys;
    for (const PlannedRun& entry : run.runs) {
        keys.insert(entry.key);
    }
    for (const PlannedRun& entry : written.runs) {
        EXPECT_EQ(entry.config.protocol == as_run, keys.contains(entry.key)) << entry.label;
    }
}

TEST(Parents, AreWhatAWorkloadDeclaresUnlessTheProfileHasFewer) {
    const Plan laptop = expand(published(), "parents", "laptop");
    const Plan smoke = expand(published(), "parents", "smoke");
    const Plan asked = expand(published(), "parents", "smoke", {.parents = 3});
    EXPECT_EQ(laptop.parents, 4);
    EXPECT_EQ(laptop.parent_count(), 4U * 18U);
    EXPECT_EQ(smoke.parents, 2);
    EXPECT_EQ(asked.parents, 3);
}

TEST(Parents, TheirWorkloadSharesTheRunsOfTable1) {
    std::set<std::string> keys;
    for (const PlannedRun& run : expand(published(), "parents", "laptop").runs) {
        keys.insert(run.key);
    }
    for (const PlannedRun& run : expand(published(), "table1", "laptop").runs) {
        EXPECT_TRUE(keys.contains(run.key)) << run.label;
    }
}

TEST(Parents, OutOfRangeAreRefused) {
    for (const int parents : {-1, 0, 65}) {
        EXPECT_THAT(refusal("table1", {.parents = parents}),
                    testing::AllOf(HasSubstr("--parents"), HasSubstr(std::to_string(parents)),
                                   HasSubstr("from 1 to 64")));
    }
}

TEST(Parents, AreRefusedWhereNothingIsPreTrained) {
    EXPECT_THAT(refusal("table2", {.parents = 2}), HasSubstr("measures speed and pre-trains nothing"));
}

TEST(Parents, AreRefusedBesideWeights) {
    const PlanFilter filter{.weights = {{"BiT-M-R50x1", {}}}, .parents = 2};
    EXPECT_THAT(refusal("table1", filter), HasSubstr("another recipe than the published weights"));
}

TEST(Parents, ThatAWorkloadDeclaresGiveWayToWeights) {
    const Plan plan = expand(published(), "parents", "paper",
                             {.cells = {"cifar10/R50x1/21K-NAT"}, .weights = {{"BiT-M-R50x1", {}}}});
    EXPECT_EQ(plan.parent_count(), 1U);
    EXPECT_TRUE(plan.cells.at(0).further.empty());
}

TEST(Parents, OfAnotherRecipeAreToldApart) {
    const Plan plan = expand_parents(1);
    RunConfig other = plan.runs.at(0).config;
    other.seed += 1;
    EXPECT_TRUE(differ_in_seed_alone(other, plan.runs[0].config));
    other.train.weight_decay *= 2;
    EXPECT_FALSE(differ_in_seed_alone(other, plan.runs[0].config));
}

} // namespace
