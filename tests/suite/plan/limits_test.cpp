// Runs made smaller by hand: keys of their own, schedules in proportion, nothing else changed.
#include "suite/plan/limits.hpp"

#include <algorithm>
#include <set>

#include "small_tree.hpp"
#include "suite/plan/plan.hpp"

using namespace suite::plan;
using small_tree::published;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Plan expand_with(const RunLimits& limits, const std::string& profile = "paper",
                 const std::string& cell = "cifar10/R50x1/1K-NAT") {
    return expand(published(), "table1", profile, {.seeds = {{0}}, .cells = {cell}, .limits = limits});
}

TEST(RunLimits, NoneLeaveEveryKey) {
    const Plan plan = expand_with({});
    EXPECT_EQ(plan.limits, "");
    EXPECT_FALSE(plan.cells.at(0).is_limited);
    EXPECT_THAT(canonical_text(plan.runs.at(0).config), testing::Not(HasSubstr("limits")));
}

TEST(RunLimits, ThatDoNotBiteLeaveEveryKey) {
    const Plan whole = expand_with({});
    const Plan same = expand_with({.images = 2'000'000, .steps = 40'000'000, .batch = 9000});
    ASSERT_EQ(same.runs.size(), whole.runs.size());
    for (std::size_t i = 0; i < whole.runs.size(); ++i) {
        EXPECT_EQ(same.runs[i].key, whole.runs[i].key);
    }
    EXPECT_FALSE(same.cells.at(0).is_limited);
}

TEST(RunLimits, ARunIsLimitedWithItsParent) {
    // CIFAR-10 has fewer images than the limit, ImageNet-1k has more.
    const Plan plan = expand_with({.images = 60'000});
    ASSERT_EQ(plan.runs.size(), 2U);
    EXPECT_EQ(plan.runs[0].config.data.set.train_images, 60'000U);
    EXPECT_EQ(plan.runs[1].config.data.set.train_images, 50'000U);
    for (const PlannedRun& run : plan.runs) {
        EXPECT_EQ(run.config.limits, "at most 60000 images a part of a data set") << run.label;
        EXPECT_EQ(run.key, run_key(run_config_from_text(canonical_text(run.config))));
    }
    EXPECT_TRUE(plan.cells.at(0).is_limited);
}

TEST(RunLimits, ShortenHyperRuleInProportion) {
    const Plan plan = expand_with({.images = 64, .steps = 10, .batch = 8});
    const RunConfig& child = plan.runs.at(1).config;
    EXPECT_EQ(child.train.schedule.total_steps, 10);
    EXPECT_THAT(child.train.schedule.boundaries, ElementsAre(2, 4, 6, 8, 10));
    EXPECT_EQ(child.train.batch, 8);
    EXPECT_EQ(child.train.micro_batch, 8);
    EXPECT_EQ(child.train.schedule.peak_lr, expand_with({}).runs.at(1).config.train.schedule.peak_lr);
    EXPECT_EQ(child.data.set.image_size, 128);
}

TEST(RunLimits, ShortenEpochsInProportion) {
    const Plan plan = expand_with({.images = 64, .steps = 18, .batch = 64});
    const TrainConfig& parent = plan.runs.at(0).config.train;
    // 90 epochs, decays at 30, 60 and 80, 5 of warm-up: a fifth of each.
    EXPECT_EQ(parent.schedule.total_steps, 18);
    EXPECT_EQ(parent.schedule.steps_per_epoch, 1);
    EXPECT_THAT(parent.schedule.boundaries, ElementsAre(6, 12, 16));
    EXPECT_DOUBLE_EQ(parent.schedule.warmup_epochs, 1.0);
    EXPECT_EQ(parent.micro_batch, 32);
    EXPECT_DOUBLE_EQ(parent.schedule.peak_lr, 0.1 * 64 / 256) << "the rate is given per 256 images";
}

TEST(RunLimits, MicroBatchesDivideTheBatch) {
    RecipeSpec recipe;
    recipe.batch = 128;
    recipe.micro_batch = 4;
    for (const int batch : {1, 2, 3, 4, 6, 7, 10, 127}) {
        const RecipeSpec small = limited(recipe, {.batch = batch});
        EXPECT_EQ(small.batch, batch);
        EXPECT_LE(small.micro_batch, 4);
        EXPECT_EQ(small.batch % small.micro_batch, 0) << batch;
    }
    EXPECT_EQ(limited(recipe, {.batch = 128}).micro_batch, 4);
}

TEST(RunLimits, OfEverySizeKeepTheOrderOfSteps) {
    for (std::int64_t steps = 1; steps <= 30; ++steps) {
        ScheduleConfig schedule{
            .kind = ScheduleKind::hyperrule, .total_steps = 500, .boundaries = {100, 200, 300, 400, 500}};
        shorten(schedule, {.steps = steps});
        EXPECT_TRUE(std::is_sorted(schedule.boundaries.begin(), schedule.boundaries.end())) << steps;
        EXPECT_GE(schedule.boundaries.front(), 1);
        EXPECT_EQ(schedule.boundaries.back(), steps);
        EXPECT_EQ(schedule.total_steps, steps);
    }
}

TEST(RunLimits, AreRefusedForLadders) {
    try {
        static_cast<void>(expand(published(), "table2", "smoke", {.limits = {.steps = 3}}));
        FAIL() << "no error";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), suite::ErrorKind::usage);
        EXPECT_THAT(error.what(), HasSubstr("no limits: this workload measures speed"));
    }
}

} // namespace
