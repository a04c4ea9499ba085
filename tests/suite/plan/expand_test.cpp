// Table 1 becomes the cells, runs and shared pre-training runs that the paper describes.
#include <algorithm>
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"

using small_tree::published;
using suite::plan::Plan;
using suite::plan::PlanFilter;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const suite::plan::PlannedRun& run_of(const Plan& plan, const std::string& cell) {
    const auto found = std::find_if(plan.runs.begin(), plan.runs.end(),
                                    [&cell](const auto& run) { return run.label == cell; });
    if (found == plan.runs.end()) {
        throw std::runtime_error("no run of " + cell);
    }
    return *found;
}

TEST(Expand, Table1Has88CellsAnd9SourcesOn2Networks) {
    const std::map<std::string, std::size_t> runs{{"paper", 440}, {"laptop", 440}, {"smoke", 176}};
    for (const auto& [profile, count] : runs) {
        const Plan plan = suite::plan::expand(published(), "table1", profile);
        EXPECT_EQ(plan.cells.size(), 88U) << profile;
        EXPECT_EQ(plan.parent_count(), 18U) << profile;
        EXPECT_EQ(plan.runs.size() - plan.parent_count(), count) << profile;
        EXPECT_TRUE(plan.skipped.empty()) << profile;
    }
}

TEST(Expand, ParentsComeFirstAndAreShared) {
    const Plan plan = suite::plan::expand(published(), "table1", "laptop");
    std::set<std::string> parents;
    std::set<std::string> labels;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const auto& run = plan.runs[i];
        EXPECT_EQ(run.cell.empty(), i < 18) << i;
        if (run.cell.empty()) {
            EXPECT_EQ(run.seed, 42U); // paper.md#pre-training-recipes
            EXPECT_EQ(run.parent, "");
            labels.insert(run.label);
            parents.insert(run.key);
        } else {
            EXPECT_EQ(run.config.parent_key, run.parent);
            EXPECT_EQ(parents.count(run.parent), 1U) << run.label;
        }
    }
    EXPECT_EQ(labels.size(), 18U);
    EXPECT_EQ(labels.count("pretrain chexpert+mimic-cxr+nih+padchest/R152x4"), 1U);
}

TEST(Expand, CellsPointAtTheirRunsInSeedOrder) {
    const Plan plan = suite::plan::expand(published(), "table1", "laptop");
    for (const auto& cell : plan.cells) {
        ASSERT_EQ(cell.runs.size(), 5U) << cell.text;
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_EQ(plan.runs.at(cell.runs[i]).cell, cell.text);
            EXPECT_EQ(plan.runs.at(cell.runs[i]).seed, i);
        }
    }
}

TEST(Expand, CellsComeInTheOrderOfTheAxes) {
    const Plan plan = suite::plan::expand(published(), "table1", "smoke");
    EXPECT_EQ(plan.cells.at(0).text, "cifar10/R50x1/S-MED");
    EXPECT_EQ(plan.cells.at(1).text, "cifar10/R50x1/L-MED");
    EXPECT_EQ(plan.cells.at(4).text, "cifar10/R152x4/S-MED");
    EXPECT_EQ(plan.cells.at(87).text, "nih/R152x4/21K-NAT");
}

// paper.md#tables.
const std::map<std::string, std::pair<std::string, std::string>> medical_sources{
    {"cifar10", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"cifar100", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"flowers102", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"pets", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"covidx", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"tuberculosis", {"chexpert", "chexpert+mimic-cxr+nih+padchest"}},
    {"padchest-cl", {"chexpert", "chexpert+mimic-cxr+nih"}},
    {"padchest", {"chexpert", "chexpert+mimic-cxr+nih"}},
    {"mimic-cxr", {"chexpert", "chexpert+padchest+nih"}},
    {"chexpert", {"padchest", "padchest+mimic-cxr+nih"}},
    {"nih", {"chexpert", "chexpert+padchest+mimic-cxr"}},
};

TEST(Sources, OfEveryTargetAreThePublishedOnes) {
    const auto& workload = published().workloads.at("table1");
    ASSERT_EQ(workload.values(suite::plan::AxisRole::target).size(), medical_sources.size());
    for (const auto& [target, sources] : medical_sources) {
        EXPECT_EQ(
            suite::plan::source_data_set(workload, suite::plan::transfer_cell(target, "R50x1", "S-MED")),
            sources.first)
            << target;
        EXPECT_EQ(
            suite::plan::source_data_set(workload, suite::plan::transfer_cell(target, "R50x1", "L-MED")),
            sources.second)
            << target;
        EXPECT_EQ(
            suite::plan::source_data_set(workload, suite::plan::transfer_cell(target, "R50x1", "1K-NAT")),
            "imagenet1k")
            << target;
        EXPECT_EQ(
            suite::plan::source_data_set(workload, suite::plan::transfer_cell(target, "R50x1", "21K-NAT")),
            "imagenet21k")
            << target;
    }
}

