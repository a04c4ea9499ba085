// What a scaling run adds to its record: one summary, a row for each rank, the step times thinned. Tables
// /scaling, /scaling_ranks, /scaling_steps and /scaling_sweep of the record's file. Seconds are wall time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace suite::store {

/// Steps are counted from 0; "steady" ones come after the warm-up. What a step costs is the mean over steady
/// steps and ranks.
struct ScalingSummary {
    std::int64_t ranks = 1;
    std::int64_t hosts = 1;
    std::int64_t cores = 1;       ///< that this run's processes may use on the first rank's host
    std::int64_t local_batch = 0; ///< images of one rank and step
    std::int64_t steps = 0;       ///< with warm-up
    std::int64_t warmup_steps = 0;
    std::int64_t images = 0; ///< of all ranks and steps, as the ranks counted them
    std::string backend;     ///< "single", "mpi", "nccl"
    std::string reduction;   ///< "strict", "fast"
    std::string data_mode;   ///< "synthetic", "cached", "real"
    double seconds = 0.0;    ///< from the first step's begin to the last one's end, slowest rank
    double images_per_second =
        0.0; ///< images / seconds: with I/O, as the paper (paper.md#throughput-and-efficiency)
    double steady_images_per_second = 0.0; ///< the same without warm-up
    double step_p50_seconds = 0.0;         ///< of the slowest rank of each steady step
    double step_p95_seconds = 0.0;
    double data_seconds = 0.0;
    double forward_seconds = 0.0;
    double backward_seconds = 0.0;
    double communication_seconds = 0.0; ///< exposed: waiting for a reduction that backward did not hide
    double optimizer_seconds = 0.0;
    double imbalance_seconds = 0.0; ///< forward and backward of the slowest rank beyond the mean rank
    double foreign_share = 0.0; ///< of the hosts' cores: kept busy by other processes meanwhile; largest host
    double steal_share = 0.0;   ///< of the hosts' cores: taken by the hypervisor
    std::int64_t throttle_events = 0; ///< of the cores' thermal counters; −1: this machine has none
    std::string flags; ///< why this is no scaling result: "oversubscribed busy stolen throttled"; "" for none
};

struct ScalingRank {
    std::int64_t rank = 0;
    std::string host;
    std::string core; ///< that the rank may run on: "3", "0-7"
    std::int64_t images = 0;
    double processor_seconds = 0.0; ///< of the whole process, user and system, during the measured steps
    double data_seconds = 0.0;      ///< this and the next: mean over steady steps
    double forward_seconds = 0.0;
    double backward_seconds = 0.0;
    double communication_seconds = 0.0;
    double optimizer_seconds = 0.0;
    double step_p50_seconds = 0.0; ///< of the rank's own steady steps
    double step_p95_seconds = 0.0;
    std::string weights_digest; ///< equal on all ranks
};

struct ScalingStep {
    std::int64_t step = 0;
    double seconds = 0.0;               ///< of the slowest rank
    double compute_seconds = 0.0;       ///< forward and backward, mean rank
    double imbalance_seconds = 0.0;     ///< forward and backward: slowest less mean rank
    double communication_seconds = 0.0; ///< exposed, mean rank
};

/// One size of the all-reduce sweep after the run (suite/worker/all_reduce_sweep.hpp).
struct ScalingSweep {
    std::int64_t bytes = 0;
    double seconds = 0.0;
    double algorithm_bandwidth = 0.0; ///< bytes per second
    double bus_bandwidth = 0.0;       ///< that times 2 (N − 1) / N
    std::int64_t wrong = 0;           ///< elements with another sum than the known one
};

struct ScalingSection {
    ScalingSummary summary;
    std::vector<ScalingRank> ranks;  ///< by rank
    std::vector<ScalingStep> steps;  ///< at most kept_steps of them, first and last among them
    std::vector<ScalingSweep> sweep; ///< rising sizes; empty for one rank
};

/// A record keeps no more steps than this, evenly thinned.
inline constexpr std::size_t kept_scaling_steps = 256;

} // namespace suite::store
