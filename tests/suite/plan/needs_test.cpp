// Cost and needs of plans at published scale, and weights in place of pre-training.
#include "suite/plan/needs.hpp"

#include <set>

#include "small_tree.hpp"

using small_tree::fault;
using small_tree::published;
using suite::plan::CellId;
using suite::plan::cost_of;
using suite::plan::data_needs;
using suite::plan::Plan;
using suite::plan::PlanFilter;
using suite::plan::PlannedRun;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

namespace {

Plan paper(const std::string& workload, std::vector<std::string> cells,
           std::map<std::string, suite::plan::WeightsFile> weights = {}) {
    PlanFilter filter{.seeds = {{0}}, .cells = std::move(cells)};
    filter.weights = std::move(weights);
    return suite::plan::expand(published(), workload, "paper", filter);
}

const PlannedRun& run_labelled(const Plan& plan, const std::string& start) {
    for (const PlannedRun& run : plan.runs) {
        if (run.label.starts_with(start)) {
            return run;
        }
    }
    throw std::out_of_range(start);
}

std::vector<std::string> names_of(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto& need : data_needs(published(), plan)) {
        names.push_back(need.set.id);
    }
    return names;
}

// paper.md#hardware-and-training-time: ImageNet-21k took 81 h on 256 A100 and 13.5 h on 128.
TEST(Cost, GivesThePublishedHoursOfPreTraining) {
    EXPECT_NEAR(cost_of(published(), paper("table1", {"cifar10/R152x4/21K-NAT"})).pretraining_hours,
                81.0 * 256, 0.01 * 81.0 * 256);
    EXPECT_NEAR(cost_of(published(), paper("table1", {"cifar10/R50x1/21K-NAT"})).pretraining_hours,
                13.5 * 128, 0.01 * 13.5 * 128);
}

