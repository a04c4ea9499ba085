// One run of a scaling ladder: trains a given number of steps on all ranks and says where the time went and
// whether the numbers may be called scaling.
#pragma once

#include <optional>
#include <span>

#include "suite/data/data_set.hpp"
#include "suite/dist/communicator.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/store/record.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/host_load.hpp"

namespace suite::worker {

struct ScalingMeasurement {
    train::TrainResult result;
    store::ScalingSection section;
};

/// Collective; every rank returns the same section. Throws as train::run_training does (ranks whose weights
/// differ: Error(corruption)), and Error(numeric) on all ranks alike when the count of images is not exact or
/// the loss does not fall.
[[nodiscard]] ScalingMeasurement measure_scaling(const plan::RunConfig& config, const data::DataSet& data_set,
                                                 train::TrainContext context,
                                                 dist::Communicator& communicator);

/// What one rank knows of itself and its host over the run.
struct RankFacts {
    std::string host;
    std::string core;
    int cores = 1;         ///< of the host
    int allowed_cores = 1; ///< of them, those that this rank may run on
    HostCounters before;
    HostCounters after;
    std::string weights_digest;
};

/// Summary, rows of ranks and thinned steps from what was measured. `facts`: by rank.
[[nodiscard]] store::ScalingSection scaling_section(const plan::RunConfig& config,
                                                    const train::TrainResult& result,
                                                    std::span<const RankFacts> facts, dist::Backend backend);

/// A host is busy when other processes keep more of its cores than this share, stolen from when the
/// hypervisor takes more (two busy threads beside another busy process ran 3 to 15 times slower).
inline constexpr double most_foreign_share = 0.05;
inline constexpr double most_steal_share = 0.02;

/// Gates of a scaling run; Error(numeric) with all that is broken. The loss falls when the mean of its last
/// quarter is below that of its first, for runs of 64 steps or more.
void check_scaling(const plan::RunConfig& config, const train::TrainResult& result);

/// The record's part of a measurement: throughput as its metric.
void fill_scaling_record(const store::ScalingSection& section, store::RunRecord& record);

} // namespace suite::worker
