#include "metrics/allreduce_simulation.hpp"

#include <algorithm>
#include <numeric>

#include "suite/base/philox.hpp"
#include "tests/metrics/golden.hpp"
#include "tests/metrics/published_ladder.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

/// What one step of R152x4 looks like on the paper's machine: 8 micro-batches, the last one's backward hides.
SimulatedTraining training(int ranks, AllReduceAlgorithm algorithm) {
    return {.fabric = published::fabric(),
            .ranks = ranks,
            .algorithm = algorithm,
            .bucket_bytes = published::shape().bucket_bytes,
            .forward_seconds = 0.3304,
            .backward_seconds = 0.6608,
            .window_seconds = 0.0826,
            .steps = 5};
}

double latest(const std::vector<double>& ends) {
    return *std::max_element(ends.begin(), ends.end());
}

/// The ring by its steps: what ring_ends solves in closed form.
std::vector<double> ring_by_steps(const Fabric& fabric, const std::vector<double>& starts, double bytes,
                                  const std::vector<double>& factors) {
    const std::size_t ranks = starts.size();
    const int nodes = nodes_of(fabric, static_cast<int>(ranks));
    const auto node_of = [&](std::size_t rank) { return static_cast<int>(rank) / fabric.ranks_per_node; };
    const double sending = bytes / static_cast<double>(ranks) / bandwidth_of(fabric, nodes);
    std::vector<double> received = starts;
    for (std::size_t step = 0; step < 2 * (ranks - 1); ++step) {
        std::vector<double> next(ranks);
        for (std::size_t rank = 0; rank < ranks; ++rank) {
            const std::size_t before = (rank + ranks - 1) % ranks;
            const double latency = node_of(before) != node_of(rank) ? node_hop_of(fabric) * factors[before]
                                                                    : ring_hop_of(fabric, nodes);
            next[rank] = sending + std::max(received[rank], received[before] + latency);
        }
        received = next;
    }
    for (double& end : received) {
        end += fabric.base_seconds;
    }
    return received;
}

TEST(RingEnds, AreThoseOfTheRingStepByStep) {
    for (const int ranks : {2, 3, 4, 5, 8, 12, 30, 64}) {
        suite::PhiloxStream stream(
            {.seed = 1, .purpose = suite::Purpose::simulation, .sample = static_cast<std::uint64_t>(ranks)});
        std::vector<double> starts;
        std::vector<double> factors;
        for (int rank = 0; rank < ranks; ++rank) {
            starts.push_back(1e-3 * stream.uniform_double());
            factors.push_back(1 + stream.uniform_double());
        }
        const auto found = ring_ends(published::fabric(), starts, 1e6, factors);
        const auto expected = ring_by_steps(published::fabric(), starts, 1e6, factors);
        for (std::size_t rank = 0; rank < starts.size(); ++rank) {
            EXPECT_NEAR(found[rank], expected[rank], 1e-13) << ranks << ' ' << rank;
        }
    }
}

TEST(RingEnds, WithoutNoiseAreTheFormula) {
    for (const int ranks : {2, 4, 8, 64, 1024}) {
        const double simulated =
            latest(ring_ends(published::fabric(), std::vector(static_cast<std::size_t>(ranks), 0.0), 64e6));
        // Of 2N − 2 hops up to 2n leave a node; the formula counts 2 (n − 1).
        const double extra =
            ranks <= 4 ? 0.0 : 2 * (node_hop_of(published::fabric()) - ring_hop_of(published::fabric(), 2));
        EXPECT_NEAR(simulated,
                    all_reduce_seconds(published::fabric(), AllReduceAlgorithm::ring, ranks, 64e6) + extra,
                    1e-12)
            << ranks;
    }
}

TEST(TreeEnds, WithoutNoiseAreTheFormula) {
    for (const int ranks : {2, 4, 8, 64, 1024, 4096}) { // powers of two: the tree's depth is log2(nodes)
        const double simulated =
            latest(tree_ends(published::fabric(), std::vector(static_cast<std::size_t>(ranks), 0.0), 64e6));
        EXPECT_NEAR(simulated, all_reduce_seconds(published::fabric(), AllReduceAlgorithm::tree, ranks, 64e6),
                    1e-12)
            << ranks;
    }
}

