// Short real trainings on the smoke profile's phantoms, for the tests of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "suite/plan/plan.hpp"
#include "suite/worker/executor.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace suite::worker::short_runs {

inline constexpr const char* cell = "tuberculosis/R50x1/1K-NAT";
inline constexpr std::int64_t steps = 3;

/// The smoke profile's run of this kind, cut to a few steps and images. A sham parent when none is given.
inline plan::RunConfig small_config(plan::RunKind kind,
                                    const std::string& parent_key = std::string(64, 'a')) {
    static const plan::Plan smoke = plan::expand(plan::load_catalog(plan::default_catalog_root()), "table1",
                                                 "smoke", {.seeds = {{0}}, .cells = {cell}});
    const bool pretrains = kind == plan::RunKind::pretrain;
    plan::RunConfig config = smoke.runs.at(pretrains ? 0 : 1).config;
    EXPECT_EQ(config.kind, kind);
    config.parent_key = pretrains ? "" : parent_key;
    config.data.set.train_images = 64;
    config.data.set.test_images = 32;
    plan::ScheduleConfig& schedule = config.train.schedule;
    schedule.total_steps = steps;
    schedule.steps_per_epoch = 1;
    if (schedule.kind == plan::ScheduleKind::hyperrule) {
        schedule.boundaries = {1, 2, 2, 2, steps};
    }
    return config;
}

inline plan::WorkOrder order_of(const plan::RunConfig& config) {
    return {.key = run_key(config),
            .config = canonical_text(config),
            .cell = config.kind == plan::RunKind::pretrain ? "" : cell,
            .workload = "table1",
            .profile = "smoke"};
}

class ExecutorTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { train::initialise_torch(); }

    std::filesystem::path store_path() const { return folder_.path() / "store"; }
    plan::WorkReport execute(const plan::RunConfig& config) { return execute(order_of(config)); }
    plan::WorkReport execute(const plan::WorkOrder& order) { return executor_.execute(order); }
    store::Lookup look_up(const std::string& key) const {
        return store::Store(store_path(), store::Access::read_only).look_up(key);
    }
    store::Failure failure_of(const std::string& key) const {
        const store::Lookup lookup = look_up(key);
        EXPECT_EQ(lookup.state, store::LookupState::failed);
        return lookup.record && lookup.record->failure ? *lookup.record->failure : store::Failure{};
    }

    store::testing::TemporaryFolder folder_;
    bool stop_ = false;
    const DeviceChoice on_the_host_; ///< also where there is a GPU
    Executor executor_{store_path(), [this] { return stop_; }, [](const plan::WorkReport&) {}, on_the_host_};
};

} // namespace suite::worker::short_runs
