// What an all-reduce costs on a cluster, in closed form (alpha-beta models of NCCL's ring
// and tree, and of the hierarchical three-phase one), and how much of it backward hides.
// Seconds, bytes, bytes per second.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace metrics {

/// Rates of a cluster's network. Bandwidths are achieved ones.
struct Fabric {
    int ranks_per_node = 1;
    int nics_per_node = 1;
    double node_bytes_per_second = 0.0; ///< per rank, between the ranks of a node
    double nic_bytes_per_second = 0.0;  ///< per NIC
    double base_seconds = 0.0;          ///< of any all-reduce
    double ring_hop_seconds = 0.0;      ///< between two ranks of a node
    double tree_hop_seconds = 0.0;
    double network_hop_seconds = 0.0; ///< between two nodes, without the NICs
    double nic_seconds = 0.0;         ///< passing one NIC
    double overhead_seconds = 0.0;    ///< of a message on the host
    double tree_bandwidth_share = 1.0;
    int nodes_per_cell = 0; ///< 0: no cells
};

/// Nodes that this many ranks take when nodes are filled one after the other.
[[nodiscard]] int nodes_of(const Fabric& fabric, int ranks);
/// Bytes per second that leave a node; within the only node those of one rank.
[[nodiscard]] double bandwidth_of(const Fabric& fabric, int nodes);
/// One hop of the ring inside a node: on several nodes no faster than three message overheads.
[[nodiscard]] double ring_hop_of(const Fabric& fabric, int nodes);
/// One hop between nodes, both NICs included.
[[nodiscard]] double node_hop_of(const Fabric& fabric);

enum class AllReduceAlgorithm { ring, tree, hierarchical };
[[nodiscard]] std::string_view to_string(AllReduceAlgorithm algorithm) noexcept;
/// What NCCL chooses from.
inline constexpr AllReduceAlgorithm nccl_algorithms[] = {AllReduceAlgorithm::ring, AllReduceAlgorithm::tree};

/// 0 for one rank.
[[nodiscard]] double all_reduce_seconds(const Fabric& fabric, AllReduceAlgorithm algorithm, int ranks,
                                        double bytes);

struct AllReduceCost {
    AllReduceAlgorithm algorithm = AllReduceAlgorithm::ring;
    double seconds = 0.0;
};
/// The cheapest of `among`, the first of equals.
[[nodiscard]] AllReduceCost cheapest_all_reduce(const Fabric& fabric, int ranks, double bytes,
                                                std::span<const AllReduceAlgorithm> among = nccl_algorithms);

/// Full buckets and the rest.
[[nodiscard]] std::vector<double> bucket_plan(double gradient_bytes, double bucket_bytes);

/// Every bucket at its cheapest, one after the other.
[[nodiscard]] double total_seconds(const Fabric& fabric, int ranks, std::span<const double> bucket_bytes,
                                   std::span<const AllReduceAlgorithm> among = nccl_algorithms);

/// When a bucket's gradients are there, from the begin of backward, and what its all-reduce takes.
struct Bucket {
    double ready_seconds = 0.0;
    double seconds = 0.0;
};
/// Bucket i starts at max(ready i, end of i − 1); what is left when backward has ended. Never negative.
[[nodiscard]] double exposed_seconds(std::span<const Bucket> buckets, double backward_seconds);

/// Buckets that become ready evenly, by bytes, over the last `window_seconds` of backward.
[[nodiscard]] std::vector<Bucket>
overlapped_buckets(const Fabric& fabric, int ranks, std::span<const double> bucket_bytes,
                   double backward_seconds, double window_seconds,
                   std::span<const AllReduceAlgorithm> among = nccl_algorithms);

} // namespace metrics
