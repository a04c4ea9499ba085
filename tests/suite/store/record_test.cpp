#include "suite/store/record.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "store_fixture.hpp"

namespace suite::store {
namespace {

using testing::full_record;

TEST(SameResult, HoldsForACopyWithNaN) {
    EXPECT_TRUE(same_result(full_record(), full_record()));
    EXPECT_EQ(first_difference(full_record(), full_record()), "");
}

TEST(SameResult, IgnoresTimesProvenanceAndTheAskingCell) {
    RunRecord other = full_record();
    other.train_seconds += 1.0;
    other.wall_seconds = 3.0;
    other.provenance["host"] = "elsewhere";
    other.cell = "cifar100/R50x1/21K-NAT";
    EXPECT_TRUE(same_result(full_record(), other));
}

TEST(SameResult, NamesTheFirstDifference) {
    const std::vector<std::pair<std::string, std::function<void(RunRecord&)>>> changes{
        {"key", [](RunRecord& r) { r.key[0] = r.key[0] == 'a' ? 'b' : 'a'; }},
        {"status", [](RunRecord& r) { r.status = RunStatus::failed; }},
        {"metrics.size", [](RunRecord& r) { r.metrics.pop_back(); }},
        {"metrics[1].value", [](RunRecord& r) { r.metrics[1].value = 0.0; }},
        {"metrics[0].unit", [](RunRecord& r) { r.metrics[0].unit = "fraction"; }},
        {"losses.size", [](RunRecord& r) { r.losses.clear(); }},
        {"losses[0].loss", [](RunRecord& r) { r.losses[0].loss = std::nextafter(r.losses[0].loss, 9.0); }},
        {"losses[2].lr", [](RunRecord& r) { r.losses[2].lr = 0.0; }},
        {"predictions", [](RunRecord& r) { r.predictions.reset(); }},
        {"predictions.scores[4]", [](RunRecord& r) { r.predictions->scores[4] = 0.0F; }}, // -0 before
        {"predictions.classes[0]", [](RunRecord& r) { r.predictions->classes[0] = 1; }},
        {"predictions.label_matrix.size", [](RunRecord& r) { r.predictions->label_matrix.clear(); }},
        {"weights_digest", [](RunRecord& r) { r.weights_digest.clear(); }},
    };
    for (const auto& [name, change] : changes) {
        RunRecord other = full_record();
        change(other);
        EXPECT_EQ(first_difference(full_record(), other), name);
        EXPECT_FALSE(same_result(full_record(), other));
    }
}

} // namespace
} // namespace suite::store
