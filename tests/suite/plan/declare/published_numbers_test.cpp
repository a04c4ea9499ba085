// The resolved runs of the paper profile carry the numbers that the authors ran with.
#include "suite/plan/network/cost.hpp"
#include "suite/plan/plan.hpp"
#include "tests/suite/plan/small_tree.hpp"

using small_tree::published;
using suite::plan::RunConfig;
using testing::ElementsAre;

namespace {

/// Runs of one seed of Table 1 at published scale, by label.
const std::map<std::string, RunConfig>& runs() {
    static const auto map = [] {
        std::map<std::string, RunConfig> configs;
        const auto plan = suite::plan::expand(published(), "table1", "paper", {.seeds = {{0}}, .cells = {}});
        for (const auto& run : plan.runs) {
            configs[run.label] = run.config;
        }
        return configs;
    }();
    return map;
}

/// paper.md#pre-training-recipes and paper.md#batch-and-learning-rate.
struct Pretraining {
    const char* label;
    int batch;
    int micro_batch;
    int workers;
    double peak_lr;
    std::int64_t steps_per_epoch;
    double warmup_epochs;
    suite::plan::OptimizerKind optimizer;
};
void PrintTo(const Pretraining& row, std::ostream* out) {
    *out << row.label;
}
class PretrainingTest : public testing::TestWithParam<Pretraining> {};

TEST_P(PretrainingTest, HasThePublishedNumbers) {
    const Pretraining& row = GetParam();
    const auto& train = runs().at(row.label).train;
    EXPECT_EQ(train.batch, row.batch);
    EXPECT_EQ(train.micro_batch, row.micro_batch);
    EXPECT_EQ(train.schedule.workers, row.workers);
    EXPECT_EQ(train.batch, row.workers * row.micro_batch);
    EXPECT_DOUBLE_EQ(train.schedule.peak_lr, row.peak_lr);
    EXPECT_EQ(train.schedule.steps_per_epoch, row.steps_per_epoch);
    EXPECT_EQ(train.schedule.total_steps, 90 * row.steps_per_epoch);
    EXPECT_EQ(train.schedule.warmup_epochs, row.warmup_epochs);
    EXPECT_THAT(train.schedule.boundaries, ElementsAre(30, 60, 80));
    EXPECT_EQ(train.optimizer, row.optimizer);
    EXPECT_EQ(train.weight_decay, 1e-4);
    EXPECT_EQ(train.momentum, 0.9);
    EXPECT_TRUE(train.nesterov);
    EXPECT_EQ(train.mixup_alpha, 0.0);
}

using enum suite::plan::OptimizerKind;
// Steps: 1,281,167 / 4096 and 14,197,122 / 4096 ("~313", "~3466"), 191,010 / 1024, 692,521 / 1024, each
// rounded up.
INSTANTIATE_TEST_SUITE_P(
    Sources, PretrainingTest,
    testing::Values(Pretraining{"pretrain imagenet1k/R50x1", 4096, 32, 128, 1.6, 313, 5, sgd},
                    Pretraining{"pretrain imagenet1k/R152x4", 4096, 16, 256, 0.48, 313, 15, sgd_agc},
                    Pretraining{"pretrain imagenet21k/R50x1", 4096, 32, 128, 0.16, 3467, 2, sgd_agc},
                    Pretraining{"pretrain imagenet21k/R152x4", 4096, 16, 256, 0.16, 3467, 2, sgd_agc},
                    Pretraining{"pretrain chexpert/R50x1", 1024, 16, 64, 0.04, 187, 15, sgd_agc},
                    Pretraining{"pretrain padchest/R152x4", 1024, 16, 64, 0.04, 142, 15, sgd_agc},
                    Pretraining{"pretrain chexpert+mimic-cxr+nih+padchest/R152x4", 1024, 16, 64, 0.04, 677,
                                15, sgd_agc}));

TEST(PublishedHeads, HaveThePublishedOutputs) {
    EXPECT_EQ(runs().at("pretrain imagenet1k/R50x1").data.set.outputs(), 1000U);
    EXPECT_EQ(runs().at("pretrain imagenet21k/R50x1").data.set.outputs(), 21842U);
    EXPECT_EQ(runs().at("pretrain chexpert/R50x1").data.set.outputs(), 13U);
    EXPECT_EQ(runs().at("flowers102/R50x1/1K-NAT").data.set.outputs(), 102U);
    EXPECT_EQ(runs().at("padchest-cl/R50x1/1K-NAT").data.set.outputs(), 27U);
}

/// paper.md#fine-tuning: schedule by n, micro-batch by split, resolution, metric.
struct Finetuning {
    const char* target;
    std::int64_t steps;
    int micro_batch;
    int image_size;
    bool oversampling;
    const char* metric;
};
void PrintTo(const Finetuning& row, std::ostream* out) {
    *out << row.target;
}
class FinetuningTest : public testing::TestWithParam<Finetuning> {};

TEST_P(FinetuningTest, HasThePublishedNumbers) {
    const Finetuning& row = GetParam();
    for (const std::string model : {"R50x1", "R152x4"}) {
        const RunConfig& config = runs().at(std::string(row.target) + "/" + model + "/21K-NAT");
        EXPECT_EQ(config.train.schedule.total_steps, row.steps);
        EXPECT_EQ(config.train.schedule.boundaries.back(), row.steps);
        EXPECT_EQ(config.train.mixup_alpha, row.steps == 500 ? 0.0 : 0.1);
        EXPECT_EQ(config.train.batch, 128);
        EXPECT_EQ(config.train.micro_batch, row.micro_batch);
        EXPECT_EQ(config.train.schedule.peak_lr, 0.001);
        EXPECT_EQ(config.train.weight_decay, 0.0);
        EXPECT_EQ(config.train.oversampling, row.oversampling);
        EXPECT_EQ(config.data.set.image_size, row.image_size);
        EXPECT_EQ(config.metric, row.metric);
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, FinetuningTest,
                         testing::Values(Finetuning{"cifar10", 10'000, 64, 128, false, "top1"},
                                         Finetuning{"cifar100", 10'000, 64, 128, false, "top1"},
                                         Finetuning{"flowers102", 500, 4, 480, true, "top1"},
                                         Finetuning{"pets", 500, 4, 480, false, "top1"},
                                         Finetuning{"covidx", 500, 4, 480, true, "top1"},
                                         Finetuning{"tuberculosis", 500, 4, 480, false, "top1"},
                                         Finetuning{"mimic-cxr", 10'000, 4, 224, false, "mean_auc"},
                                         Finetuning{"chexpert", 10'000, 4, 224, false, "mean_auc"},
                                         Finetuning{"padchest", 10'000, 4, 224, false, "mean_auc"},
                                         Finetuning{"padchest-cl", 10'000, 4, 224, false, "mean_auc"},
                                         Finetuning{"nih", 10'000, 4, 224, false, "mean_auc"}));

/// HyperRule's row by n, at its edges (paper.md#bit-hyperrule: n < 20,000; n < 500,000; more).
struct RuleEdge {
    std::size_t images;
    std::vector<std::int64_t> boundaries;
    double mixup;
};
class HyperRuleTest : public testing::TestWithParam<RuleEdge> {};

TEST_P(HyperRuleTest, PicksTheRowByTrainingImages) {
    suite::plan::Catalog catalog = published();
    catalog.data_sets.at("cifar10").train_images = GetParam().images;
    const auto plan =
        suite::plan::expand(catalog, "table1", "paper", {.seeds = {{0}}, .cells = {"cifar10/R50x1/1K-NAT"}});
    EXPECT_EQ(plan.runs.back().config.train.schedule.boundaries, GetParam().boundaries);
    EXPECT_EQ(plan.runs.back().config.train.mixup_alpha, GetParam().mixup);
}

const std::vector<std::int64_t> small_rule{100, 200, 300, 400, 500};
const std::vector<std::int64_t> medium_rule{500, 3000, 6000, 9000, 10'000};
const std::vector<std::int64_t> large_rule{500, 6000, 12'000, 18'000, 20'000};
INSTANTIATE_TEST_SUITE_P(Edges, HyperRuleTest,
                         testing::Values(RuleEdge{1, small_rule, 0.0}, RuleEdge{19'999, small_rule, 0.0},
                                         RuleEdge{20'000, medium_rule, 0.1},
                                         RuleEdge{499'999, medium_rule, 0.1},
                                         RuleEdge{500'000, large_rule, 0.1}));

/// A few-shot workload over published targets: n is shots x classes, at most the training set
/// (paper.md#shots).
suite::plan::Plan few_shot(const std::string& target, const std::string& shots) {
    suite::plan::Catalog catalog = published();
    auto& workload = catalog.workloads.at("table1");
    for (suite::plan::AxisSpec& axis : workload.axes) {
        axis.values = axis.role == suite::plan::AxisRole::target  ? std::vector{target}
                      : axis.role == suite::plan::AxisRole::shots ? std::vector{shots}
                                                                  : axis.values;
    }
    return suite::plan::expand(catalog, "table1", "paper", {.seeds = {{0}}, .cells = {}});
}

TEST(FewShot, RowOfHyperRuleIsBySubsetSize) {
    EXPECT_EQ(few_shot("cifar100", "100").runs.back().config.train.schedule.total_steps, 500); // n = 10,000
    EXPECT_EQ(few_shot("cifar100", "500").runs.back().config.train.schedule.total_steps,
              10'000);                                                                        // n = 50,000
    EXPECT_EQ(few_shot("cifar10", "500").runs.back().config.train.schedule.total_steps, 500); // n = 5,000
    EXPECT_EQ(few_shot("padchest-cl", "100").runs.back().config.train.schedule.total_steps, 500); // n = 2,700
    EXPECT_EQ(few_shot("padchest-cl", "5000").runs.back().config.train.schedule.total_steps,
              10'000); // all 37,387
}

TEST(FewShot, StandsInCellAndConfigurationWithoutOversampling) {
    const auto plan = few_shot("covidx", "10");
    EXPECT_EQ(plan.runs.back().cell, "covidx/R152x4/21K-NAT/10");
    EXPECT_EQ(plan.runs.back().config.shots, 10U);
    EXPECT_FALSE(plan.runs.back().config.train.oversampling);
}

// paper.md#normalisation: the pre-training recipe's statistics, else the fine-tuning recipe's, else
// ImageNet's.
TEST(Normalisation, FollowsThePretrainingFirst) {
    const auto halves = ElementsAre(0.5, 0.5, 0.5);
    const auto imagenet = ElementsAre(0.485, 0.456, 0.406);
    for (const std::string target : {"cifar10", "pets", "covidx", "tuberculosis"}) {
        EXPECT_THAT(runs().at(target + "/R50x1/1K-NAT").train.mean, imagenet) << target;
        EXPECT_THAT(runs().at(target + "/R50x1/L-MED").train.mean, halves) << target;
    }
    for (const std::string target : {"padchest", "padchest-cl", "nih"}) {
        EXPECT_THAT(runs().at(target + "/R152x4/21K-NAT").train.mean, halves) << target;
        EXPECT_THAT(runs().at(target + "/R152x4/S-MED").train.std, halves) << target;
    }
    EXPECT_THAT(runs().at("pretrain imagenet21k/R50x1").train.std, ElementsAre(0.229, 0.224, 0.225));
    EXPECT_THAT(runs().at("pretrain chexpert/R50x1").train.mean, halves);
}

// Forward multiply-accumulates at 224 pixels with 1000 outputs, as printed (paper.md#parameters-and-cost).
TEST(Networks,
     HaveThePublishedParameterCounts) { // paper.md#parameters-and-cost: millions, body and with 1,000 classes
    const auto millions = [](const char* network, std::size_t outputs) {
        return 1e-6 * suite::plan::parameter_count(published().networks.at(network), outputs);
    };
    EXPECT_NEAR(millions("R50x1", 0), 23.50, 0.005);
    EXPECT_NEAR(millions("R50x1", 1000), 25.55, 0.005);
    EXPECT_NEAR(millions("R152x4", 0), 928.34, 0.005);
    EXPECT_NEAR(millions("R152x4", 1000), 936.5, 0.05);
    EXPECT_NEAR(millions("R152x4", 21843), 1107.3, 0.05);
}

TEST(Cost, OfAForwardPassIsThePublishedOne) {
    EXPECT_NEAR(suite::plan::forward_gigamacs(published().networks.at("R50x1"), 224, 1000), 4.09, 0.005);
    EXPECT_NEAR(suite::plan::forward_gigamacs(published().networks.at("R152x4"), 224, 1000), 182.8, 0.05);
}

// Stem 3x3, 3 -> 8, on 4x4; unit 1: 3x3 twice, 8 -> 8, on 4x4; unit 2 on 2x2: 1x1 and 3x3, 8 -> 16, 3x3, 16
// -> 16; head.
TEST(Cost, OfASmallNetworkIsCountedByHand) {
    const auto network = small_tree::Tree().load().networks.at("small");
    const double macs =
        9 * 3 * 8 * 16 + 2 * 9 * 8 * 8 * 16 + (8 * 16 + 9 * 8 * 16 + 9 * 16 * 16) * 4 + 16 * 5;
    EXPECT_DOUBLE_EQ(suite::plan::forward_gigamacs(network, 8, 5), macs * 1e-9);
}

// A training step costs a forward and two more for the backward pass; the test set one forward.
TEST(Cost, OfARunCountsTrainingThreeTimes) {
    const auto plan =
        suite::plan::expand(published(), "table1", "paper", {.seeds = {{0}}, .cells = {"pets/R50x1/1K-NAT"}});
    const double forward = suite::plan::forward_gigamacs(published().networks.at("R50x1"), 480, 37);
    EXPECT_DOUBLE_EQ(plan.runs.back().gigamacs, forward * (3.0 * 500 * 128 + 3669));
}

} // namespace
