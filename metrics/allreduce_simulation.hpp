// Training steps of many ranks, simulated rank by rank and bucket by bucket: compute with noise, buckets that
// are all-reduced by ring or tree while backward goes on, links with noise. Shows where efficiency goes.
//
// Every message has one sender and one receiver, so the time of each event is the latest of the events that
// it waits for, plus what it takes; they are computed in the order of these dependencies and no queue, whose
// ties could decide something, is needed. Randomness is a function of (seed, step, rank or link): equal
// input, equal result.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/allreduce_model.hpp"

namespace metrics {

struct SimulatedTraining {
    Fabric fabric;
    int ranks = 1;
    AllReduceAlgorithm algorithm = AllReduceAlgorithm::tree; ///< ring or tree (Error(usage) otherwise)
    std::vector<double> bucket_bytes;                        ///< in the order in which they become ready
    double forward_seconds = 0.0;
    double backward_seconds = 0.0;
    double optimizer_seconds = 0.0;
    double window_seconds = 0.0; ///< at the end of backward, over which the buckets become ready
    double noise_share = 0.0;    ///< sd of a rank's compute time from step to step, over its mean
    double spread_share = 0.0;   ///< sd of the ranks' mean compute times, over their mean
    double link_noise_share =
        0.0; ///< mean extra latency of a hop between nodes (exponential), over its latency
    int steps = 20;
    std::uint64_t seed = 0;
};

/// Mean of a step over all steps. The parts add up to step_seconds; they are differences between simulations
/// with the same noise: without communication, without latency, with everything.
struct SimulatedShares {
    double step_seconds = 0.0;
    double compute_seconds = 0.0;   ///< mean rank: forward, backward, optimiser
    double waiting_seconds = 0.0;   ///< for the slowest rank
    double bandwidth_seconds = 0.0; ///< exposed communication, were messages to travel at once
    double latency_seconds = 0.0;   ///< what hops and starting an all-reduce add
    [[nodiscard]] double efficiency_percent() const noexcept {
        return 100.0 * compute_seconds / step_seconds;
    }
};

/// Shares above 0 count, so do ranks, steps and rates (Error(usage) with all faults).
[[nodiscard]] SimulatedShares simulate(const SimulatedTraining& training);

/// When each rank has the sum: `starts` (by rank) and what one all-reduce takes from there. The latency of
/// the hop from rank i to i + 1 (ring) or between a node and its parent (tree) is multiplied by
/// `hop_factors[i]` if it leaves a node; empty: by 1.
[[nodiscard]] std::vector<double> ring_ends(const Fabric& fabric, const std::vector<double>& starts,
                                            double bytes, const std::vector<double>& hop_factors = {});
[[nodiscard]] std::vector<double> tree_ends(const Fabric& fabric, const std::vector<double>& starts,
                                            double bytes, const std::vector<double>& hop_factors = {});

} // namespace metrics
