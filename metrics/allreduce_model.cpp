#include "metrics/allreduce_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace metrics {
namespace {

double ring(const Fabric& fabric, int ranks, double bytes) {
    const int nodes = nodes_of(fabric, ranks);
    const double steps = 2.0 * (ranks - 1);
    const double node_steps = 2.0 * (nodes - 1);
    return bytes * steps / ranks / bandwidth_of(fabric, nodes) + fabric.base_seconds +
           (steps - node_steps) * ring_hop_of(fabric, nodes) + node_steps * node_hop_of(fabric);
}

double tree(const Fabric& fabric, int ranks, double bytes) {
    const int nodes = nodes_of(fabric, ranks);
    const int in_node = std::min(ranks, fabric.ranks_per_node);
    const double hops = (in_node - 1) * fabric.tree_hop_seconds + std::log2(nodes) * node_hop_of(fabric);
    return 2.0 * bytes / (fabric.tree_bandwidth_share * bandwidth_of(fabric, nodes)) + fabric.base_seconds +
           2.0 * hops;
}

// Reduce-scatter in the node, all-reduce of each rank's part along its rail, all-gather in the node.
double hierarchical(const Fabric& fabric, int ranks, double bytes) {
    const int nodes = nodes_of(fabric, ranks);
    if (nodes == 1) {
        return ring(fabric, ranks, bytes);
    }
    const int in_node = std::min(ranks, fabric.ranks_per_node);
    return 2.0 * bytes * (in_node - 1) / in_node / fabric.node_bytes_per_second +
           2.0 * bytes * (nodes - 1) / nodes / bandwidth_of(fabric, nodes) + 2.0 * fabric.base_seconds +
           2.0 * (in_node - 1) * fabric.ring_hop_seconds +
           2.0 * std::log2(nodes) * fabric.network_hop_seconds;
}

} // namespace

int nodes_of(const Fabric& fabric, int ranks) {
    assert(ranks >= 1 && fabric.ranks_per_node >= 1);
    return (ranks - 1) / fabric.ranks_per_node + 1;
}

double bandwidth_of(const Fabric& fabric, int nodes) {
    return nodes == 1 ? fabric.node_bytes_per_second : fabric.nics_per_node * fabric.nic_bytes_per_second;
}

double ring_hop_of(const Fabric& fabric, int nodes) {
    return nodes == 1 ? fabric.ring_hop_seconds
                      : std::max(fabric.ring_hop_seconds, 3.0 * fabric.overhead_seconds);
}

double node_hop_of(const Fabric& fabric) {
    return fabric.network_hop_seconds + 2.0 * fabric.nic_seconds;
}

std::string_view to_string(AllReduceAlgorithm algorithm) noexcept {
    switch (algorithm) {
    case AllReduceAlgorithm::ring:
        return "ring";
    case AllReduceAlgorithm::tree:
        return "tree";
    case AllReduceAlgorithm::hierarchical:
        break;
    }
    return "hierarchical";
}

double all_reduce_seconds(const Fabric& fabric, AllReduceAlgorithm algorithm, int ranks, double bytes) {
    if (ranks == 1) {
        return 0.0;
    }
    switch (algorithm) {
    case AllReduceAlgorithm::ring:
        return ring(fabric, ranks, bytes);
    case AllReduceAlgorithm::tree:
        return tree(fabric, ranks, bytes);
    case AllReduceAlgorithm::hierarchical:
        break;
    }
    return hierarchical(fabric, ranks, bytes);
}

AllReduceCost cheapest_all_reduce(const Fabric& fabric, int ranks, double bytes,
                                  std::span<const AllReduceAlgorithm> among) {
    assert(!among.empty());
    AllReduceCost best{.algorithm = among[0], .seconds = INFINITY};
    for (const AllReduceAlgorithm algorithm : among) {
        const double seconds = all_reduce_seconds(fabric, algorithm, ranks, bytes);
        best = seconds < best.seconds ? AllReduceCost{algorithm, seconds} : best;
    }
    return best;
}

std::vector<double> bucket_plan(double gradient_bytes, double bucket_bytes) {
    assert(gradient_bytes > 0 && bucket_bytes > 0);
    const auto full = static_cast<std::size_t>(gradient_bytes / bucket_bytes);
    std::vector<double> plan(full, bucket_bytes);
    if (const double rest = gradient_bytes - static_cast<double>(full) * bucket_bytes; rest > 0) {
        plan.push_back(rest);
    }
    return plan;
}

double total_seconds(const Fabric& fabric, int ranks, std::span<const double> bucket_bytes,
                     std::span<const AllReduceAlgorithm> among) {
    double seconds = 0.0;
    for (const double bytes : bucket_bytes) {
        seconds += cheapest_all_reduce(fabric, ranks, bytes, among).seconds;
    }
    return seconds;
}

double exposed_seconds(std::span<const Bucket> buckets, double backward_seconds) {
    double end = 0.0;
    for (const Bucket& bucket : buckets) {
        end = std::max(bucket.ready_seconds, end) + bucket.seconds;
    }
    return std::max(0.0, end - backward_seconds);
}

std::vector<Bucket> overlapped_buckets(const Fabric& fabric, int ranks, std::span<const double> bucket_bytes,
                                       double backward_seconds, double window_seconds,
                                       std::span<const AllReduceAlgorithm> among) {
    const double all = std::accumulate(bucket_bytes.begin(), bucket_bytes.end(), 0.0);
    std::vector<Bucket> buckets;
    double done = 0.0;
    for (const double bytes : bucket_bytes) {
        done += bytes;
        buckets.push_back({.ready_seconds = backward_seconds - window_seconds * (1.0 - done / all),
                           .seconds = cheapest_all_reduce(fabric, ranks, bytes, among).seconds});
    }
    return buckets;
}

} // namespace metrics
