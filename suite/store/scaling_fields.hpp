// The columns of a record's scaling tables; a bundle has the same, with the run's row before them.
#pragma once

#include <tuple>

#include "suite/store/scaling_section.hpp"
#include "suite/store/table.hpp"

namespace suite::store {

inline const std::tuple scaling_fields{
    Field{"ranks", &ScalingSummary::ranks},
    Field{"hosts", &ScalingSummary::hosts},
    Field{"cores", &ScalingSummary::cores},
    Field{"local_batch", &ScalingSummary::local_batch},
    Field{"steps", &ScalingSummary::steps},
    Field{"warmup_steps", &ScalingSummary::warmup_steps},
    Field{"images", &ScalingSummary::images},
    Field{"backend", &ScalingSummary::backend},
    Field{"reduction", &ScalingSummary::reduction},
    Field{"data_mode", &ScalingSummary::data_mode},
    Field{"seconds", &ScalingSummary::seconds},
    Field{"images_per_second", &ScalingSummary::images_per_second},
    Field{"steady_images_per_second", &ScalingSummary::steady_images_per_second},
    Field{"step_p50_seconds", &ScalingSummary::step_p50_seconds},
    Field{"step_p95_seconds", &ScalingSummary::step_p95_seconds},
    Field{"data_seconds", &ScalingSummary::data_seconds},
    Field{"forward_seconds", &ScalingSummary::forward_seconds},
    Field{"backward_seconds", &ScalingSummary::backward_seconds},
    Field{"communication_seconds", &ScalingSummary::communication_seconds},
    Field{"optimizer_seconds", &ScalingSummary::optimizer_seconds},
    Field{"imbalance_seconds", &ScalingSummary::imbalance_seconds},
    Field{"foreign_share", &ScalingSummary::foreign_share},
    Field{"steal_share", &ScalingSummary::steal_share},
    Field{"throttle_events", &ScalingSummary::throttle_events},
    Field{"flags", &ScalingSummary::flags}};
inline const std::tuple scaling_rank_fields{
    Field{"rank", &ScalingRank::rank},
    Field{"host", &ScalingRank::host},
    Field{"core", &ScalingRank::core},
    Field{"images", &ScalingRank::images},
    Field{"processor_seconds", &ScalingRank::processor_seconds},
    Field{"data_seconds", &ScalingRank::data_seconds},
    Field{"forward_seconds", &ScalingRank::forward_seconds},
    Field{"backward_seconds", &ScalingRank::backward_seconds},
    Field{"communication_seconds", &ScalingRank::communication_seconds},
    Field{"optimizer_seconds", &ScalingRank::optimizer_seconds},
    Field{"step_p50_seconds", &ScalingRank::step_p50_seconds},
    Field{"step_p95_seconds", &ScalingRank::step_p95_seconds},
    Field{"weights_digest", &ScalingRank::weights_digest}};
inline const std::tuple scaling_step_fields{
    Field{"step", &ScalingStep::step}, Field{"seconds", &ScalingStep::seconds},
    Field{"compute_seconds", &ScalingStep::compute_seconds},
    Field{"imbalance_seconds", &ScalingStep::imbalance_seconds},
    Field{"communication_seconds", &ScalingStep::communication_seconds}};
inline const std::tuple scaling_sweep_fields{
    Field{"bytes", &ScalingSweep::bytes}, Field{"seconds", &ScalingSweep::seconds},
    Field{"algorithm_bandwidth", &ScalingSweep::algorithm_bandwidth},
    Field{"bus_bandwidth", &ScalingSweep::bus_bandwidth}, Field{"wrong", &ScalingSweep::wrong}};

} // namespace suite::store
