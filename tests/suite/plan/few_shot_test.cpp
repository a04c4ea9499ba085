// The few-shot workloads: axes of the published raw results, runs shared with Table 1, draws, refusals.
#include <algorithm>
#include <map>
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

using small_tree::published;
using small_tree::Tree;
using suite::plan::FewShotDraw;
using suite::plan::Plan;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const std::map<std::string, std::vector<std::string>> shots_of{
    {"cifar10", {"1", "5", "10", "100", "500", "full"}},
    {"cifar100", {"1", "5", "10", "100", "500", "full"}},
    {"flowers102", {"1", "5", "10", "full"}},
    {"pets", {"1", "5", "10", "full"}},
    {"covidx", {"1", "5", "10", "100", "500", "full"}},
    {"tuberculosis", {"1", "5", "10", "100", "full"}},
    {"padchest-cl", {"1", "5", "10", "100", "full"}},
};

TEST(FewShotWorkloads, HaveThePublishedShots) { // paper.md#shots
    for (const auto& [target, shots] : shots_of) {
        const auto& workload = published().workloads.at("fewshot-" + target);
        EXPECT_EQ(workload.values(suite::plan::AxisRole::shots), shots) << target;
        EXPECT_THAT(workload.values(suite::plan::AxisRole::target), ElementsAre(target));
    }
}

TEST(FewShotWorkloads, HaveAPublishedNumberForEveryCell) {
    std::size_t cells = 0;
    for (const auto& [target, shots] : shots_of) {
        const std::string id = "fewshot-" + target;
        const auto references = suite::plan::load_references(published(), id, "paper");
        for (const auto& cell : workload_cells(published().workloads.at(id))) {
            const auto* reference = references.judging(cell.text());
            ASSERT_NE(reference, nullptr) << cell.text();
            EXPECT_GE(reference->values.size(), 4U) << cell.text();
            ++cells;
        }
    }
    // 289 published cells less the single sources MIMIC, PadChest (COVIDx, TB) and NIH (TB), which no figure
    // shows.
    EXPECT_EQ(cells, 289U - 12U - 15U);
}

TEST(FewShotWorkloads, FullShotCellsAreTable1sRuns) {
    for (const char* profile : {"paper", "laptop", "smoke"}) {
        std::map<std::string, std::string> keys;
        for (const auto& run : suite::plan::expand(published(), "table1", profile).runs) {
            keys[run.label + "#" + std::to_string(run.seed)] = run.key;
        }
        std::size_t shared = 0;
        for (const auto& [target, shots] : shots_of) {
            for (const auto& run : suite::plan::expand(published(), "fewshot-" + target, profile).runs) {
                const auto same = keys.find(run.label + "#" + std::to_string(run.seed));
                const bool is_between = run.label.find("chexpert+mimic-cxr") != std::string::npos;
                if (run.config.shots == 0 && !run.cell.empty() && !is_between) {
                    ASSERT_NE(same, keys.end()) << profile << " " << run.label;
                }
                if (same != keys.end()) {
                    EXPECT_EQ(run.key, same->second) << profile << " " << run.label;
                    ++shared;
                }
            }
        }
        EXPECT_GE(shared, (16U + 24U) * 2U) << profile;
    }
}

TEST(FewShotWorkloads, RunKeysAreTheGoldenOnes) { // tests/fixtures/plan_keys.py
    const auto golden = small_tree::golden_keys("keys_few_shot.csv");
    const Plan plan =
        suite::plan::expand(published(), "fewshot-padchest-cl", "paper", {.seeds = {{0}}, .cells = {}});
    EXPECT_EQ(small_tree::keys_by_label(plan.runs), golden);
    EXPECT_EQ(golden.size(), 10U + 50U);
}

TEST(FewShotDraws, OnlyPadChestClIsDrawnClassByClass) {
    for (const auto& [target, shots] : shots_of) {
        for (const auto& run : suite::plan::expand(published(), "fewshot-" + target, "laptop").runs) {
            const bool per_class = target == "padchest-cl" && run.config.shots > 0;
            EXPECT_EQ(run.config.few_shot_draw, per_class ? FewShotDraw::per_class : FewShotDraw::generic)
                << run.label;
        }
    }
}

// CIFAR-100 has 500 images a class: 500 shots are all of it, and take the long rule with MixUp.
TEST(FewShotDraws, FiveHundredOfCifar100AreTheFullShot) {
    const Plan plan = suite::plan::expand(published(), "fewshot-cifar100", "paper",
                                          {.seeds = {{0}}, .cells = {"cifar100/R50x1/1K-NAT/500"}});
    ASSERT_EQ(plan.cells.size(), 1U);
    EXPECT_EQ(plan.runs.back().config.train.schedule.total_steps, 10'000);
    EXPECT_EQ(plan.runs.back().config.train.mixup_alpha, 0.1);
}

Plan with_shots(const std::string& shots, const std::string& more_of_pets) {
    Tree tree;
    tree.replace("w/workload.toml", "[\"full\"]", "[\"" + shots + "\", \"full\"]");
    tree.replace("data/sets.toml", "labels = [\"cat\", \"dog\"]",
                 "labels = [\"cat\", \"dog\"]\n" + more_of_pets);
    return suite::plan::expand(tree.load(), "w", "full");
}

TEST(FewShotRefusal, OfAClassThatIsTooSmallIsASkippedCellWithItsReason) {
    const Plan plan = with_shots("11", "smallest_class = 10");
    ASSERT_EQ(plan.skipped.size(), 1U);
    EXPECT_EQ(plan.skipped[0].cell, "pets/small/NAT/11");
    EXPECT_THAT(plan.skipped[0].reason, HasSubstr("11 shots, but the smallest class of pets has at most 10"));
    ASSERT_EQ(plan.cells.size(), 1U);
    EXPECT_EQ(plan.cells[0].text, "pets/small/NAT");
    EXPECT_TRUE(with_shots("10", "smallest_class = 10").skipped.empty());
}

TEST(FewShotRefusal, NeedsNoDeclaredClassWhenTheSetItselfIsTooSmall) {
    EXPECT_EQ(with_shots("501", "").skipped.size(), 1U); // 1,000 images of two classes
    EXPECT_TRUE(with_shots("500", "").skipped.empty());
}

TEST(FewShotRefusal, IsNotForTheDrawThatTakesWhatThereIs) {
    EXPECT_TRUE(with_shots("501", "smallest_class = 10\nfew_shot_draw = \"per-class\"").skipped.empty());
}

TEST(FewShotRefusal, KnowsTheClassesOfGeneratedSets) {
    const auto& sets = published().data_sets;
    suite::plan::DataSetSpec covidx = sets.at("phantom-covidx");
    covidx.train_images = 512;
    covidx.xray->prevalence = 0.135;
    EXPECT_THAT(suite::plan::few_shot_refusal(sets.at("covidx"), covidx, 100),
                HasSubstr("at most 70 of its 512"));
    EXPECT_EQ(suite::plan::few_shot_refusal(sets.at("covidx"), covidx, 10), "");
    suite::plan::DataSetSpec flowers = sets.at("phantom-flowers");
    flowers.labels.resize(2);
    flowers.natural->imbalance = 3.0;
    flowers.train_images = 100;
    EXPECT_EQ(suite::plan::few_shot_refusal(sets.at("flowers102"), flowers, 25), "");
    EXPECT_THAT(suite::plan::few_shot_refusal(sets.at("flowers102"), flowers, 26), HasSubstr("at most 25"));
}

} // namespace