TEST(Sources, NeverContainTheirTarget) {
    const auto& catalog = published();
    for (const auto& cell : suite::plan::workload_cells(catalog.workloads.at("table1"))) {
        const auto& source =
            catalog.data_sets.at(suite::plan::source_data_set(catalog.workloads.at("table1"), cell));
        const std::string target = cell.target() == "padchest-cl" ? "padchest" : cell.target();
        EXPECT_NE(source.id, target) << cell.text();
        for (const std::string& member : source.members) {
            EXPECT_EQ(member.rfind(target, 0), std::string::npos) << cell.text();
        }
    }
}

// paper.md#supersets.
TEST(Supersets, HaveThePublishedLabelSpaces) {
    const auto& sets = published().data_sets;
    const std::vector<std::string> seven{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",
                                         "Effusion",    "Pneumonia",    "Pneumothorax"};
    std::vector<std::string> nine = seven;
    nine.insert(nine.end(), {"Fracture", "Support Devices"});
    std::sort(nine.begin(), nine.end());
    EXPECT_EQ(sets.at("chexpert").labels.size(), 13U);
    EXPECT_EQ(sets.at("mimic-cxr").labels.size(), 13U);
    EXPECT_EQ(sets.at("nih").labels.size(), 14U);
    EXPECT_EQ(sets.at("padchest").labels.size(), 27U);
    EXPECT_EQ(sets.at("chexpert+mimic-cxr+nih").labels, seven);
    EXPECT_EQ(sets.at("chexpert+mimic-cxr+nih+padchest").labels, seven);
    EXPECT_EQ(sets.at("chexpert+padchest+nih").labels, seven);
    EXPECT_EQ(sets.at("padchest+mimic-cxr+nih").labels, seven);
    EXPECT_EQ(sets.at("chexpert+padchest+mimic-cxr").labels, nine);
}