TEST(TreeEnds, OneLateRankHoldsAllBack) {
    std::vector<double> starts(64, 0.0);
    starts[37] = 1.0;
    const auto ends = tree_ends(published::fabric(), starts, 64e6);
    EXPECT_GT(*std::min_element(ends.begin(), ends.end()), 1.0);
    const auto ring = ring_ends(published::fabric(), starts, 64e6);
    EXPECT_GT(*std::min_element(ring.begin(), ring.end()), 1.0);
}

TEST(Simulation, WithoutNoiseIsTheOverlapRecurrence) {
    for (const int ranks : {4, 64, 1024, 4096}) {
        const AllReduceAlgorithm tree[] = {AllReduceAlgorithm::tree};
        const auto run = training(ranks, AllReduceAlgorithm::tree);
        const double exposed =
            exposed_seconds(overlapped_buckets(run.fabric, ranks, run.bucket_bytes, run.backward_seconds,
                                               run.window_seconds, tree),
                            run.backward_seconds);

        const SimulatedShares shares = simulate(run);

        // Clocks drift apart by the tree's depth until ranks wait for each other: far below a millisecond.
        EXPECT_NEAR(shares.step_seconds, 0.9912 + exposed, 5e-4) << ranks;
        EXPECT_LE(shares.step_seconds, 0.9912 + exposed + 1e-12) << ranks;
        EXPECT_NEAR(shares.waiting_seconds, 0.0, 1e-12) << ranks;
        EXPECT_NEAR(shares.compute_seconds, 0.9912, 1e-12) << ranks;
    }
}

TEST(Simulation, OneStepWithoutNoiseIsTheOverlapRecurrenceExactly) {
    auto run = training(1024, AllReduceAlgorithm::tree);
    run.steps = 1;
    const AllReduceAlgorithm tree[] = {AllReduceAlgorithm::tree};
    const double exposed = exposed_seconds(overlapped_buckets(run.fabric, 1024, run.bucket_bytes,
                                                              run.backward_seconds, run.window_seconds, tree),
                                           run.backward_seconds);
    EXPECT_NEAR(simulate(run).step_seconds, 0.9912 + exposed, 1e-12);
}

TEST(Simulation, PartsAddUpToTheStep) {
    auto run = training(1024, AllReduceAlgorithm::tree);
    run.noise_share = 0.01;
    run.link_noise_share = 0.3;
    run.optimizer_seconds = 0.01;
    const auto shares = simulate(run);
    EXPECT_NEAR(shares.compute_seconds + shares.waiting_seconds + shares.bandwidth_seconds +
                    shares.latency_seconds,
                shares.step_seconds, 1e-12);
    EXPECT_GT(shares.waiting_seconds, 0);
    EXPECT_GT(shares.bandwidth_seconds, 0);
    EXPECT_GT(shares.latency_seconds, 0);
}

TEST(Simulation, WaitingIsTheExpectedMaximumOfTheNoise) {
    // With no gradients worth mentioning a step waits for the slowest: E[max] of N normals times sd, from
    // scipy.
    for (const auto& expected : golden::read("step_time.json", "normal_maximum")) {
        auto run = training(expected["n"], AllReduceAlgorithm::tree);
        run.bucket_bytes = {1e-6};
        run.noise_share = 0.002;
        run.steps = 200;
        const double sd = run.noise_share * 0.9912;
        EXPECT_NEAR(simulate(run).waiting_seconds / sd, expected["mean"].get<double>(), 0.15)
            << expected["n"];
    }
}

