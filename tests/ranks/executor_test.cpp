// One order executed by all ranks of an executor: the same record as by one process.
#include "suite/worker/executor.hpp"

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/plan/plan.hpp"
#include "tests/ranks/rank_backend.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace suite::worker {
namespace {

using plan::WorkEvent;

class ExecutorOnRanks : public ::testing::Test {
protected:
    static void SetUpTestSuite() { train::initialise_torch(); }

    dist::Communicator& ranks_ =
        dist::testing::backend_named(dist::testing::backend_makers().begin()->first).communicator();
    store::testing::TemporaryFolder folder_; ///< of each rank; that of rank 0 is the store of all
    std::filesystem::path store_path_ = shared_folder() / "store";
    bool stop_ = false;
    Executor executor_{store_path_,
                       ranks_,
                       [this] { return stop_; },
                       [](const plan::WorkReport&) {},
                       {.provenance = {{"ranks", std::to_string(ranks_.size())}}}};

    std::filesystem::path shared_folder() {
        std::array<char, 512> text{};
        std::ranges::copy(folder_.path().string(), text.begin());
        ranks_.broadcast({text.data(), text.size(), dist::Element::byte}, 0);
        return text.data();
    }
    /// A smoke pre-training of four micro-batches a step, cut short.
    static plan::RunConfig config() {
        plan::RunConfig config =
            plan::expand(plan::load_catalog(plan::default_catalog_root()), "table1", "smoke",
                         {.seeds = {{0}}, .cells = {"tuberculosis/R50x1/1K-NAT"}})
                .runs.at(0)
                .config;
        config.data.set.train_images = 64;
        config.data.set.test_images = 33;
        config.train.evaluation_batch = 8;
        config.train.micro_batch = config.train.batch / 4;
        config.train.schedule.total_steps = 6;
        config.train.schedule.steps_per_epoch = 1;
        return config;
    }
    static plan::WorkOrder order_of(const plan::RunConfig& config) {
        return {.key = run_key(config),
                .config = canonical_text(config),
                .cell = "",
                .workload = "table1",
                .profile = "smoke"};
    }
    store::Lookup look_up(const std::filesystem::path& store) const {
        return store::Store(store, store::Access::read_only).look_up(run_key(config()));
    }
};

TEST_F(ExecutorOnRanks, PublishesTheRecordOfOneProcess) {
    const plan::WorkReport report = executor_.execute(order_of(config()));
    EXPECT_EQ(report.event, WorkEvent::done) << report.reason;
    const std::filesystem::path alone = folder_.path() / "alone";
    static_cast<void>(Executor(
                          alone, [] { return false; }, [](const plan::WorkReport&) {})
                          .execute(order_of(config())));
    ranks_.barrier();
    ASSERT_EQ(look_up(store_path_).state, store::LookupState::finished);
    const store::RunRecord record = *look_up(store_path_).record;
    EXPECT_EQ(store::first_difference(record, look_up(alone).record.value()), "");
    EXPECT_EQ(record.provenance.at("ranks"), std::to_string(ranks_.size()));
    ranks_.barrier();
}

// The whole way of a GPU's run but for the GPU: the device's engine in host memory, its gradients between
// ranks.
TEST_F(ExecutorOnRanks, TheDevicesEngineToo) {
    const DeviceChoice device{.engine = EngineKind::device_on_host};
    const auto ignore = [](const plan::WorkReport&) {};
    Executor executor(store_path_, ranks_, [] { return false; }, ignore, {.device = device});
    const plan::WorkReport report = executor.execute(order_of(config()));
    EXPECT_EQ(report.event, WorkEvent::done) << report.reason;
    const std::filesystem::path alone = folder_.path() / "alone";
    static_cast<void>(Executor(
                          alone, [] { return false; }, ignore, device)
                          .execute(order_of(config())));
    ranks_.barrier();
    ASSERT_EQ(look_up(store_path_).state, store::LookupState::finished);
    const store::RunRecord record = *look_up(store_path_).record;
    const store::RunRecord expected = look_up(alone).record.value();
    EXPECT_EQ(record.weights_digest, expected.weights_digest);
    EXPECT_EQ(record.losses.size(), expected.losses.size());
    EXPECT_EQ(record.provenance.at("device"), "device engine on the host");
    ranks_.barrier();
}

TEST_F(ExecutorOnRanks, GoesOnAfterAStopOfOneRank) {
    int asked = 0;
    const bool is_last = ranks_.rank() == ranks_.size() - 1;
    {
        Executor executor(
            store_path_, ranks_, [&] { return is_last && ++asked == 3; }, [](const plan::WorkReport&) {}, {});
        EXPECT_EQ(executor.execute(order_of(config())).event, WorkEvent::interrupted);
    }
    EXPECT_EQ(executor_.execute(order_of(config())).event, WorkEvent::done);
    ranks_.barrier();
    EXPECT_TRUE(look_up(store_path_).record.value().provenance.contains("resumed_at_step"));
    ranks_.barrier();
}

TEST_F(ExecutorOnRanks, AFailureIsTheSameOnAllRanksAndRecordedOnce) {
    plan::RunConfig sick = config();
    sick.parent_key = std::string(64, 'e');
    const plan::WorkReport report = executor_.execute(order_of(sick));
    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "weights");
    EXPECT_EQ(report.phase, "parent");
    ranks_.barrier();
    EXPECT_EQ(store::Store(store_path_, store::Access::read_only).failed_keys().size(), 1U);
    ranks_.barrier();
}

} // namespace
} // namespace suite::worker
