// Ladders become runs in the order in which they are measured; the published rungs are read as printed.
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace suite::plan {
namespace {

using small_tree::Tree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string workload_file = "s/workload.toml";

std::map<std::string, std::string> files_with_ladder() {
    std::map<std::string, std::string> files = small_tree::valid_files;
    files[workload_file] = R"([[workload]]
id = "s"
title = "A ladder"
source = "Table 9"
study = "nobody2000"
axis = [
  { name = "target", values = ["photos"] },
  { name = "model", values = ["small"] },
  { name = "scaling", values = ["weak", "strong"] },
]
[workload.scaling]
margin = 1.5
[[workload.scaling.ladder]]
profile = "full"
ranks = [1, 2, 4]
oversubscribed = [4]
local_batch = 32
micro_batch = 8
strong_batch = 96
steps = 20
warmup_steps = 4
data_mode = "cached"
)";
    return files;
}

/// "MODE/RANKS" or "MODE/1#OCCASION" of every run, one repetition.
std::vector<std::string> order_of(const Plan& plan, std::uint64_t repetition) {
    std::vector<std::string> order;
    for (const PlannedRun& run : plan.runs) {
        if (run.seed == repetition) {
            const ScalingConfig& scaling = *run.config.scaling;
            order.push_back(run.cell.substr(std::string("photos/small/").size()) +
                            (run.config.ranks == 1 ? "#" + std::to_string(scaling.occasion) : ""));
        }
    }
    return order;
}

const PlannedCell& cell_of(const Plan& plan, const std::string& text) {
    for (const PlannedCell& planned : plan.cells) {
        if (planned.text == text) {
            return planned;
        }
    }
    throw std::runtime_error("no cell " + text);
}

TEST(ScalingPlan, ClimbsTheLadderRepetitionByRepetitionWithTheBaseCaseAroundEachRung) {
    const Plan plan = expand(Tree(files_with_ladder()).load(), "s", "full");

    for (const std::uint64_t repetition : {0U, 1U}) {
        EXPECT_THAT(order_of(plan, repetition),
                    ElementsAre("weak/1#0", "strong/1#0", "weak/2", "strong/2", "weak/1#1", "strong/1#1",
                                "weak/4", "strong/4", "weak/1#2", "strong/1#2"));
    }
    EXPECT_THAT(plan.runs, SizeIs(20));
    EXPECT_THAT(plan.skipped, IsEmpty());
    const PlannedCell& rung = cell_of(plan, "photos/small/weak/4");
    ASSERT_THAT(rung.runs, SizeIs(2));
    ASSERT_THAT(rung.bases, SizeIs(2));
    for (std::size_t r = 0; r < 2; ++r) {
        EXPECT_EQ(plan.runs[rung.runs[r]].seed, r);
        EXPECT_EQ(plan.runs[rung.bases[r].before].config.scaling->occasion, 1);
        EXPECT_EQ(plan.runs[rung.bases[r].after].config.scaling->occasion, 2);
        EXPECT_EQ(plan.runs[rung.bases[r].after].seed, r);
        EXPECT_LT(rung.bases[r].before, rung.runs[r]);
        EXPECT_LT(rung.runs[r], rung.bases[r].after);
    }
    EXPECT_THAT(cell_of(plan, "photos/small/weak/1").runs, SizeIs(6));
    EXPECT_THAT(cell_of(plan, "photos/small/weak/1").bases, IsEmpty());
}

TEST(ScalingPlan, WeakKeepsTheLocalBatchAndStrongTheGlobalOne) {
    const Plan plan = expand(Tree(files_with_ladder()).load(), "s", "full");
    std::set<std::string> keys;
    for (const PlannedRun& run : plan.runs) {
        const bool is_weak = run.cell.find("/weak/") != std::string::npos;
        EXPECT_EQ(run.config.kind, RunKind::scaling);
        EXPECT_EQ(run.config.train.batch, is_weak ? 32 * run.config.ranks : 96) << run.cell;
        EXPECT_EQ(run.config.train.micro_batch, 8);
        EXPECT_EQ(run.config.train.schedule.total_steps, 20);
        EXPECT_EQ(run.config.scaling->warmup_steps, 4);
        EXPECT_EQ(run.config.metric, throughput_metric);
        EXPECT_EQ(run_config_from_text(canonical_text(run.config)).scaling, run.config.scaling);
        EXPECT_TRUE(keys.insert(run.key).second);
    }
}

TEST(ScalingPlan, EqualBatchesShareTheBaseCase) {
    Tree tree(files_with_ladder());
    tree.replace(workload_file, "strong_batch = 96", "strong_batch = 32");

    const Plan plan = expand(tree.load(), "s", "full");

    EXPECT_THAT(order_of(plan, 0),
                ElementsAre("weak/1#0", "weak/2", "strong/2", "weak/1#1", "weak/4", "strong/4", "weak/1#2"));
    EXPECT_EQ(cell_of(plan, "photos/small/strong/1").runs, cell_of(plan, "photos/small/weak/1").runs);
}

TEST(ScalingPlan, ARungWiderThanTheMachineIsSkippedUnlessItMayOversubscribe) {
    const Catalog catalog = Tree(files_with_ladder()).load();

    EXPECT_THAT(expand(catalog, "s", "full", {.slots = 2}).skipped, IsEmpty()); // 4 is declared to
    const Plan one = expand(catalog, "s", "full", {.slots = 1});
    ASSERT_THAT(one.skipped, SizeIs(2));
    EXPECT_EQ(one.skipped[0].cell, "photos/small/weak/2");
    EXPECT_THAT(one.skipped[0].reason, HasSubstr("2 ranks, but this machine has 1 cores"));
    EXPECT_THAT(order_of(one, 0),
                ElementsAre("weak/1#1", "strong/1#1", "weak/4", "strong/4", "weak/1#2", "strong/1#2"));
    EXPECT_THAT(expand(catalog, "s", "full", {.slots = 1, .oversubscribe = true}).skipped, IsEmpty());
}

TEST(ScalingPlan, AFilteredRungKeepsItsBaseCases) {
    const Plan plan = expand(Tree(files_with_ladder()).load(), "s", "full", {.cells = {"*/weak/2"}});

    EXPECT_THAT(order_of(plan, 0), ElementsAre("weak/1#0", "weak/2", "weak/1#1"));
    EXPECT_THAT(plan.cells, SizeIs(1));
}

TEST(ScalingPlan, SaysWhyARungIsNotMeasured) {
    Tree tree(files_with_ladder());
    tree.replace(workload_file, "strong_batch = 96", "strong_batch = 16");
    tree.add("profiles.toml", "[[profile]]\nid = \"other\"\ntitle = \"other\"\nseeds = [0]\n");

    const Catalog catalog = tree.load();

    const Plan plan = expand(catalog, "s", "full");
    ASSERT_THAT(plan.skipped, SizeIs(1));
    EXPECT_THAT(plan.skipped[0].reason, HasSubstr("16 images have no equal share"));
    const Plan other = expand(catalog, "s", "other");
    EXPECT_THAT(other.runs, IsEmpty());
    ASSERT_THAT(other.skipped, SizeIs(6));
    EXPECT_THAT(other.skipped[0].reason, HasSubstr("declares no ladder"));
}

TEST(ScalingPlan, TakesALadderThatPeopleName) {
    Catalog catalog = Tree(files_with_ladder()).load();
    WorkloadSpec& workload = catalog.workloads.at("s");
    ScalingLadder ladder = *workload.scaling->ladder("full");
    ladder.ranks = {1, 3};
    ladder.micro_batch = 32;

    set_ladder(workload, "full", ladder);

    EXPECT_THAT(order_of(expand(catalog, "s", "full", {.cells = {"*/weak/*"}}), 0),
                ElementsAre("weak/1#0", "weak/3", "weak/1#1"));
    ladder.ranks = {2, 4};
    EXPECT_THROW(set_ladder(workload, "full", ladder), Error);
    EXPECT_THROW(set_ladder(workload, "nowhere", *workload.scaling->ladder("full")), Error);
    EXPECT_THROW(set_ladder(catalog.workloads.at("w"), "full", ladder), Error);
}

TEST(ScalingDeclaration, NamesEveryFault) {
    Tree tree(files_with_ladder());
    tree.replace(workload_file, "ranks = [1, 2, 4]", "ranks = [2, 4]")
        .replace(workload_file, "local_batch = 32", "local_batch = 30")
        .replace(workload_file, "steps = 20\n", "steps = 5\n")
        .replace(workload_file, "margin = 1.5", "margin = 0.0")
        .replace(workload_file, "data_mode = \"cached\"", "data_mode = \"warm\"");

    const std::vector<Fault> faults = tree.faults();

    EXPECT_THAT(
        faults,
        testing::UnorderedElementsAre(
            small_tree::fault(tree.where(workload_file, "ranks = [2, 4]"), "2", "begin with 1"),
            small_tree::fault(tree.where(workload_file, "local_batch = 30"), "30", "multiple of micro_batch"),
            small_tree::fault(tree.where(workload_file, "steps = 5\n"), "5", "6 or more"),
            small_tree::fault(tree.where(workload_file, "margin = 0.0"), "0", "above 0"),
            small_tree::fault(tree.where(workload_file, "data_mode = \"warm\""), "warm", "synthetic")));
}

TEST(ScalingReference, IsThePrintedTable) {
    const References references = load_references(small_tree::published(), "table2", "paper");

    ASSERT_THAT(references.published, SizeIs(10));
    const Reference& largest = references.published.at("imagenet1k/R152x4/weak/1024");
    EXPECT_NEAR(largest.printed->mean, 93.77, 0.005); // paper.md#absolute-throughput-of-table-2
    EXPECT_NEAR(largest.printed->rounding_half_width, 93.77 * 0.005 / 129.14, 1e-4);
    EXPECT_DOUBLE_EQ(largest.throughput->images_per_second, 124003.59);
    EXPECT_DOUBLE_EQ(largest.throughput->speedup, 960.26);
    EXPECT_DOUBLE_EQ(references.published.at("imagenet1k/R152x4/weak/1").printed->mean, 100.0);
    EXPECT_FALSE(load_references(small_tree::published(), "table2", "laptop").compares_with_baseline);
}

TEST(ScalingReference, WantsTheBaseCaseFirst) {
    Tree tree(files_with_ladder());
    tree.add("s/reference/throughput.csv", "cell,images_per_second,speedup,where,origin\n"
                                           "photos/small/weak/2,19.0,1.90,paper,Nobody\n"
                                           "photos/small/weak/1,10.0,1.00,paper,Nobody\n"
                                           "photos/small/weak/8,70.0,7.00,paper,Nobody\n");
    const Catalog catalog = tree.load();
    try {
        static_cast<void>(load_references(catalog, "s", "full"));
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.faults(), SizeIs(2)) << error.what();
    }
}

TEST(ScalingPlan, TheDeclaredLaddersAreWhatTheReadmeSays) {
    const Plan paper = expand(small_tree::published(), "table2", "paper");
    EXPECT_THAT(paper.cells.size() + paper.skipped.size(), 22U);
    EXPECT_THAT(paper.seeds, SizeIs(5));
    const Plan laptop = expand(small_tree::published(), "table2", "laptop", {.slots = 2});
    EXPECT_THAT(laptop.runs, SizeIs(5 * 7)); // weak and strong share their base cases
    EXPECT_EQ(laptop.cells.front().stand_ins.size(), 2U);
}

} // namespace
} // namespace suite::plan