TEST(TreeEnds, ByHandOnThreeNodes) {
    // Nodes of 2: rank 1 → 0, 3 → 2, 5 → 4; nodes 1 and 2 hang below node 0. A hop in a node takes 1, one
    // between nodes 10 + 2·1 times its factor; 2·6/(0.5·(2·3)) = 4 of transfer, 0.5 of base.
    const Fabric fabric{.ranks_per_node = 2,
                        .nics_per_node = 2,
                        .node_bytes_per_second = 1,
                        .nic_bytes_per_second = 3,
                        .base_seconds = 0.5,
                        .tree_hop_seconds = 1,
                        .network_hop_seconds = 10,
                        .nic_seconds = 1,
                        .tree_bandwidth_share = 0.5};
    // Heads: node 0 max(0, 1 + 1) = 2, node 1 max(3, 0 + 1) = 3, node 2 max(0, 4 + 1) = 5;
    // up: max(2, 3 + 12·2, 5 + 12·1) = 27; down from 27 + 0.5 + 4.
    const auto ends = tree_ends(fabric, {0, 1, 3, 0, 0, 4}, 6, {9, 9, 2, 9, 1, 9});
    EXPECT_THAT(ends, testing::Pointwise(testing::DoubleEq(), {31.5, 32.5, 55.5, 56.5, 43.5, 44.5}));
    EXPECT_THAT(tree_ends(fabric, {7.0}, 6), testing::ElementsAre(7.0));
    EXPECT_THAT(ring_ends(fabric, {7.0}, 6), testing::ElementsAre(7.0));
}

TEST(TreeEnds, OfADeepHeapReachEveryNodeByItsParent) {
    // One rank a node, no cost but the hops between nodes: 1 each way. Node n's level is floor(log2(n + 1)).
    const Fabric fabric{.ranks_per_node = 1,
                        .nics_per_node = 1,
                        .node_bytes_per_second = 1,
                        .nic_bytes_per_second = 1,
                        .network_hop_seconds = 1};
    const auto ends = tree_ends(fabric, std::vector(9, 0.0), 0);
    EXPECT_THAT(ends, testing::ElementsAre(3, 4, 4, 5, 5, 5, 5, 6, 6));
}

/// simulate() by hand: the same streams, one rank after the other.
SimulatedShares by_hand(const SimulatedTraining& run) {
    const auto ranks = static_cast<std::size_t>(run.ranks);
    const auto normal = [&](std::uint32_t step, std::uint64_t rank) {
        suite::PhiloxStream stream(
            {.seed = run.seed, .purpose = suite::Purpose::simulation, .epoch = step, .sample = rank});
        return stream.normal();
    };
    const double compute = run.forward_seconds + run.backward_seconds;
    double computed = 0;
    const auto mean_step = [&](const Fabric& fabric, bool has_bytes, bool has_link_noise) {
        computed = 0;
        std::vector<double> clocks(ranks, 0.0);
        for (std::uint32_t step = 0; step < static_cast<std::uint32_t>(run.steps); ++step) {
            std::vector<double> slowness;
            for (std::size_t rank = 0; rank < ranks; ++rank) {
                slowness.push_back(std::max(0.05, (1 + run.spread_share * normal(0xFFFFFFFFU, rank)) *
                                                      (1 + run.noise_share * normal(step, rank))));
                computed += slowness.back() * compute + run.optimizer_seconds;
            }
            std::vector<double> ends = clocks;
            double done = 0;
            for (std::size_t bucket = 0; bucket < run.bucket_bytes.size(); ++bucket) {
                done += run.bucket_bytes[bucket];
                const double share =
                    done / std::accumulate(run.bucket_bytes.begin(), run.bucket_bytes.end(), 0.0);
                for (std::size_t rank = 0; rank < ranks; ++rank)
                    ends[rank] =
                        std::max(ends[rank], clocks[rank] + slowness[rank] *
                                                                (compute - run.window_seconds * (1 - share)));
                std::vector<double> factors;
                suite::PhiloxStream stream({.seed = run.seed,
                                            .purpose = suite::Purpose::simulation,
                                            .epoch = step,
                                            .sample = (std::uint64_t{1} << 40) + bucket});
                for (std::size_t hop = 0; hop < ranks && has_link_noise; ++hop)
                    factors.push_back(1 - run.link_noise_share * std::log(1 - stream.uniform_double()));
                ends = ring_ends(fabric, ends, has_bytes ? run.bucket_bytes[bucket] : 0, factors);
            }
            for (std::size_t rank = 0; rank < ranks; ++rank)
                clocks[rank] =
                    std::max(clocks[rank] + slowness[rank] * compute, ends[rank]) + run.optimizer_seconds;
        }
        return latest(clocks) / run.steps;
    };
    const Fabric free{.ranks_per_node = run.fabric.ranks_per_node,
                      .nics_per_node = run.fabric.nics_per_node,
                      .node_bytes_per_second = run.fabric.node_bytes_per_second,
                      .nic_bytes_per_second = run.fabric.nic_bytes_per_second};
    const double no_network = mean_step(free, false, false);
    const double no_latency = mean_step(free, true, false);
    const double full = mean_step(run.fabric, true, true);
    const double mean = computed / (run.ranks * run.steps);
    return {full, mean, no_network - mean, no_latency - no_network, full - no_latency};
}

