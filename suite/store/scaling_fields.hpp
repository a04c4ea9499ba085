// The columns of a record's scaling tables; a bundle has the same, with the run's row before them.
#pragma once

#include <tuple>

#include "suite/store/scaling_section.hpp"
#include "suite/store/table.hpp"

namespace suite::store {

inline const std::tuple scaling_fields{
    Field{"ranks", &ScalingSummary::ranks, "1"},
    Field{"hosts", &ScalingSummary::hosts, "1"},
    Field{"cores", &ScalingSummary::cores, "1"},
    Field{"local_batch", &ScalingSummary::local_batch, "1"},
    Field{"steps", &ScalingSummary::steps, "1"},
    Field{"warmup_steps", &ScalingSummary::warmup_steps, "1"},
    Field{"images", &ScalingSummary::images, "1"},
    Field{"backend", &ScalingSummary::backend},
    Field{"reduction", &ScalingSummary::reduction},
    Field{"data_mode", &ScalingSummary::data_mode},
    Field{"seconds", &ScalingSummary::seconds, "s"},
    Field{"images_per_second", &ScalingSummary::images_per_second, "images/s"},
    Field{"steady_images_per_second", &ScalingSummary::steady_images_per_second, "images/s"},
    Field{"step_p50_seconds", &ScalingSummary::step_p50_seconds, "s"},
    Field{"step_p95_seconds", &ScalingSummary::step_p95_seconds, "s"},
    Field{"data_seconds", &ScalingSummary::data_seconds, "s"},
    Field{"forward_seconds", &ScalingSummary::forward_seconds, "s"},
    Field{"backward_seconds", &ScalingSummary::backward_seconds, "s"},
    Field{"communication_seconds", &ScalingSummary::communication_seconds, "s"},
    Field{"optimizer_seconds", &ScalingSummary::optimizer_seconds, "s"},
    Field{"imbalance_seconds", &ScalingSummary::imbalance_seconds, "s"},
    Field{"foreign_share", &ScalingSummary::foreign_share, "1"},
    Field{"steal_share", &ScalingSummary::steal_share, "1"},
    Field{"throttle_events", &ScalingSummary::throttle_events, "1"},
    Field{"flags", &ScalingSummary::flags}};
inline const std::tuple scaling_rank_fields{
    Field{"rank", &ScalingRank::rank},
    Field{"host", &ScalingRank::host},
    Field{"core", &ScalingRank::core},
    Field{"images", &ScalingRank::images, "1"},
    Field{"processor_seconds", &ScalingRank::processor_seconds, "s"},
    Field{"data_seconds", &ScalingRank::data_seconds, "s"},
    Field{"forward_seconds", &ScalingRank::forward_seconds, "s"},
    Field{"backward_seconds", &ScalingRank::backward_seconds, "s"},
    Field{"communication_seconds", &ScalingRank::communication_seconds, "s"},
    Field{"optimizer_seconds", &ScalingRank::optimizer_seconds, "s"},
    Field{"step_p50_seconds", &ScalingRank::step_p50_seconds, "s"},
    Field{"step_p95_seconds", &ScalingRank::step_p95_seconds, "s"},
    Field{"weights_digest", &ScalingRank::weights_digest}};
inline const std::tuple scaling_step_fields{
    Field{"step", &ScalingStep::step}, Field{"seconds", &ScalingStep::seconds, "s"},
    Field{"compute_seconds", &ScalingStep::compute_seconds, "s"},
    Field{"imbalance_seconds", &ScalingStep::imbalance_seconds, "s"},
    Field{"communication_seconds", &ScalingStep::communication_seconds, "s"}};
inline const std::tuple scaling_sweep_fields{
    Field{"bytes", &ScalingSweep::bytes, "B"}, Field{"seconds", &ScalingSweep::seconds, "s"},
    Field{"algorithm_bandwidth", &ScalingSweep::algorithm_bandwidth, "B/s"},
    Field{"bus_bandwidth", &ScalingSweep::bus_bandwidth, "B/s"}, Field{"wrong", &ScalingSweep::wrong, "1"}};

} // namespace suite::store
