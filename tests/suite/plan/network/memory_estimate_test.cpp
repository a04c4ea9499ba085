// What a run needs of memory, against counts by hand.
#include "suite/plan/network/memory_estimate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

using ::testing::HasSubstr;

RunConfig published_config(const std::string& id, bool is_parent) {
    static const Catalog catalog = load_catalog(default_catalog_root());
    const Plan plan = expand(catalog, "table1", "paper", {.seeds = {{0}}, .cells = {id}});
    return plan.runs.at(is_parent ? 0 : 1).config;
}

TEST(MemoryEstimate, CountsArenasLevelsAndActivations) {
    // R50x1 has 23,500,352 parameters and 2,048 x 37 + 37 of the head (paper.md#parameters-and-cost); 128
    // images in micro-batches of 4 are 32 leaves of a tree of 5 levels, on 2 ranks 16 leaves of 4.
    const RunConfig config = published_config("pets/R50x1/1K-NAT", false);
    const double parameters = 23'500'352.0 + 2048 * 37 + 37;
    const double level = 4.0 * parameters;
    EXPECT_DOUBLE_EQ(least_memory_bytes(config, 1) - least_memory_bytes(config, 2), level);
    RunConfig fast = config;
    fast.reduction = ReductionMode::fast;
    EXPECT_NEAR(least_memory_bytes(config, 1) - least_memory_bytes(fast, 1), 5.0 * level, 1.0);
    RunConfig twice = fast;
    twice.train.micro_batch = 8;
    const double activations = least_memory_bytes(twice, 1) - least_memory_bytes(fast, 1);
    EXPECT_NEAR(least_memory_bytes(fast, 1) - activations, 4.0 * level, 1.0) << "four arenas besides";
    // ResNet-50's convolutions put out 11.1 M values at 224 px (He et al.'s layers, counted); with the
    // normalised inputs beside them and 480 px: about (480 / 224)^2 x 2 x 11.1 M a picture.
    EXPECT_NEAR(activations / 4.0 / 4.0, 4.59 * 2.0 * 11.1e6, 0.1 * 4.59 * 2.0 * 11.1e6);
}

TEST(MemoryEstimate, RefusesTheLargeNetworkOnASmallMachineInWords) {
    const RunConfig config = published_config("cifar10/R152x4/1K-NAT", true);
    const double gib = 1024.0 * 1024.0 * 1024.0;
    EXPECT_THAT(memory_refusal(config, 1, 16.0 * gib),
                HasSubstr("R152x4 at 224 px in micro-batches of 16 needs about "));
    EXPECT_THAT(memory_refusal(config, 1, 16.0 * gib),
                ::testing::EndsWith(" GiB of memory, this machine has 16.0 GiB"));
    EXPECT_EQ(memory_refusal(config, 1, 2000.0 * gib), "");
    RunConfig replaced = config;
    replaced.weights = {.file = "w.npz", .sha256 = "0"};
    EXPECT_EQ(memory_refusal(replaced, 1, 0.0), "") << "nothing is trained";
}

} // namespace
} // namespace suite::plan
