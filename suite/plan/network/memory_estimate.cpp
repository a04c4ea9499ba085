#include "suite/plan/network/memory_estimate.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "suite/plan/network/cost.hpp"
#include "suite/plan/network/families.hpp"

namespace suite::plan {
namespace {

// R50x1 at 480 px in micro-batches of 2 took 1.76 GiB on the host (largest resident set), 0.25 of it
// libtorch's own, where least_memory_bytes() is 1.04.
constexpr double measured_over_least = 1.4;

/// Levels of the tree that sums a rank's micro-batches.
int tree_levels(const RunConfig& config, int ranks) {
    if (config.reduction != ReductionMode::strict) {
        return 0;
    }
    const int micro_batches = config.train.batch / std::max(config.train.micro_batch, 1) / std::max(ranks, 1);
    return micro_batches > 1 ? static_cast<int>(std::bit_width(static_cast<unsigned>(micro_batches - 1))) : 0;
}

} // namespace

double least_memory_bytes(const RunConfig& config, int ranks) {
    const double arenas = 4.0 + tree_levels(config, ranks);
    const double parameters = parameter_count(config.network, config.outputs());
    const int side = config.data.set.image_size;
    const double outputs = activation_elements(make_network(config.network, config.outputs()), side, side) *
                           config.train.micro_batch;
    return (arenas * parameters + outputs) * sizeof(float);
}

double needed_memory_bytes(const RunConfig& config, int ranks) {
    return config.weights ? 0.0 : least_memory_bytes(config, ranks) * measured_over_least;
}

std::string memory_refusal(const RunConfig& config, int ranks, double memory_bytes) {
    const double needed = needed_memory_bytes(config, ranks);
    if (needed <= memory_bytes) {
        return {};
    }
    constexpr double gib = 1024.0 * 1024.0 * 1024.0;
    return fmt::format("{} at {} px in micro-batches of {} needs about {:.1f} GiB of memory, this machine "
                       "has {:.1f} GiB",
                       config.network.id, config.data.set.image_size, config.train.micro_batch, needed / gib,
                       memory_bytes / gib);
}

} // namespace suite::plan
