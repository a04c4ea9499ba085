// What a worker is told about loading, and what it refuses to begin.
#include "suite/worker/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "suite/base/error.hpp"
#include "suite/plan/catalog.hpp"
#include "suite/plan/plan.hpp"
#include "suite/worker/memory_estimate.hpp"

namespace suite::worker {
namespace {

using ::testing::HasSubstr;

class LoadingEnvironment : public ::testing::Test {
protected:
    static void set(const char* workers, const char* policy) {
        ::setenv("TRANSFERSCALE_LOADER_WORKERS", workers, 1);
        ::setenv("TRANSFERSCALE_ON_BAD_IMAGE", policy, 1);
    }
    void TearDown() override {
        ::unsetenv("TRANSFERSCALE_LOADER_WORKERS");
        ::unsetenv("TRANSFERSCALE_ON_BAD_IMAGE");
    }
};

TEST_F(LoadingEnvironment, NothingMeansTheDefaults) {
    EXPECT_EQ(loading_from_environment().workers, train::LoadingHooks{}.workers);
    EXPECT_EQ(loading_from_environment().on_bad_image, data::BadImagePolicy::stop);
}

TEST_F(LoadingEnvironment, WordsAreTaken) {
    set("0", "skip");
    EXPECT_EQ(loading_from_environment().workers, 0);
    EXPECT_EQ(loading_from_environment().on_bad_image, data::BadImagePolicy::skip);
}

TEST_F(LoadingEnvironment, OtherWordsAreRefusedAllAtOnce) {
    set("2 threads", "ignore");
    try {
        static_cast<void>(loading_from_environment());
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_EQ(error.faults().size(), 2U);
        EXPECT_THAT(error.what(), HasSubstr("'2 threads', expected a number from 0 to 256"));
    }
}

TEST(SkippedText, CountsAllAndNamesTwenty) {
    std::vector<data::BadImage> images;
    for (std::size_t i = 0; i < 22; ++i) {
        images.push_back({.sample = i, .name = "i" + std::to_string(i), .reason = {}});
    }
    const std::string text = skipped_text(images);
    EXPECT_THAT(text, ::testing::StartsWith("22: i0; i1; "));
    EXPECT_THAT(text, ::testing::EndsWith("; i19; …"));
    EXPECT_EQ(skipped_text({images.begin(), images.begin() + 2}), "2: i0; i1");
}

plan::RunConfig published_config(const std::string& id, bool is_parent) {
    static const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::Plan plan = expand(catalog, "table1", "paper", {.seeds = {{0}}, .cells = {id}});
    return plan.runs.at(is_parent ? 0 : 1).config;
}

TEST(MemoryEstimate, CountsArenasLevelsAndActivations) {
    // R50x1 has 23,500,352 parameters and 2,048 x 37 + 37 of the head (cherti-jitsev.md 1.2); 128 images in
    // micro-batches of 4 are 32 leaves of a tree of 5 levels, on 2 ranks 16 leaves of 4.
    const plan::RunConfig config = published_config("pets/R50x1/1K-NAT", false);
    const double parameters = 23'500'352.0 + 2048 * 37 + 37;
    const double level = 4.0 * parameters;
    EXPECT_DOUBLE_EQ(least_memory_bytes(config, 1) - least_memory_bytes(config, 2), level);
    plan::RunConfig fast = config;
    fast.reduction = plan::ReductionMode::fast;
    EXPECT_NEAR(least_memory_bytes(config, 1) - least_memory_bytes(fast, 1), 5.0 * level, 1.0);
    plan::RunConfig twice = fast;
    twice.train.micro_batch = 8;
    const double activations = least_memory_bytes(twice, 1) - least_memory_bytes(fast, 1);
    EXPECT_NEAR(least_memory_bytes(fast, 1) - activations, 4.0 * level, 1.0) << "four arenas besides";
    // ResNet-50's convolutions put out 11.1 M values at 224 px (He et al.'s layers, counted); with the
    // normalised inputs beside them and 480 px: about (480 / 224)^2 x 2 x 11.1 M a picture.
    EXPECT_NEAR(activations / 4.0 / 4.0, 4.59 * 2.0 * 11.1e6, 0.1 * 4.59 * 2.0 * 11.1e6);
}

TEST(MemoryEstimate, RefusesTheLargeNetworkOnASmallMachineInWords) {
    const plan::RunConfig config = published_config("cifar10/R152x4/1K-NAT", true);
    const double gib = 1024.0 * 1024.0 * 1024.0;
    EXPECT_THAT(memory_refusal(config, 1, 16.0 * gib),
                HasSubstr("R152x4 at 224 px in micro-batches of 16 takes about "));
    EXPECT_EQ(memory_refusal(config, 1, 2000.0 * gib), "");
    EXPECT_GT(available_memory_bytes(), 0.01 * gib);
}

TEST(TestImages, OnlyPreTrainingOnASetDeclaredWithoutThemMayLackThem) {
    // ImageNet-21k has no test part (cherti-jitsev.md 2.5); every target has one.
    data::DataSet empty;
    empty.id = "set";
    const plan::RunConfig parent = published_config("cifar10/R50x1/21K-NAT", true);
    EXPECT_NO_THROW(require_test_images(parent, empty));
    for (const plan::RunConfig& config :
         {published_config("cifar10/R50x1/21K-NAT", false), published_config("cifar10/R50x1/1K-NAT", true)}) {
        try {
            require_test_images(config, empty);
            ADD_FAILURE() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::data);
            EXPECT_THAT(error.what(), HasSubstr("set: found no test images"));
        }
    }
}

} // namespace
} // namespace suite::worker
