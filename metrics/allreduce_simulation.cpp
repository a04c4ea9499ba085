#include "metrics/allreduce_simulation.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"

namespace metrics {
namespace {

// Which costs a simulation leaves out.
enum class Network { none, no_latency, all };

void find_share_fault(const char* name, double value, suite::FaultList& faults) {
    if (!std::isfinite(value) || value < 0) {
        faults.add({name, fmt::format("{}", value), "a finite number of 0 or more", ""});
    }
}

suite::FaultList faults_of(const SimulatedTraining& training) {
    suite::FaultList faults;
    if (training.ranks < 1 || training.steps < 1) {
        faults.add({"simulation", fmt::format("{} ranks, {} steps", training.ranks, training.steps),
                    "1 or more of each", ""});
    }
    if (training.algorithm == AllReduceAlgorithm::hierarchical) {
        faults.add({"simulation", "algorithm hierarchical", "ring or tree", ""});
    }
    for (const auto& [name, value] : {std::pair{"forward_seconds", training.forward_seconds},
                                      {"backward_seconds", training.backward_seconds},
                                      {"optimizer_seconds", training.optimizer_seconds},
                                      {"window_seconds", training.window_seconds},
                                      {"noise_share", training.noise_share},
                                      {"spread_share", training.spread_share},
                                      {"link_noise_share", training.link_noise_share}}) {
        find_share_fault(name, value, faults);
    }
    if (training.window_seconds > training.backward_seconds) {
        faults.add({"window_seconds", fmt::format("{}", training.window_seconds),
                    fmt::format("at most backward's {}", training.backward_seconds), ""});
    }
    return faults;
}

double factor_at(const std::vector<double>& factors, std::size_t hop) {
    return factors.empty() ? 1.0 : factors[hop];
}

// Latency of the ring's hop from each rank to the next.
std::vector<double> ring_latencies(const Fabric& fabric, std::size_t ranks,
                                   const std::vector<double>& factors) {
    const int nodes = nodes_of(fabric, static_cast<int>(ranks));
    const auto node_of = [&fabric](std::size_t rank) {
        return static_cast<int>(rank) / fabric.ranks_per_node;
    };
    std::vector<double> latencies(ranks);
    for (std::size_t rank = 0; rank < ranks; ++rank) {
        const bool leaves = node_of(rank) != node_of((rank + 1) % ranks);
        latencies[rank] =
            leaves ? node_hop_of(fabric) * factor_at(factors, rank) : ring_hop_of(fabric, nodes);
    }
    return latencies;
}

// Every event of one training: the ranks' clocks through all steps.
class Clocks {
public:
    Clocks(const SimulatedTraining& training, Network network)
        : training_(training), network_(network), fabric_(training.fabric) {
        if (network != Network::all) {
            fabric_.base_seconds = fabric_.ring_hop_seconds = fabric_.tree_hop_seconds = 0.0;
            fabric_.network_hop_seconds = fabric_.nic_seconds = fabric_.overhead_seconds = 0.0;
        }
        const double all = std::accumulate(training.bucket_bytes.begin(), training.bucket_bytes.end(), 0.0);
        double done = 0.0;
        for (const double bytes : training.bucket_bytes) {
            done += bytes;
            ready_shares_.push_back(done / all);
        }
    }

    /// Mean time of a step, by the slowest rank's clock.
    double run() {
        const auto ranks = static_cast<std::size_t>(training_.ranks);
        clocks_.assign(ranks, 0.0);
        std::vector<double> speeds(ranks);
        for (std::size_t rank = 0; rank < ranks; ++rank) {
            suite::PhiloxStream stream(key(0xFFFFFFFFU, rank));
            speeds[rank] = 1.0 + training_.spread_share * stream.normal();
        }
        for (int step = 0; step < training_.steps; ++step) {
            run_step(static_cast<std::uint32_t>(step), speeds);
        }
        return *std::max_element(clocks_.begin(), clocks_.end()) / training_.steps;
    }
    [[nodiscard]] double mean_compute_seconds() const {
        return compute_seconds_ / (training_.ranks * training_.steps);
    }

private:
    [[nodiscard]] suite::StreamKey key(std::uint32_t step, std::uint64_t sample) const {
        return {
            .seed = training_.seed, .purpose = suite::Purpose::simulation, .epoch = step, .sample = sample};
    }

