// Weights in files of others: logits of a golden file, and fine-tuning from an imported parent.
#include "suite/worker/weights_file.hpp"

#include <gmock/gmock.h>

#include "suite/data/formats/npy.hpp"
#include "suite/plan/plan.hpp"
#include "suite/worker/executor.hpp"
#include "suite/worker/weights_tasks.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace suite::worker {
namespace {

using ::testing::HasSubstr;

std::vector<float> golden(const std::string& name) {
    data::NpyFile file(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/weights" / name,
                       ErrorKind::data);
    std::size_t elements = 1;
    for (const std::size_t extent : file.shape()) {
        elements *= extent;
    }
    std::vector<float> values(elements);
    file.read(0, values);
    return values;
}

// tests/fixtures/weights_golden.py: timm's network in float64 on the same file.
TEST(LoadNetwork, GivesTimmsLogits) {
    train::initialise_torch();
    plan::NetworkSpec spec;
    spec.depths = {1, 2, 1};
    spec.stem_channels = 8;
    spec.stage_channels = {32, 64, 96};
    spec.groups = 4;
    const auto images = golden("images.npy");
    const auto wanted = golden("logits.npy");
    train::InferenceNetwork network = load_network(
        spec, 5, std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/weights/weights.npz");
    std::vector<float> logits(wanted.size());
    network.infer({.values = images, .count = 3, .size = 40, .width = 33}, logits);
    float largest = 0.0F;
    for (const float value : wanted) {
        largest = std::max(largest, std::abs(value));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(logits[i], wanted[i], 1e-5F * largest) << i;
    }
}

TEST(InferenceBatch, IsBoundedByTheMapsItNeeds) {
    plan::NetworkSpec r152x4;
    r152x4.stem_channels = 256;
    r152x4.stage_channels = {1024, 2048, 4096, 8192};
    EXPECT_EQ(inference_batch(r152x4, 4096, 4096), 1U);
    EXPECT_EQ(inference_batch(r152x4, 32, 32), 32U);
    const std::size_t batch = inference_batch(r152x4, 480, 480);
    EXPECT_GE(batch, 1U);
    EXPECT_LT(batch, 4U); // the root's two maps of one image take 118 MB
}

class ImportedParent : public ::testing::Test {
protected:
    static void SetUpTestSuite() { train::initialise_torch(); }

    static plan::RunConfig small_config(std::size_t run) {
        static const plan::Plan smoke =
            plan::expand(plan::load_catalog(plan::default_catalog_root()), "table1", "smoke",
                         {.seeds = {{0}}, .cells = {"tuberculosis/R50x1/1K-NAT"}});
        plan::RunConfig config = smoke.runs.at(run).config;
        config.data.set.train_images = 64;
        config.data.set.test_images = 32;
        config.train.schedule.total_steps = 3;
        config.train.schedule.steps_per_epoch = 1;
        if (config.train.schedule.kind == plan::ScheduleKind::hyperrule) {
            config.train.schedule.boundaries = {1, 2, 2, 2, 3};
        }
        return config;
    }
    plan::WorkReport execute(const plan::RunConfig& config) {
        return executor_.execute({.key = run_key(config),
                                  .config = canonical_text(config),
                                  .cell = config.parent_key.empty() ? "" : "tuberculosis/R50x1/1K-NAT",
                                  .workload = "table1",
                                  .profile = "smoke"});
    }
    store::RunRecord fine_tuned_from(const std::string& parent) {
        plan::RunConfig config = small_config(1);
        config.parent_key = parent;
        const plan::WorkReport report = execute(config);
        EXPECT_EQ(report.event, plan::WorkEvent::done) << report.reason;
        return store_.read(run_key(config)).value_or(store::RunRecord{});
    }

    store::testing::TemporaryFolder folder_;
    Executor executor_{folder_.path() / "store", [] { return false; }, [](const plan::WorkReport&) {}};
    store::Store store_{folder_.path() / "store", store::Access::read_only};
};

TEST_F(ImportedParent, FineTunesToTheSameBitsAsTheRunItWasExportedFrom) {
    const plan::RunConfig pretrain = small_config(0);
    ASSERT_EQ(execute(pretrain).event, plan::WorkEvent::done);
    const std::string key = run_key(pretrain);
    const auto npz = folder_.path() / "parent.npz";
    export_official(store::read_checkpoint(store_.checkpoint_path(key), key), "parent", pretrain.network, 0,
                    npz);

    const store::Checkpoint imported =
        import_official(npz, pretrain.network, pretrain.data.set.outputs(), train::HeadSource::file);
    store::write_checkpoint(store_.checkpoint_path(imported.key), imported);

    EXPECT_NE(imported.key, key);
    EXPECT_TRUE(imported.arenas.empty());
    const store::RunRecord direct = fine_tuned_from(key);
    const store::RunRecord by_file = fine_tuned_from(imported.key);
    EXPECT_NE(direct.key, by_file.key); // the parent is part of a run's identity
    EXPECT_EQ(direct.weights_digest, by_file.weights_digest);
    EXPECT_FALSE(direct.weights_digest.empty());
    ASSERT_EQ(direct.metrics.size(), 1U);
    EXPECT_EQ(direct.metrics[0].value, by_file.metrics[0].value);
}

TEST_F(ImportedParent, WithAZeroHeadFineTunesAlikeBecauseTheHeadIsReplaced) {
    const plan::RunConfig pretrain = small_config(0);
    ASSERT_EQ(execute(pretrain).event, plan::WorkEvent::done);
    const std::string key = run_key(pretrain);
    const auto npz = folder_.path() / "parent.npz";
    export_official(store::read_checkpoint(store_.checkpoint_path(key), key), "parent", pretrain.network, 0,
                    npz);
    const store::Checkpoint headless = import_official(npz, pretrain.network, 77, train::HeadSource::zero);
    store::write_checkpoint(store_.checkpoint_path(headless.key), headless);

    EXPECT_EQ(fine_tuned_from(key).weights_digest, fine_tuned_from(headless.key).weights_digest);
}

TEST_F(ImportedParent, OfAnotherNetworkIsAFailureThatNamesItsTensors) {
    plan::NetworkSpec other = small_config(0).network;
    other.stage_channels.back() *= 2;
    const auto layout = plan::network_layout(other, 3);
    const auto npz = folder_.path() / "other.npz";
    train::write_official_weights(npz, layout, std::vector<float>(layout.parameters, 0.5F));
    const store::Checkpoint imported = import_official(npz, other, 3, train::HeadSource::file);
    store::write_checkpoint(store_.checkpoint_path(imported.key), imported);
    plan::RunConfig config = small_config(1);
    config.parent_key = imported.key;

    const plan::WorkReport report = execute(config);

    EXPECT_EQ(report.event, plan::WorkEvent::failed);
    EXPECT_EQ(report.kind, "weights");
    EXPECT_THAT(report.reason, HasSubstr("head.gn.weight"));
}

} // namespace
} // namespace suite::worker