TEST(Supersets, HaveThePublishedTrainingImages) {
    const auto& sets = published().data_sets;
    EXPECT_EQ(sets.at("chexpert+mimic-cxr+nih").train_images, 515'496U);
    EXPECT_EQ(sets.at("chexpert+mimic-cxr+nih+padchest").train_images, 692'521U);
    EXPECT_EQ(sets.at("chexpert+padchest+mimic-cxr").train_images, 605'997U);
    EXPECT_EQ(sets.at("chexpert+padchest+nih").train_images, 454'559U);
    EXPECT_EQ(sets.at("padchest+mimic-cxr+nih").train_images, 469'124U);
}

TEST(Supersets, OfStandInsKeepTheLabelSpaces) {
    const Plan plan = suite::plan::expand(published(), "table1", "laptop");
    const auto& superset = run_of(plan, "pretrain chexpert+mimic-cxr+nih+padchest/R50x1").config.data;
    EXPECT_THAT(superset.set.members,
                ElementsAre("phantom-chexpert", "phantom-mimic", "phantom-nih", "phantom-padchest"));
    EXPECT_EQ(superset.set.labels.size(), 7U);
    EXPECT_EQ(superset.members.size(), 4U);
    std::size_t images = 0;
    for (const auto& member : superset.members) {
        images += member.train_images;
    }
    EXPECT_EQ(superset.set.train_images, images);
    EXPECT_EQ(run_of(plan, "pretrain chexpert+padchest+mimic-cxr/R50x1").config.data.set.labels.size(), 9U);
}

TEST(StandIns, AreNamedPerCell) {
    const Plan plan = suite::plan::expand(published(), "table1", "laptop");
    const auto& cell = plan.cells.at(0);
    std::map<std::string, std::string> used;
    for (const auto& stand_in : cell.stand_ins) {
        used[stand_in.published] = stand_in.used;
    }
    EXPECT_EQ(used, (std::map<std::string, std::string>{{"cifar10", "fashion-mnist"},
                                                        {"chexpert", "phantom-chexpert"},
                                                        {"R50x1", "laptop-small"}}));
    EXPECT_TRUE(suite::plan::expand(published(), "table1", "paper").cells.at(0).stand_ins.empty());
}

TEST(StandIns, ChangeTheKeysOfWhatTheyReachAndNoOthers) {
    suite::plan::Catalog catalog = published();
    catalog.profiles.at("laptop").data_sets["pets"] = "phantom-flowers";
    const Plan before = suite::plan::expand(published(), "table1", "laptop");
    const Plan after = suite::plan::expand(catalog, "table1", "laptop");
    ASSERT_EQ(before.cells.size(), after.cells.size());
    for (std::size_t i = 0; i < before.cells.size(); ++i) {
        const bool is_pets = before.cells[i].id.target() == "pets";
        for (std::size_t seed = 0; seed < before.seeds.size(); ++seed) {
            EXPECT_EQ(before.runs[before.cells[i].runs[seed]].key !=
                          after.runs[after.cells[i].runs[seed]].key,
                      is_pets)
                << before.cells[i].text;
        }
    }
    EXPECT_EQ(after.runs.size(), before.runs.size() - 8 * before.seeds.size()); // pets are flowers: run once
}

TEST(Limits, CutImagesOfEverySetOfTheProfile) {
    for (const auto& run : suite::plan::expand(published(), "table1", "smoke").runs) {
        const auto& data = run.config.data;
        const std::size_t sets = std::max<std::size_t>(1, data.members.size());
        EXPECT_LE(data.set.train_images, 512 * sets) << run.label;
        EXPECT_LE(data.set.test_images, 128 * sets) << run.label;
        EXPECT_EQ(data.set.world_seed, 2021U) << run.label;
    }
}

TEST(Filter, SeedsReplaceThoseOfTheProfile) {
    const Plan plan = suite::plan::expand(published(), "table1", "laptop", {.seeds = {{7, 3}}, .cells = {}});
    EXPECT_THAT(plan.seeds, ElementsAre(7U, 3U));
    EXPECT_EQ(plan.runs.size(), 18U + 88U * 2U);
    EXPECT_EQ(plan.runs.at(plan.cells.at(0).runs.at(1)).seed, 3U);
}

TEST(Filter, CellsSelectByIdAndGlobAndBringTheirParentsOnly) {
    const Plan one =
        suite::plan::expand(published(), "table1", "laptop", {.seeds = {}, .cells = {"pets/R50x1/1K-NAT"}});
    EXPECT_EQ(one.cells.size(), 1U);
    EXPECT_EQ(one.parent_count(), 1U);
    const Plan row = suite::plan::expand(published(), "table1", "laptop",
                                         {.seeds = {}, .cells = {"pets/*", "*/R50x1/1K-NAT"}});
    EXPECT_EQ(row.cells.size(), 8U + 10U);
    EXPECT_EQ(row.parent_count(), 8U);
}

TEST(Filter, SelectionDoesNotChangeKeys) {
    const Plan all = suite::plan::expand(published(), "table1", "laptop");
    const Plan one =
        suite::plan::expand(published(), "table1", "laptop", {.seeds = {}, .cells = {"nih/R152x4/L-MED"}});
    EXPECT_EQ(run_of(one, "nih/R152x4/L-MED").key, run_of(all, "nih/R152x4/L-MED").key);
}

std::vector<suite::Fault> faults_of(const std::string& workload, const std::string& profile,
                                    const PlanFilter& filter) {
    try {
        (void)suite::plan::expand(published(), workload, profile, filter);
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        return error.faults();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(Filter, EveryGlobThatSelectsNothingIsNamedWithTheNearestCells) {
    const PlanFilter filter{.seeds = {}, .cells = {"pets/*", "pets/R50x1/1K-NATT", "petz/*"}};
    EXPECT_THAT(faults_of("table1", "laptop", filter),
                ElementsAre(small_tree::fault("--cell", "'pets/R50x1/1K-NATT'", "pets/R50x1/1K-NAT"),
                            small_tree::fault("--cell", "'petz/*'", "")));
}

TEST(Expand, UnknownNamesGiveTheNearest) {
    EXPECT_THAT(faults_of("tabel1", "laptop", {}),
                ElementsAre(small_tree::fault("workload", "'tabel1'", "table1")));
    EXPECT_THAT(faults_of("table1", "labtop", {}),
                ElementsAre(small_tree::fault("profile", "'labtop'", "laptop")));
}

TEST(Expand, CellsFromScratchHaveNoParentAndShareNothingElse) {
    const auto& catalog = published();
    const Plan world = expand(catalog, "world", "laptop", {.cells = {"nih/R50x1/*"}});
    const Plan table1 = expand(catalog, "table1", "laptop", {.cells = {"nih/R50x1/*"}});

    std::set<std::string> shared;
    for (const auto& run : table1.runs) {
        shared.insert(run.key);
    }
    std::size_t from_scratch = 0;
    for (const auto& run : world.runs) {
        const bool scratch = run.cell.ends_with("/scratch");
        from_scratch += scratch ? 1U : 0U;
        EXPECT_EQ(shared.contains(run.key), !scratch) << run.cell;
        EXPECT_EQ(run.parent.empty(), scratch || run.is_pretraining()) << run.cell;
    }
    EXPECT_EQ(from_scratch, 5U);
    EXPECT_EQ(world.parent_count(), 4U);
}

} // namespace