TEST(Simulation, IsTheOneByHandWithEveryNoise) {
    SimulatedTraining run = training(6, AllReduceAlgorithm::ring);
    run.bucket_bytes = {64e6, 32e6, 200e6};
    run.forward_seconds = 0.010;
    run.backward_seconds = 0.020;
    run.window_seconds = 0.015;
    run.optimizer_seconds = 0.003;
    run.noise_share = 0.1;
    run.spread_share = 0.2;
    run.link_noise_share = 30;
    run.steps = 4;
    run.seed = 5;

    const SimulatedShares found = simulate(run);

    const SimulatedShares expected = by_hand(run);
    EXPECT_NEAR(found.step_seconds, expected.step_seconds, 1e-12);
    EXPECT_NEAR(found.compute_seconds, expected.compute_seconds, 1e-12);
    EXPECT_NEAR(found.waiting_seconds, expected.waiting_seconds, 1e-12);
    EXPECT_NEAR(found.bandwidth_seconds, expected.bandwidth_seconds, 1e-12);
    EXPECT_NEAR(found.latency_seconds, expected.latency_seconds, 1e-12);
    EXPECT_NEAR(found.efficiency_percent(), 100 * found.compute_seconds / found.step_seconds, 1e-12);
    run.noise_share = 1.5; // some ranks would compute in less than no time
    EXPECT_NEAR(simulate(run).step_seconds, by_hand(run).step_seconds, 1e-12);
}

TEST(Simulation, OfOneRankIsItsCompute) {
    SimulatedTraining run = training(1, AllReduceAlgorithm::ring);
    run.optimizer_seconds = 0.25;
    run.steps = 1;
    const SimulatedShares shares = simulate(run);
    EXPECT_NEAR(shares.step_seconds, 0.3304 + 0.6608 + 0.25, 1e-12);
    EXPECT_NEAR(shares.compute_seconds, shares.step_seconds, 1e-12);
    EXPECT_NEAR(shares.latency_seconds, 0, 1e-12);
}

TEST(Simulation, EqualInputGivesEqualBits) {
    auto run = training(4096, AllReduceAlgorithm::ring);
    run.noise_share = 0.01;
    run.link_noise_share = 0.1;
    const auto first = simulate(run);
    const auto second = simulate(run);
    EXPECT_EQ(first.step_seconds, second.step_seconds);
    EXPECT_EQ(first.latency_seconds, second.latency_seconds);
    run.seed = 1;
    EXPECT_NE(simulate(run).step_seconds, first.step_seconds);
}

TEST(Simulation, OfARingOf1024LosesHalfAStepToLatency) {
    // A separate calculation: 1.04 s of communication, nearly all of it hops.
    const auto shares = simulate(training(1024, AllReduceAlgorithm::ring));
    EXPECT_GT(shares.latency_seconds, 0.8);
    EXPECT_LT(shares.efficiency_percent(), 55);
}

TEST(SimulationBadInput, AllFaultsComeAtOnce) {
    SimulatedTraining run = training(0, AllReduceAlgorithm::hierarchical);
    run.noise_share = -1;
    run.forward_seconds = std::nan("");
    run.window_seconds = 5;
    const std::string message = golden::usage_message([&] { (void)simulate(run); });
    for (const char* word : {"0 ranks", "hierarchical", "noise_share: found -1", "forward_seconds: found nan",
                             "window_seconds: found 5"}) {
        EXPECT_THAT(message, HasSubstr(word));
    }
    run = training(2, AllReduceAlgorithm::ring);
    run.steps = 0;
    EXPECT_THAT(golden::usage_message([&] { (void)simulate(run); }), HasSubstr("2 ranks, 0 steps"));
    run = training(2, AllReduceAlgorithm::ring);
    run.window_seconds = run.backward_seconds; // all of it is no fault, nor is nothing
    run.forward_seconds = 0;
    EXPECT_GT(simulate(run).step_seconds, 0);
}

} // namespace
} // namespace metrics