    void run_step(std::uint32_t step, const std::vector<double>& speeds) {
        std::vector<double> slowness(clocks_.size());
        for (std::size_t rank = 0; rank < clocks_.size(); ++rank) {
            suite::PhiloxStream stream(key(step, rank));
            // A rank cannot compute in no time, however wide the noise.
            slowness[rank] = std::max(0.05, speeds[rank] * (1.0 + training_.noise_share * stream.normal()));
            compute_seconds_ += slowness[rank] * (training_.forward_seconds + training_.backward_seconds) +
                                training_.optimizer_seconds;
        }
        std::vector<double> ends = clocks_;
        if (training_.ranks > 1) {
            for (std::size_t bucket = 0; bucket < ready_shares_.size(); ++bucket) {
                ends = reduce(bucket, starts_of(bucket, slowness, ends), step);
            }
        }
        for (std::size_t rank = 0; rank < clocks_.size(); ++rank) {
            const double backward_end =
                clocks_[rank] + slowness[rank] * (training_.forward_seconds + training_.backward_seconds);
            clocks_[rank] = std::max(backward_end, ends[rank]) + training_.optimizer_seconds;
        }
    }

    // Bucket and predecessor: the later of both.
    [[nodiscard]] std::vector<double> starts_of(std::size_t bucket, const std::vector<double>& slowness,
                                                const std::vector<double>& ends) const {
        const double ready = training_.forward_seconds + training_.backward_seconds -
                             training_.window_seconds * (1.0 - ready_shares_[bucket]);
        std::vector<double> starts(clocks_.size());
        for (std::size_t rank = 0; rank < starts.size(); ++rank) {
            starts[rank] = std::max(clocks_[rank] + slowness[rank] * ready, ends[rank]);
        }
        return starts;
    }

    [[nodiscard]] std::vector<double> reduce(std::size_t bucket, const std::vector<double>& starts,
                                             std::uint32_t step) const {
        const double bytes = network_ == Network::none ? 0.0 : training_.bucket_bytes[bucket];
        std::vector<double> factors;
        if (training_.link_noise_share > 0 && network_ == Network::all) {
            suite::PhiloxStream stream(key(step, std::uint64_t{1} << 40 | bucket));
            for (std::size_t hop = 0; hop < starts.size(); ++hop) {
                factors.push_back(1.0 - training_.link_noise_share * std::log(1.0 - stream.uniform_double()));
            }
        }
        return training_.algorithm == AllReduceAlgorithm::ring ? ring_ends(fabric_, starts, bytes, factors)
                                                               : tree_ends(fabric_, starts, bytes, factors);
    }

