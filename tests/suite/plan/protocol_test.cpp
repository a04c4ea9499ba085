// The two readings of the publication: what they share, what they name, and what a slip in them gives.
#include <algorithm>
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"

using small_tree::fault;
using small_tree::published;
using small_tree::Tree;
using suite::plan::Augmentation;
using suite::plan::OptimizerKind;
using suite::plan::Plan;
using suite::plan::RunConfig;
using testing::ElementsAre;

namespace {

Plan expand(const std::string& workload, const std::string& profile, const std::string& protocol) {
    return suite::plan::expand(published(), workload, profile,
                               {.seeds = {{0}}, .cells = {}, .protocol = protocol});
}

std::vector<std::string> keys_of(const Plan& plan) {
    std::vector<std::string> keys;
    for (const auto& run : plan.runs) {
        keys.push_back(run.key);
    }
    return keys;
}

const RunConfig& config_of(const Plan& plan, const std::string& label) {
    return std::find_if(plan.runs.begin(), plan.runs.end(),
                        [&](const auto& run) { return run.label == label; })
        ->config;
}

class MiniatureTest : public testing::TestWithParam<const char*> {};

// The stand-ins of a miniature do not tell the readings apart: one set of runs, one name.
TEST_P(MiniatureTest, SharesTheRunsOfBothProtocols) {
    for (const auto& [id, workload] : published().workloads) {
        const Plan written = expand(id, GetParam(), "as-written");
        EXPECT_EQ(keys_of(written), keys_of(expand(id, GetParam(), "as-run"))) << id;
        EXPECT_EQ(written.protocol, "as-written");
        for (const auto& cell : written.cells) {
            EXPECT_TRUE(cell.is_as_run) << cell.text;
        }
        for (const auto& run : written.runs) {
            EXPECT_EQ(run.config.protocol, "as-run") << run.label;
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Profiles, MiniatureTest, testing::Values("smoke", "laptop"));

TEST(Protocols, RunsThatDifferNameTheirOwn) {
    const Plan run = expand("table1", "paper", "as-run");
    const Plan written = expand("table1", "paper", "as-written");
    std::set<std::string> as_run_keys;
    for (const auto& item : run.runs) {
        EXPECT_EQ(item.config.protocol, "as-run") << item.label;
        as_run_keys.insert(item.key);
    }
    for (const auto& item : written.runs) {
        EXPECT_EQ(item.config.protocol == "as-run", as_run_keys.contains(item.key)) << item.label;
    }
    EXPECT_EQ(std::count_if(written.cells.begin(), written.cells.end(),
                            [](const auto& cell) { return cell.is_as_run; }),
              0)
        << "every fine-tuning differs: head, Nesterov, resizing";
}

// Paper, section 2: "we followed the training hyper-parameters of [7]", "SGD with AGC";
// paper.md#pre-training-recipes, paper.md#batch-and-learning-rate.
TEST(Protocols, NaturalPretrainingDiffersAsThePaperSays) {
    const Plan run = expand("table1", "paper", "as-run");
    const Plan written = expand("table1", "paper", "as-written");
    const auto& plain = config_of(run, "pretrain imagenet1k/R50x1").train;
    EXPECT_EQ(plain.optimizer, OptimizerKind::sgd);
    EXPECT_DOUBLE_EQ(plain.schedule.peak_lr, 1.6);
    const auto& agc = config_of(written, "pretrain imagenet1k/R50x1").train;
    EXPECT_EQ(agc.optimizer, OptimizerKind::sgd_agc);
    EXPECT_DOUBLE_EQ(agc.schedule.peak_lr, 0.48);
    EXPECT_NEAR(agc.schedule.warmup_epochs * static_cast<double>(agc.schedule.steps_per_epoch), 5000.0, 1e-9);
    EXPECT_FALSE(agc.nesterov);
    EXPECT_EQ(config_of(run, "pretrain imagenet1k/R152x4").outputs(), 10'000U);
    EXPECT_EQ(config_of(run, "pretrain imagenet1k/R50x1").outputs(), 1000U);
    EXPECT_EQ(config_of(written, "pretrain imagenet1k/R152x4").outputs(), 1000U);
    EXPECT_EQ(config_of(written, "pretrain imagenet21k/R152x4").outputs(), 21'842U);
    EXPECT_DOUBLE_EQ(config_of(run, "pretrain imagenet21k/R152x4").train.schedule.peak_lr, 0.16);
    EXPECT_DOUBLE_EQ(config_of(written, "pretrain imagenet21k/R152x4").train.schedule.peak_lr, 0.48);
}

TEST(Protocols, XrayRunsDifferInShiftResolutionAndTestList) {
    const Plan run = expand("table1", "paper", "as-run");
    const Plan written = expand("table1", "paper", "as-written");
    EXPECT_EQ(config_of(run, "pretrain chexpert/R50x1").train.augmentation_detail.shift, 0.25);
    EXPECT_EQ(config_of(written, "pretrain chexpert/R50x1").train.augmentation_detail.shift, 0.15);
    const RunConfig& mimic = config_of(run, "mimic-cxr/R50x1/S-MED");
    EXPECT_EQ(mimic.data.set.test_images, 1959U);
    EXPECT_EQ(mimic.data.set.image_size, 224);
    EXPECT_EQ(mimic.train.augmentation, Augmentation::xray);
    const RunConfig& mimic_written = config_of(written, "mimic-cxr/R50x1/S-MED");
    EXPECT_EQ(mimic_written.data.set.test_images, 3403U);
    EXPECT_EQ(mimic_written.data.set.image_size, 480);
    EXPECT_EQ(mimic_written.train.augmentation, Augmentation::crop_flip);
}

TEST(Protocols, FineTuningAsWrittenFollowsBit) {
    const Plan run_plan = expand("table1", "paper", "as-run");
    const RunConfig& run = config_of(run_plan, "pets/R50x1/21K-NAT");
    const Plan written_plan = expand("table1", "paper", "as-written");
    const RunConfig& written = config_of(written_plan, "pets/R50x1/21K-NAT");
    EXPECT_EQ(written.train.head_init, suite::plan::HeadInit::zero);
    EXPECT_TRUE(written.train.augmentation_detail.squash);
    EXPECT_FALSE(written.train.nesterov);
    EXPECT_EQ(written.train.schedule.peak_lr, 0.001); // stated: batch 128, 0.001
    EXPECT_EQ(written.train.batch, 128);
    EXPECT_NE(written.parent_key, run.parent_key);
}

TEST(Protocols, AnUnknownOneIsAUsageError) {
    EXPECT_THROW((void)expand("table1", "smoke", "as-wished"), suite::Error);
}

/// A tree where the paper says another thing of the pre-training alone.
void add_second_reading(Tree& tree) {
    tree.add("protocols.toml", "[[protocol]]\nid = \"as-written\"\ntitle = \"paper\"\n[protocol.recipes]\n"
                               "pre = \"pre-written\"\n");
    std::string recipe = small_tree::valid_files.at("recipes.toml");
    recipe = recipe.substr(0, recipe.find("[[recipe]]", 5));
    recipe.replace(recipe.find("\"pre\""), 5, "\"pre-written\"\nprotocol = \"as-written\"");
    tree.add("more.toml", recipe);
}

TEST(Protocols, ShareWhatComesOutTheSame) {
    Tree tree;
    add_second_reading(tree);
    tree.add("profiles.toml", "[[profile]]\nid = \"small\"\ntitle = \"t\"\nseeds = [0]\n[profile.recipes]\n"
                              "pre = \"pre\"\n");
    const suite::plan::PlanFilter written{.seeds = {{0}}, .cells = {}, .protocol = "as-written"};
    const suite::plan::Catalog catalog = tree.load();
    EXPECT_EQ(keys_of(suite::plan::expand(catalog, "w", "full", written)),
              keys_of(suite::plan::expand(catalog, "w", "full", {.seeds = {{0}}, .cells = {}})))
        << "a recipe that only says the same under another name is the same run";
    EXPECT_EQ(keys_of(suite::plan::expand(catalog, "w", "small", written)),
              keys_of(suite::plan::expand(catalog, "w", "small", {.seeds = {{0}}, .cells = {}})));
}

TEST(Protocols, ChildrenOfAnotherParentAreOtherRuns) {
    Tree tree;
    add_second_reading(tree);
    tree.replace("more.toml", "momentum = 0.9", "momentum = 0.8");
    const Plan plan = suite::plan::expand(tree.load(), "w", "full",
                                          {.seeds = {{0}}, .cells = {}, .protocol = "as-written"});
    for (const auto& run : plan.runs) {
        EXPECT_EQ(run.config.protocol, "as-written") << run.label;
    }
    EXPECT_FALSE(plan.cells.at(0).is_as_run);
}

TEST(Protocols, ARecipeOfTheOtherProtocolIsAFault) {
    Tree tree;
    add_second_reading(tree);
    tree.replace("more.toml", "protocol = \"as-written\"", "protocol = \"as-run\"");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("protocols.toml", "pre = \"pre-written\""),
                                  "of protocol 'as-run' under 'as-written'", "this protocol")));
}

TEST(Protocols, UnknownNamesAreFaults) {
    Tree tree;
    add_second_reading(tree);
    tree.add("protocols.toml", "[protocol.targets]\npets = \"petz\"\n");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("protocols.toml", "pets = \"petz\""),
                                                 "target 'petz', which is defined nowhere", "pets")));
}

TEST(Protocols, ATargetWithOtherLabelsIsAFault) {
    Tree tree;
    add_second_reading(tree);
    tree.add("protocols.toml", "[protocol.targets]\npets = \"photos\"\n");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("protocols.toml", "pets = \"photos\""),
                                                 "target 'photos' in place of 'pets'", "same labels")));
}

} // namespace
