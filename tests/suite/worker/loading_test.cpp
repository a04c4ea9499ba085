// What a worker is told about loading, and what it refuses to begin.
#include "suite/worker/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/plan.hpp"

namespace suite::worker {
namespace {

using ::testing::HasSubstr;

TEST(LoadingOf, UsualOptionsAreTheTrainersOwn) {
    EXPECT_EQ(loading_of({}).workers, train::LoadingHooks{}.workers);
    EXPECT_EQ(loading_of({}).on_bad_image, data::BadImagePolicy::stop);
}

TEST(LoadingOf, TakesWhatTheOrderSays) {
    const train::LoadingHooks hooks = loading_of({.loader_workers = 0, .skips_bad_images = true});
    EXPECT_EQ(hooks.workers, 0);
    EXPECT_EQ(hooks.on_bad_image, data::BadImagePolicy::skip);
}

TEST(PlacesOf, KeepsManifestsOnlyInANamedFolder) {
    const data::OpenOptions places = places_of({.data_root = "/data"});
    EXPECT_EQ(places.root, "/data");
    EXPECT_FALSE(places.manifests.load);
    EXPECT_TRUE(places_of({.manifests = "/cache/manifests"}).manifests.load);
}

TEST(NamedImages, CountsAllAndNamesTwenty) {
    std::vector<data::BadImage> images;
    for (std::size_t i = 0; i < 22; ++i) {
        images.push_back({.sample = i, .name = "i" + std::to_string(i), .reason = {}});
    }
    const std::string text = named_images(images);
    EXPECT_THAT(text, ::testing::StartsWith("22: i0; i1; "));
    EXPECT_THAT(text, ::testing::EndsWith("; i19; …"));
    EXPECT_EQ(named_images({images.begin(), images.begin() + 2}), "2: i0; i1");
}

plan::RunConfig published_config(const std::string& id, bool is_parent) {
    static const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::Plan plan = expand(catalog, "table1", "paper", {.seeds = {{0}}, .cells = {id}});
    return plan.runs.at(is_parent ? 0 : 1).config;
}

TEST(TestImages, OnlyPreTrainingOnASetDeclaredWithoutThemMayLackThem) {
    // ImageNet-21k has no test part (paper.md#natural-images); every target has one.
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