    const SimulatedTraining& training_;
    Network network_;
    Fabric fabric_;
    std::vector<double> ready_shares_; ///< of the bytes, when the bucket is there
    std::vector<double> clocks_;
    double compute_seconds_ = 0.0;
};

} // namespace

std::vector<double> ring_ends(const Fabric& fabric, const std::vector<double>& starts, double bytes,
                              const std::vector<double>& hop_factors) {
    const std::size_t ranks = starts.size();
    if (ranks == 1) {
        return starts;
    }
    // In each of 2 (N − 1) steps a rank sends one part to the next. It has received step s at
    //   t(r, s) = sending + max(t(r − 1, s − 1) + latency(r − 1), t(r, s − 1)),
    // the longest path back to any start: the steps' sending times and the latencies of 0 to 2 (N − 1) hops.
    // As latencies are not negative, each start reaches r by its longest path: the last N windows of the
    // unrolled ring hold every start once.
    const std::vector<double> latencies = ring_latencies(fabric, ranks, hop_factors);
    const std::size_t steps = 2 * (ranks - 1);
    const int nodes = nodes_of(fabric, static_cast<int>(ranks));
    const double sending = bytes / static_cast<double>(ranks) / bandwidth_of(fabric, nodes);
    std::vector<double> path(3 * ranks + 1); // latency of the unrolled ring up to each place
    for (std::size_t place = 0; place < 3 * ranks; ++place) {
        path[place + 1] = path[place] + latencies[place % ranks];
    }
    // Highest of N consecutive places, from the highest up to each place and from each place on in blocks of
    // N.
    const auto value = [&](std::size_t place) { return starts[place % ranks] - path[place]; };
    std::vector<double> from(2 * ranks);
    std::vector<double> up_to(2 * ranks);
    for (std::size_t place = 0; place < 2 * ranks; ++place) {
        up_to[place] = place % ranks == 0 ? value(place) : std::max(up_to[place - 1], value(place));
        const std::size_t mirrored = 2 * ranks - 1 - place;
        from[mirrored] = place % ranks == 0 ? value(mirrored) : std::max(from[mirrored + 1], value(mirrored));
    }
    std::vector<double> ends(ranks);
    for (std::size_t first = 0; first < ranks; ++first) {
        const double latest = std::max(from[first], up_to[first + ranks - 1]);
        const std::size_t end = first + steps;
        ends[end % ranks] = fabric.base_seconds + static_cast<double>(steps) * sending + latest + path[end];
    }
    return ends;
}

std::vector<double> tree_ends(const Fabric& fabric, const std::vector<double>& starts, double bytes,
                              const std::vector<double>& hop_factors) {
    const std::size_t ranks = starts.size();
    if (ranks == 1) {
        return starts;
    }
    const auto in_node = static_cast<std::size_t>(fabric.ranks_per_node);
    const auto nodes = static_cast<std::size_t>(nodes_of(fabric, static_cast<int>(ranks)));
    // Up: the node's ranks are a chain to its first, the nodes a heap whose node n has the parent (n − 1)
    // / 2.
    std::vector<double> heads = starts;
    for (std::size_t rank = ranks - 1; rank > 0; --rank) {
        if (rank % in_node != 0) {
            heads[rank - 1] = std::max(heads[rank - 1], heads[rank] + fabric.tree_hop_seconds);
        }
    }
    for (std::size_t node = nodes - 1; node > 0; --node) {
        double& parent = heads[(node - 1) / 2 * in_node];
        const double hop = node_hop_of(fabric) * factor_at(hop_factors, node * in_node);
        parent = std::max(parent, heads[node * in_node] + hop);
    }
    // Down the same way; the parts of the bucket follow each other, so their transfer counts once.
    std::vector<double> ends(ranks);
    ends[0] = heads[0] + fabric.base_seconds +
              2.0 * bytes / (fabric.tree_bandwidth_share * bandwidth_of(fabric, static_cast<int>(nodes)));
    for (std::size_t rank = 1; rank < ranks; ++rank) {
        const std::size_t node = rank / in_node;
        ends[rank] = rank % in_node != 0 ? ends[rank - 1] + fabric.tree_hop_seconds
                                         : ends[(node - 1) / 2 * in_node] +
                                               node_hop_of(fabric) * factor_at(hop_factors, rank);
    }
    return ends;
}

SimulatedShares simulate(const SimulatedTraining& training) {
    faults_of(training).throw_if_any(suite::ErrorKind::usage);
    Clocks full(training, Network::all);
    const double step = full.run();
    const double no_latency = Clocks(training, Network::no_latency).run();
    const double no_network = Clocks(training, Network::none).run();
    const double compute = full.mean_compute_seconds();
    return {.step_seconds = step,
            .compute_seconds = compute,
            .waiting_seconds = no_network - compute,
            .bandwidth_seconds = no_latency - no_network,
            .latency_seconds = step - no_latency};
}

} // namespace metrics
