// The short runs that tell how fast this machine trains a profile's networks.
#include "suite/plan/network/cost.hpp"
#include "suite/run/measure.hpp"

#include <set>

#include <gtest/gtest.h>

namespace suite::run {
namespace {

plan::Plan smoke_plan() {
    return plan::expand(plan::load_catalog(plan::default_catalog_root()), "table1", "smoke");
}

TEST(MeasurementPlan, HasOneShortPretrainingRunOfEachNetwork) {
    const plan::Plan plan = smoke_plan();
    std::set<std::string> networks;
    for (const plan::PlannedRun& run : plan.runs) {
        networks.insert(run.config.network.id);
    }

    const plan::Plan measured = measurement_plan(plan);

    std::set<std::string> measured_networks;
    for (const plan::PlannedRun& run : measured.runs) {
        measured_networks.insert(run.config.network.id);
        EXPECT_EQ(run.config.kind, plan::RunKind::pretrain);
        EXPECT_LE(run.config.train.schedule.total_steps, measured_steps);
        EXPECT_EQ(run.key, run_key(run.config)) << "the key belongs to the shortened run";
    }
    EXPECT_EQ(measured.runs.size(), networks.size());
    EXPECT_EQ(measured_networks, networks);
}

TEST(MeasurementPlan, CountsTheWorkOfTheShortenedRun) {
    for (const plan::PlannedRun& run : measurement_plan(smoke_plan()).runs) {
        const plan::RunConfig& config = run.config;
        const double forward =
            plan::forward_gigamacs(config.network, config.data.set.image_size, config.data.set.outputs());
        const double images =
            3.0 * static_cast<double>(config.train.schedule.total_steps * config.train.batch) +
            static_cast<double>(config.data.set.test_images);
        EXPECT_DOUBLE_EQ(run.gigamacs, forward * images);
    }
}

} // namespace
} // namespace suite::run
