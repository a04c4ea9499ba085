// Cherti & Jitsev 2021, Table 2, and the machine it was measured on, as workloads/systems/juwels-booster.toml
// has it.
#pragma once

#include <vector>

#include "metrics/step_time_model.hpp"

namespace published {

inline std::vector<metrics::Rung> ladder() {
    return {{1, 129.14},   {4, 508.00},     {8, 1009.30},    {16, 2023.78},   {32, 4029.69},
            {64, 8022.31}, {128, 15959.86}, {256, 31758.59}, {512, 62496.35}, {1024, 124003.59}};
}

inline metrics::Fabric fabric() {
    return {.ranks_per_node = 4,
            .nics_per_node = 4,
            .node_bytes_per_second = 230e9,
            .nic_bytes_per_second = 22e9,
            .base_seconds = 8.4e-6,
            .ring_hop_seconds = 3.4e-6,
            .tree_hop_seconds = 4.0e-6,
            .network_hop_seconds = 14e-6,
            .nic_seconds = 1e-6,
            .overhead_seconds = 2e-6,
            .tree_bandwidth_share = 0.92,
            .nodes_per_cell = 48};
}

/// R152x4's body (928.34 M parameters) in fp32.
inline metrics::StepShape shape() {
    return {.images_per_rank_step = 128,
            .fabric = fabric(),
            .bucket_bytes = metrics::bucket_plan(928.34e6 * 4, 64e6)};
}

} // namespace published
