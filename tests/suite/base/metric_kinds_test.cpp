#include "suite/base/metric_kinds.hpp"

#include <set>

#include <gmock/gmock.h>

namespace suite {
namespace {

using testing::ElementsAre;

TEST(MetricKinds, HaveDistinctIdsThatAreFound) {
    std::set<std::string_view> ids;
    for (const MetricKind& kind : metric_kinds()) {
        EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
        EXPECT_EQ(find_metric(kind.id), &kind);
    }
    EXPECT_EQ(find_metric("top2"), nullptr);
}

TEST(MetricKinds, ThatScoreATestPartDependOnItsSamples) {
    EXPECT_THAT(scored_metric_ids(), ElementsAre("top1", "mean_auc"));
    for (const MetricKind& kind : metric_kinds()) {
        EXPECT_EQ(kind.split == "test", kind.share != SampleShare::none) << kind.id;
        EXPECT_EQ(kind.scored_on == ScoredOn::times, kind.share == SampleShare::none) << kind.id;
    }
}

TEST(MetricKinds, AreHeadedByTitleAndUnit) {
    EXPECT_EQ(metric_heading("mean_auc"), "mean AUC, %");
    EXPECT_EQ(metric_heading("images_per_second"), "images per second, img/s");
    EXPECT_EQ(metric_heading("unheard"), "unheard");
}

TEST(MetricKinds, OnlyAccuraciesCountSamples) {
    EXPECT_TRUE(counts_samples("top1"));
    EXPECT_FALSE(counts_samples("mean_auc"));
    EXPECT_FALSE(counts_samples("unheard"));
}

} // namespace
} // namespace suite
