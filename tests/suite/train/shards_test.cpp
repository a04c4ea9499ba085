#include "suite/train/shards.hpp"

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/train/save_interval.hpp"

namespace suite::train {
namespace {

using plan::ReductionMode;

TEST(ShardPlan, StrictSharesTheMicroBatchesWhateverTheRanks) {
    const ShardPlan alone = shard_plan(32, 4, 1, 0, ReductionMode::strict);
    ASSERT_EQ(alone.all.size(), 8U);
    EXPECT_EQ(alone.all[3], (Shard{3, 12, 4}));
    for (const int ranks : {2, 4, 8}) {
        std::size_t next = 0;
        for (int rank = 0; rank < ranks; ++rank) {
            const ShardPlan plan = shard_plan(32, 4, ranks, rank, ReductionMode::strict);
            EXPECT_EQ(plan.all, alone.all);
            EXPECT_EQ(plan.mine_begin, next);
            EXPECT_EQ(plan.first_image(), next * 4);
            EXPECT_EQ(plan.images(), 32U / static_cast<std::size_t>(ranks));
            next = plan.mine_end;
        }
        EXPECT_EQ(next, 8U);
    }
}

TEST(ShardPlan, FastGivesEveryImageToOneRankAndNoneTwice) {
    for (int ranks = 1; ranks <= 24; ++ranks) {
        std::size_t next = 0;
        std::size_t most = 0;
        std::size_t least = 24;
        for (int rank = 0; rank < ranks; ++rank) {
            const ShardPlan plan = shard_plan(24, 8, ranks, rank, ReductionMode::fast);
            EXPECT_EQ(plan.first_image(), next);
            for (std::size_t i = plan.mine_begin; i < plan.mine_end; ++i) {
                EXPECT_EQ(plan.all[i].index, i);
                EXPECT_EQ(plan.all[i].first, next);
                EXPECT_LE(plan.all[i].count, 8U);
                next += plan.all[i].count;
            }
            most = std::max(most, plan.images());
            least = std::min(least, plan.images());
        }
        EXPECT_EQ(next, 24U) << ranks << " ranks";
        EXPECT_LE(most - least, 1U);
    }
}

void expect_refused(int batch, int micro_batch, int ranks, ReductionMode mode, const char* words) {
    try {
        static_cast<void>(shard_plan(batch, micro_batch, ranks, 0, mode));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_THAT(error.what(), testing::HasSubstr(words));
    }
}

TEST(ShardPlan, RanksThatDoNotDivideAreRefusedWithBothNumbers) {
    expect_refused(32, 4, 3, ReductionMode::strict, "3 ranks for 8 micro-batches");
    expect_refused(24, 4, 4, ReductionMode::strict, "4 ranks for 6 micro-batches");
    expect_refused(24, 8, 3, ReductionMode::strict, "--reduction fast");
    expect_refused(8, 8, 9, ReductionMode::fast, "9 ranks for 8 images");
    expect_refused(8, 3, 1, ReductionMode::fast, "a micro_batch that divides batch");
}

TEST(SaveInterval, FollowsYoungAndDalyBetweenAMinuteAndTen) {
    EXPECT_EQ(save_interval_seconds(0.0, 1), 60.0);
    EXPECT_EQ(save_interval_seconds(100.0, 1), 600.0);
    // sqrt(2 * 0.02 s * 51,000 h / 256) = sqrt(28,687.5) s
    EXPECT_NEAR(save_interval_seconds(0.02, 256), 169.374, 0.001);
}

} // namespace
} // namespace suite::train
