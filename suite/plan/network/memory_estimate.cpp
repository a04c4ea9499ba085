#include "suite/plan/network/memory_estimate.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

// R50x1 at 480 px in micro-batches of 2 took 1.76 GiB on the host (largest resident set), 0.25 of it
// libtorch's own, where least_memory_bytes() is 1.04.
constexpr double measured_over_least = 1.4;

double elements(int channels, int side) {
    return static_cast<double>(channels) * side * side;
}

int strided(int side, int stride) {
    return (side + stride - 1) / stride;
}

/// Outputs of a unit's convolutions and normalisations, of one image.
double unit_outputs(const NetworkSpec& network, int in, int out, int side, int stride) {
    const int side_out = strided(side, stride);
    const double shortcut = stride != 1 || in != out ? elements(out, side_out) : 0.0;
    if (network.unit == Unit::basic) {
        return shortcut + elements(in, side) + 3.0 * elements(out, side_out);
    }
    const int mid = out / network.bottleneck_factor;
    return shortcut + elements(in, side) + 2.0 * elements(mid, side) + 2.0 * elements(mid, side_out) +
           elements(out, side_out);
}

double network_outputs(const NetworkSpec& network, int image_side) {
    const bool is_bit = network.stem == Stem::bit;
    int side = network.stem == Stem::small_1 ? image_side : strided(image_side, 2);
    double sum = elements(network.stem_channels, side);
    side = is_bit ? strided(side, 2) : side;
    int channels = network.stem_channels;
    for (std::size_t stage = 0; stage < network.depths.size(); ++stage) {
        for (int unit = 0; unit < network.depths[stage]; ++unit) {
            const int stride = stage > 0 && unit == 0 ? 2 : 1;
            sum += unit_outputs(network, channels, network.stage_channels[stage], side, stride);
            channels = network.stage_channels[stage];
            side = strided(side, stride);
        }
    }
    return sum;
}

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
    const double outputs =
        network_outputs(config.network, config.data.set.image_size) * config.train.micro_batch;
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
