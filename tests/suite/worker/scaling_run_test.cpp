// What a scaling run makes of measured times, and when its numbers are no scaling result.
#include "suite/worker/scaling_run.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace suite::worker {
namespace {

using testing::SizeIs;

plan::RunConfig ladder_config(int ranks) {
    plan::RunConfig config;
    config.kind = plan::RunKind::scaling;
    config.train.batch = 16 * ranks;
    config.train.schedule.total_steps = 4;
    config.ranks = ranks;
    config.reduction = plan::ReductionMode::fast;
    config.scaling = plan::ScalingConfig{.occasion = 0, .warmup_steps = 1, .data_mode = "cached"};
    return config;
}

/// Two ranks, four steps: the first a second, then 0.5 s; rank 1 computes a tenth longer.
train::TrainResult two_rank_result() {
    train::TrainResult result;
    result.step_times.ranks = 2;
    for (int step = 0; step < 4; ++step) {
        for (int rank = 0; rank < 2; ++rank) {
            const double compute = rank == 0 ? 0.30 : 0.33;
            result.step_times.values.push_back({.data = 0.01,
                                                .forward = compute / 3,
                                                .backward = compute / 2,
                                                .overlapped = compute / 6,
                                                .exposed_communication = rank == 0 ? 0.05 : 0.02,
                                                .optimiser = 0.04,
                                                .whole = step == 0 ? 1.0 : 0.5});
        }
        result.losses.push_back({.step = step, .loss = 4.0 - step});
    }
    result.images_seen = 4 * 32;
    return result;
}

/// A quiet host of two cores on which each rank worked 2 s of 2.5.
std::vector<RankFacts> quiet_facts() {
    RankFacts facts{.host = "node", .core = "0-1", .cores = 2, .allowed_cores = 2, .weights_digest = "abc"};
    facts.before = {.busy_seconds = 100.0, .own_seconds = 1.0, .monotonic_seconds = 10.0};
    facts.after = {.busy_seconds = 104.0, .own_seconds = 3.0, .monotonic_seconds = 12.5};
    return {facts, facts};
}

store::ScalingSection section_of(const std::vector<RankFacts>& facts) {
    return scaling_section(ladder_config(2), two_rank_result(), facts, dist::Backend::mpi);
}

TEST(ScalingSection, CountsAsThePaperDoesAndSteadyStepsWithoutWarmUp) {
    const store::ScalingSummary summary = section_of(quiet_facts()).summary;

    EXPECT_NEAR(summary.seconds, 2.5, 1e-12);
    EXPECT_NEAR(summary.images_per_second, 128 / 2.5, 1e-9);
    EXPECT_NEAR(summary.steady_images_per_second, 96 / 1.5, 1e-9);
    EXPECT_EQ(summary.local_batch, 16);
    EXPECT_EQ(summary.images, 128);
    EXPECT_DOUBLE_EQ(summary.step_p50_seconds, 0.5);
    EXPECT_EQ(summary.backend, "mpi");
    EXPECT_EQ(summary.reduction, "fast");
}

TEST(ScalingSection, SplitsTheTimeOfAStep) {
    const store::ScalingSection section = section_of(quiet_facts());

    const store::ScalingSummary& summary = section.summary;
    EXPECT_NEAR(summary.forward_seconds, 0.105, 1e-12);
    EXPECT_NEAR(summary.backward_seconds, 0.21, 1e-12); // with the reductions started inside it
    EXPECT_NEAR(summary.communication_seconds, 0.035, 1e-12);
    EXPECT_NEAR(summary.imbalance_seconds, 0.015, 1e-12);
    ASSERT_THAT(section.ranks, SizeIs(2));
    EXPECT_NEAR(section.ranks[1].forward_seconds, 0.11, 1e-12);
    EXPECT_NEAR(section.ranks[1].processor_seconds, 2.0, 1e-12);
    EXPECT_THAT(section.steps, SizeIs(4));
    EXPECT_NEAR(section.steps[0].seconds, 1.0, 1e-12);
}

TEST(ScalingSection, AQuietHostHasNoFlag) {
    const store::ScalingSummary summary = section_of(quiet_facts()).summary;

    EXPECT_EQ(summary.flags, "");
    EXPECT_NEAR(summary.foreign_share, 0.0, 1e-12);
    EXPECT_EQ(summary.throttle_events, -1);
    EXPECT_EQ(summary.hosts, 1);
}

TEST(ScalingSection, EveryDisturbanceIsFlagged) {
    std::vector<RankFacts> busy = quiet_facts();
    busy[0].after.busy_seconds = busy[1].after.busy_seconds = 104.5; // 10 % of 2 cores x 2.5 s
    EXPECT_EQ(section_of(busy).summary.flags, "busy");
    EXPECT_NEAR(section_of(busy).summary.foreign_share, 0.1, 1e-12);

    std::vector<RankFacts> stolen = quiet_facts();
    stolen[0].after.steal_seconds = stolen[1].after.steal_seconds = 0.2;
    EXPECT_EQ(section_of(stolen).summary.flags, "stolen");

    std::vector<RankFacts> hot = quiet_facts();
    hot[0].before.throttle_events = 7;
    hot[0].after.throttle_events = 9;
    EXPECT_EQ(section_of(hot).summary.flags, "throttled");

    std::vector<RankFacts> crowded = quiet_facts();
    crowded[0].cores = crowded[1].cores = 1;
    EXPECT_EQ(section_of(crowded).summary.flags, "oversubscribed");
}

TEST(ScalingSection, BoundRanksAreHeldAgainstTheirOwnCores) {
    std::vector<RankFacts> bound = quiet_facts();
    for (std::size_t rank = 0; rank < 2; ++rank) {
        bound[rank].core = std::to_string(rank);
        bound[rank].allowed_cores = 1;
        bound[rank].after.busy_seconds = 102.0; // of one core
    }
    EXPECT_EQ(section_of(bound).summary.flags, "");
    bound[1].after.busy_seconds = 102.4;
    EXPECT_EQ(section_of(bound).summary.flags, "busy");
    bound[1].core = "0"; // both on one core
    EXPECT_THAT(section_of(bound).summary.flags, testing::HasSubstr("oversubscribed"));
}

TEST(ScalingGates, WantExactCountsAndAFallingLoss) {
    plan::RunConfig config = ladder_config(2);
    config.train.schedule.total_steps = 64;
    train::TrainResult result;
    result.images_seen = 64 * 32;
    for (int step = 0; step < 64; ++step) {
        result.losses.push_back({.step = step, .loss = 4.0 - 0.01 * step});
    }
    EXPECT_NO_THROW(check_scaling(config, result));
    result.images_seen -= 1;
    EXPECT_THROW(check_scaling(config, result), Error);
    result.images_seen += 1;
    for (train::LossPoint& point : result.losses) {
        point.loss = 4.0;
    }
    EXPECT_THROW(check_scaling(config, result), Error);
    result.losses.back().loss = std::nan("");
    EXPECT_THROW(check_scaling(config, result), Error);
}

TEST(HostCounters, AreThoseOfTheAllowedCores) {
    const store::testing::TemporaryFolder root;
    std::filesystem::create_directories(root.path() / "proc");
    std::filesystem::create_directories(root.path() / "sys/devices/system/cpu/cpu0/thermal_throttle");
    std::ofstream stat(root.path() / "proc/stat");
    stat << "cpu  999999 0 0 0 0 0 0 0 0 0\n";
    for (int core = 0; core < 1024; ++core) {
        stat << "cpu" << core << " 100 10 50 1000 7 3 2 20 0 0\n";
    }
    stat << "intr 1 2 3\n";
    stat.close();
    std::ofstream(root.path() / "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count") << "5\n";

    const HostCounters counters = read_host_counters(root.path());

    const double cores = allowed_core_count();
    EXPECT_NEAR(counters.busy_seconds, 1.65 * cores, 1e-9); // 165 ticks of 10 ms
    EXPECT_NEAR(counters.steal_seconds, 0.2 * cores, 1e-9);
    EXPECT_EQ(counters.throttle_events, 5);
    EXPECT_EQ(read_host_counters(root.path() / "nowhere").throttle_events, -1);
    EXPECT_EQ(read_host_counters(root.path() / "nowhere").busy_seconds, 0.0);
}

TEST(HostCounters, OfThisMachineRise) {
    const HostCounters before = read_host_counters();
    double sum = 0.0;
    while (read_host_counters().own_seconds < before.own_seconds + 0.05) {
        for (int i = 0; i < 1'000'000; ++i) {
            sum += i;
        }
    }
    EXPECT_GT(sum, 0.0);
    const HostCounters after = read_host_counters();
    EXPECT_GT(after.busy_seconds, before.busy_seconds);
    EXPECT_FALSE(allowed_cores().empty());
    EXPECT_GE(core_count(), allowed_core_count());
}

} // namespace
} // namespace suite::worker
