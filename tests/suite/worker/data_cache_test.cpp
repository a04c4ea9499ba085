// Opened data sets are kept, within a limit.
#include <gtest/gtest.h>

#include "tests/suite/worker/executor_fixture.hpp"

namespace suite::worker {
namespace {

using short_runs::small_config;

plan::DataConfig small_data(std::size_t train_images) {
    plan::DataConfig config = small_config(plan::RunKind::finetune).data;
    config.set.train_images = train_images;
    return config;
}

TEST(DataCache, OpensEachDataSetOnce) {
    DataCache cache(std::size_t{1} << 30);
    const auto first = cache.open(small_data(8));
    const auto other = cache.open(small_data(16));

    EXPECT_EQ(cache.open(small_data(8)), first);
    EXPECT_NE(first, other);
    EXPECT_EQ(first->train.size(), 8U);
    EXPECT_EQ(other->train.size(), 16U);
}

TEST(DataCache, DropsTheLeastRecentlyUsedBeyondItsLimit) {
    const auto bytes = [](const data::DataSet& set) {
        return set.train.images.pixels.size() + set.test.images.pixels.size();
    };
    const std::size_t one_set = bytes(*DataCache(1).open(small_data(8)));
    DataCache cache(2 * one_set + one_set / 2); // pixels of two sets and what their labels take
    const std::weak_ptr first = cache.open(small_data(8));
    const std::weak_ptr second = cache.open(small_data(9));
    static_cast<void>(cache.open(small_data(8))); // used last
    const std::weak_ptr third = cache.open(small_data(7));

    EXPECT_FALSE(first.expired());
    EXPECT_TRUE(second.expired());
    EXPECT_FALSE(third.expired());
}

TEST(DataCache, KeepsOneSetHoweverLarge) {
    DataCache cache(1);
    const std::weak_ptr first = cache.open(small_data(8));
    EXPECT_FALSE(first.expired());
    const std::weak_ptr second = cache.open(small_data(9));
    EXPECT_TRUE(first.expired());
    EXPECT_FALSE(second.expired());
}

} // namespace
} // namespace suite::worker
