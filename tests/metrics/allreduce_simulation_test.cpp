#include "metrics/allreduce_simulation.hpp"

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
    // performance.md section 0 no. 7: 1.04 s of communication, nearly all of it hops.
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
}

} // namespace
} // namespace metrics
