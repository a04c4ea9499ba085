// Cores, memory nodes and devices of one host, and which of them a rank should use.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace suite::dist {

/// Numbers are those of the operating system; -1: not known.
struct TopologyCore {
    int number = 0; ///< of its first hardware thread
    int package = 0;
    int memory_node = 0;
};

enum class DeviceKind { gpu, network };

struct TopologyDevice {
    DeviceKind kind = DeviceKind::gpu;
    std::string name; ///< a GPU's bus id, a network's interface
    int package = -1;
    int memory_node = -1;
};

struct Topology {
    std::vector<TopologyCore> cores; ///< in the order of the machine: neighbours are near each other
    std::vector<TopologyDevice> devices;
    [[nodiscard]] int package_count() const;
    [[nodiscard]] int memory_node_count() const;
};

/// This host as hwloc sees it, the cores that this process may use. Without hwloc: cores alone, all alike.
/// Throws Error(environment) when hwloc fails.
[[nodiscard]] Topology this_topology();
/// A machine in hwloc's own words: "package:2 numa:1 core:24 pu:2". No devices. Throws Error(usage) when they
/// are not understood, or in a build without hwloc.
[[nodiscard]] Topology synthetic_topology(const std::string& description);
/// "2 packages, 2 memory nodes, 48 cores, 4 GPUs, networks ib0 ib1".
[[nodiscard]] std::string to_text(const Topology& topology);

struct RankPlace {
    std::vector<int> cores; ///< TopologyCore::number; never empty, shared only when ranks are more than cores
    int gpu = -1;           ///< among the host's GPUs, by bus id
    std::string network;    ///< the nearest, empty when there is none
};

/// Places for `ranks` ranks of one host. With GPUs rank r has GPU r (round again when there are more ranks)
/// and a share of the cores near it; without, ranks share the cores evenly in the machine's order. Ranks that
/// have the same GPU or network near share fairly: rank 0 the first, rank 1 the second, ….
[[nodiscard]] std::vector<RankPlace> place_ranks(const Topology& topology, int ranks);

/// From now on this process runs on these cores. Throws Error(environment).
void bind_to_cores(std::span<const int> cores);

} // namespace suite::dist