// CIFAR-10 has 3,073 bytes an image: 10,000 steps of 128 and 10,000 test images; 1,281,167 of 109 kB (154.6
// GB, 1,331,167 files), 90 epochs of 313 steps of 4,096, and 50,000 of them to test.
TEST(Cost, CountsEveryImageEachTimeItIsRead) {
    const double cifar = (10'000.0 * 128 + 10'000) * 0.1844e9 / 60'000;
    const double imagenet = (90.0 * 313 * 4096 + 50'000) * 154.6e9 / 1'331'167;
    const Plan plan = paper("table1", {"cifar10/R50x1/1K-NAT"});
    EXPECT_DOUBLE_EQ(cost_of(published(), plan).read_bytes, cifar + imagenet);
}

// 25,549,352 parameters and as many values of momentum, float32; the rest are two records.
TEST(Cost, KeepsParametersAndMomentumOfWhatIsTrained) {
    const double trained = cost_of(published(), paper("table1", {"cifar10/R50x1/1K-NAT"})).kept_bytes;
    const double taken =
        cost_of(published(), paper("table1", {"cifar10/R50x1/1K-NAT"}, {{"BiT-S-R50x1", {}}})).kept_bytes;
    EXPECT_NEAR(trained, 2.0 * 4 * 25'549'352, 2e6);
    EXPECT_NEAR(taken, 4.0 * 25'549'352, 2e6);
}

TEST(Needs, AreTheMembersOfSupersetsAndTheTarget) {
    EXPECT_THAT(names_of(paper("table1", {"tuberculosis/R50x1/L-MED"})),
                ElementsAre("chexpert-all-views", "mimic-cxr", "nih", "padchest", "tuberculosis"));
    const auto needs = data_needs(published(), paper("table1", {"cifar10/*/1K-NAT"}));
    ASSERT_EQ(needs.size(), 2U);
    EXPECT_EQ(needs[0].set.id, "cifar10");
    EXPECT_TRUE(needs[0].is_target);
    EXPECT_FALSE(needs[0].is_source);
    EXPECT_TRUE(needs[1].is_source);
    EXPECT_THAT(needs[1].cells, ElementsAre("cifar10/R50x1/1K-NAT", "cifar10/R152x4/1K-NAT"));
    EXPECT_EQ(needs[1].layout, &published().layouts.at("imagenet1k"));
}

TEST(Needs, OfEveryWorkloadAtPublishedScaleHaveAPlaceSizeAndOrigin) {
    for (const auto& [id, workload] : published().workloads) {
        for (const auto& need : data_needs(published(), suite::plan::expand(published(), id, "paper"))) {
            ASSERT_NE(need.layout, nullptr) << id << " " << need.set.id;
            EXPECT_GT(need.layout->gigabytes, 0.0) << need.set.id;
            // Of the release; other protocols and views use fewer.
            EXPECT_GE(need.layout->images, need.set.train_images + need.set.test_images) << need.set.id;
            EXPECT_THAT(need.layout->obtain, HasSubstr("https://")) << need.set.id;
        }
    }
}

TEST(Needs, OfGeneratedDataAreNone) {
    EXPECT_THAT(names_of(suite::plan::expand(published(), "table1", "laptop")), ElementsAre("fashion-mnist"));
}

TEST(Weights, ReplaceThePreTrainingOfTheirNetworkAndDataSetAlone) {
    const Plan plan = paper("table1", {"cifar10/*/*-NAT"}, {{"BiT-M-R50x1", {"/w/BiT-M-R50x1.npz", "ab12"}}});
    const PlannedRun& taken = run_labelled(plan, "pretrain imagenet21k/R50x1");
    EXPECT_EQ(taken.label, "pretrain imagenet21k/R50x1/BiT-M-R50x1.npz");
    EXPECT_EQ(taken.weights_file, "/w/BiT-M-R50x1.npz");
    EXPECT_TRUE(taken.is_pretraining());
    EXPECT_EQ(taken.gigamacs, 0.0);
    EXPECT_EQ(taken.config.outputs(), 21843U);
    ASSERT_TRUE(taken.config.weights);
    EXPECT_EQ(taken.config.weights->sha256, "ab12");
    EXPECT_FALSE(run_labelled(plan, "pretrain imagenet21k/R152x4").config.weights);
    EXPECT_FALSE(run_labelled(plan, "pretrain imagenet1k/R50x1").config.weights);
}

TEST(Weights, ChangeTheKeysOfTheirCellsAndNoOthers) {
    const std::vector<std::string> cells{"cifar10/R50x1/*-NAT"};
    const Plan trained = paper("table1", cells);
    const Plan taken = paper("table1", cells, {{"BiT-M-R50x1", {"/a/x.npz", "ab12"}}});
    const auto key = [](const Plan& plan, const std::string& label) { return run_labelled(plan, label).key; };
    EXPECT_EQ(key(trained, "cifar10/R50x1/1K-NAT"), key(taken, "cifar10/R50x1/1K-NAT"));
    EXPECT_NE(key(trained, "cifar10/R50x1/21K-NAT"), key(taken, "cifar10/R50x1/21K-NAT"));
    const std::string elsewhere =
        key(paper("table1", cells, {{"BiT-M-R50x1", {"/b/y.npz", "ab12"}}}), "cifar10/R50x1/21K-NAT");
    const std::string other =
        key(paper("table1", cells, {{"BiT-M-R50x1", {"/a/x.npz", "cd34"}}}), "cifar10/R50x1/21K-NAT");
    EXPECT_EQ(elsewhere, key(taken, "cifar10/R50x1/21K-NAT")); // where it lies does not matter
    EXPECT_NE(other, key(taken, "cifar10/R50x1/21K-NAT"));     // what it holds does
}

// paper.md#weight-files: inputs (x - 0.5) / 0.5; natural targets of sources that are trained have ImageNet's
// statistics.
TEST(Weights, BringTheirInputsToFineTuning) {
    const Plan plan = paper("table1", {"cifar10/R50x1/*-NAT"}, {{"BiT-M-R50x1", {"x", "ab12"}}});
    EXPECT_THAT(run_labelled(plan, "cifar10/R50x1/21K-NAT").config.train.mean, Each(0.5));
    EXPECT_THAT(run_labelled(plan, "cifar10/R50x1/21K-NAT").config.train.std, Each(0.5));
    EXPECT_THAT(run_labelled(plan, "cifar10/R50x1/1K-NAT").config.train.mean,
                ElementsAre(0.485, 0.456, 0.406));
}

TEST(Weights, AreNamedByTheCellsThatRestOnThem) {
    const Plan plan = paper("table1", {"cifar10/R50x1/*-NAT"}, {{"BiT-M-R50x1", {"x", "ab12"}}});
    for (const auto& cell : plan.cells) {
        if (cell.id.source() == "21K-NAT") {
            ASSERT_EQ(cell.stand_ins.size(), 1U);
            EXPECT_EQ(cell.stand_ins[0].published, "pre-training R50x1 on imagenet21k");
            EXPECT_EQ(cell.stand_ins[0].used, "weights BiT-M-R50x1.npz");
        } else {
            EXPECT_THAT(cell.stand_ins, IsEmpty());
        }
    }
}

TEST(Weights, LeaveNoNeedOfTheDataThatTheyWereTrainedOn) {
    const Plan plan = paper("table1", {"cifar10/R50x1/21K-NAT"}, {{"BiT-M-R50x1", {"x", "ab12"}}});
    EXPECT_THAT(names_of(plan), ElementsAre("cifar10"));
    EXPECT_EQ(cost_of(published(), plan).pretraining_hours, 0.0);
}

TEST(Weights, OfARunReadBackFromItsText) {
    const Plan plan = paper("table1", {"cifar10/R50x1/21K-NAT"}, {{"BiT-M-R50x1", {"x", "ab12"}}});
    for (const PlannedRun& run : plan.runs) {
        EXPECT_EQ(suite::plan::run_key(suite::plan::run_config_from_text(canonical_text(run.config))),
                  run.key);
    }
    EXPECT_THAT(canonical_text(run_labelled(plan, "cifar10").config), Not(HasSubstr("weights")));
}

TEST(Weights, FitNoStandInOfAMiniature) {
    EXPECT_THAT(
        suite::plan::replacing_weights(published(), suite::plan::expand(published(), "table1", "laptop")),
        IsEmpty());
    const auto at_paper = suite::plan::replacing_weights(published(), paper("table1", {}));
    std::vector<std::string> ids;
    for (const auto* weights : at_paper) {
        ids.push_back(weights->id);
    }
    EXPECT_THAT(ids, ElementsAre("BiT-M-R152x4", "BiT-M-R50x1", "BiT-S-R152x4", "BiT-S-R50x1"));
}

// paper.md#parameters-and-cost, paper.md#weight-files.
TEST(Weights, OfEveryBitNetworkAreDeclaredWithTheirHeads) {
    EXPECT_EQ(published().weights.size(), 12U);
    for (const auto& [id, weights] : published().weights) {
        EXPECT_EQ(weights.file, id + ".npz");
        EXPECT_EQ(weights.classes, weights.data_set == "imagenet1k" ? 1000 : 21843) << id;
        EXPECT_THAT(weights.mean, Each(0.5)) << id;
    }
}

constexpr const char* weights_text = R"([[weights]]
id = "w1"
network = "small"
data_set = "photos"
file = "w1.npz"
classes = 4
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
obtain = "https://example.org/w1.npz"
licence = "none"
)";

