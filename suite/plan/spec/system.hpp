// What the TOML files under workloads/systems/ declare: device, network, published ladder, jobs.
#pragma once

#include <optional>
#include <string>

#include "suite/plan/spec/jobs.hpp"
#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

/// What one device of a system does, as vendors print it and as programs reached it.
struct DeviceSpec {
    double memory_gigabytes = 0.0;
    double memory_gigabytes_per_second = 0.0; ///< achieved
    double fp32_teraflops = 0.0;              ///< peak
    double reduced_teraflops = 0.0; ///< peak of the reduced precision that `reduced_precision` names
    std::string reduced_precision;
    [[nodiscard]] bool operator==(const DeviceSpec&) const = default;
};

/// What an all-reduce between a system's ranks costs. Bandwidths are those achieved.
struct NetworkRates {
    int nics_per_node = 1;
    double nic_gigabytes_per_second = 0.0;  ///< each
    double node_gigabytes_per_second = 0.0; ///< per rank between the ranks of a node
    double base_microseconds = 0.0;         ///< of any all-reduce
    double ring_hop_microseconds = 0.0;     ///< between ranks of a node
    double tree_hop_microseconds = 0.0;
    double network_hop_microseconds = 0.0;
    double nic_microseconds = 0.0;      ///< passing a NIC, added twice to a hop between nodes
    double overhead_microseconds = 0.0; ///< of a message, host side
    double tree_bandwidth_share = 1.0;  ///< of what a ring achieves
    double bucket_megabytes = 25.0;     ///< gradients that are reduced together
    int nodes_per_cell = 0;             ///< nodes that are one switch group; 0: the network has no cells
    [[nodiscard]] bool operator==(const NetworkRates&) const = default;
};

/// A published ladder of throughputs that was measured on a system.
struct LadderSpec {
    std::string file; ///< under the workloads folder
    std::string title;
    std::string model;            ///< what it was measured with
    int classes = 1000;           ///< outputs of the head
    int images_per_rank_step = 1; ///< local batch
    int micro_batch = 0;          ///< images of one backward pass; 0: the local batch
    std::string note;             ///< stands wherever its absolute numbers are shown; may be empty
    [[nodiscard]] bool operator==(const LadderSpec&) const = default;
};

/// A machine for cost estimates, predictions and job scripts: one file each under workloads/systems/.
struct SystemSpec {
    std::string id;
    std::string title;
    int nodes = 1;
    int gpus_per_node = 0;
    int cores_per_node = 1;
    std::string gpu;
    std::optional<DeviceSpec> device;
    std::optional<NetworkRates> network;
    std::optional<LadderSpec> ladder;
    std::optional<JobsSpec> jobs;
    Origin origin;
    /// GPUs, or cores where there are none.
    [[nodiscard]] int ranks_per_node() const { return gpus_per_node > 0 ? gpus_per_node : cores_per_node; }
};

} // namespace suite::plan