TEST(WeightsDeclarations, NameNetworksAndDataSetsThatAre) {
    small_tree::Tree tree;
    std::string text = weights_text;
    text.replace(text.find("\"small\""), 7, "\"smal\"");
    tree.add("weights.toml", text + "\n" + weights_text); // and its id twice
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(
                    fault("workloads/weights.toml:3", "network 'smal', which is defined nowhere", "small"),
                    fault("workloads/weights.toml:12", "a second weights 'w1'", "one declaration")));
}

TEST(WeightsDeclarations, AreOneForANetworkAndDataSet) {
    small_tree::Tree tree;
    std::string second = weights_text;
    second.replace(second.find("\"w1\""), 4, "\"w2\"");
    tree.add("weights.toml", std::string(weights_text) + "\n" + second);
    EXPECT_THAT(tree.faults(), ElementsAre(fault("workloads/weights.toml:12",
                                                 "a second file for small on photos", "one for each")));
}

/// Every run of every table and figure at published scale keeps the rules that Table 1's runs are checked for
/// one by one (paper.md#batch-and-learning-rate, paper.md#bit-hyperrule).
TEST(PaperProfile, ResolvesEveryRunOfEveryWorkload) {
    const std::set<int> sizes{128, 224, 480};
    std::set<std::string> seen;
    for (const auto& [id, workload] : published().workloads) {
        if (workload.scaling) {
            continue;
        }
        const Plan plan = suite::plan::expand(published(), id, "paper");
        for (const PlannedRun& run : plan.runs) {
            if (!seen.insert(run.key).second) {
                continue;
            }
            const auto& train = run.config.train;
            const auto& set = run.config.data.set;
            EXPECT_TRUE(sizes.contains(set.image_size)) << run.label;
            EXPECT_GT(run.gigamacs, 0.0) << run.label;
            if (run.is_pretraining()) {
                const bool natural = set.id.starts_with("imagenet");
                EXPECT_EQ(train.batch, natural ? 4096 : 1024) << run.label;
                EXPECT_EQ(set.image_size, 224) << run.label;
                const auto batch = static_cast<std::size_t>(train.batch);
                EXPECT_EQ(static_cast<std::size_t>(train.schedule.total_steps),
                          90 * ((set.train_images + batch - 1) / batch))
                    << run.label;
                EXPECT_EQ(train.augmentation == suite::plan::Augmentation::xray, !natural) << run.label;
            } else {
                const std::size_t n = run.config.shots == 0
                                          ? set.train_images
                                          : std::min(set.train_images, run.config.shots * set.outputs());
                EXPECT_EQ(train.schedule.total_steps, n < 20'000    ? 500
                                                      : n < 500'000 ? 10'000
                                                                    : 20'000)
                    << run.label;
                EXPECT_EQ(train.batch, 128) << run.label;
                EXPECT_EQ(set.image_size,
                          set.id.starts_with("cifar")                                            ? 128
                          : set.task == suite::plan::Task::multilabel || set.id == "padchest-cl" ? 224
                                                                                                 : 480)
                    << run.label;
            }
        }
    }
    // Of `claims`, which holds every table and figure, of `world`, and of Table 1 from three further parents.
    EXPECT_EQ(seen.size(), 1590U + 24U + 110U + 3U * (440U + 18U));
}

} // namespace
