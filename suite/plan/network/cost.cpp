#include "suite/plan/network/cost.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/plan/network/families.hpp"
#include "suite/plan/network/layout.hpp"

namespace suite::plan {
namespace {

bool is_windowed(LayerKind kind) {
    return kind == LayerKind::convolution || kind == LayerKind::max_pool;
}

/// Whole windows along one side.
int windowed(int side, const Layer& layer) {
    const int covered = side + 2 * layer.padding - layer.kernel;
    return covered < 0 ? 0 : covered / layer.stride + 1;
}

MapSize output_size(const Layer& layer, const std::vector<MapSize>& sizes) {
    const MapSize in = sizes[layer.inputs.front()];
    if (is_windowed(layer.kind)) {
        return {layer.channels, windowed(in.height, layer), windowed(in.width, layer)};
    }
    if (layer.kind == LayerKind::transposed_convolution) {
        const auto grown = [&layer](int side) {
            return (side - 1) * layer.stride - 2 * layer.padding + layer.kernel;
        };
        return {layer.channels, grown(in.height), grown(in.width)};
    }
    if (layer.kind == LayerKind::average || layer.kind == LayerKind::linear) {
        return {layer.channels, 1, 1};
    }
    return {layer.channels, in.height, in.width};
}

std::string text_of(const MapSize& size) {
    return fmt::format("{} x {}", size.height, size.width);
}

void check(const Network& network, std::size_t i, const std::vector<MapSize>& sizes, FaultList& faults) {
    const Layer& layer = network.layers[i];
    const std::string where =
        fmt::format("network {}: layer {}", network.id,
                    layer.name.empty() ? fmt::format("{} ({})", i, to_text(layer.kind)) : layer.name);
    const MapSize first = sizes[layer.inputs.front()];
    if (first.height < 1 || first.width < 1) {
        return; // said of an earlier layer
    }
    if (sizes[i].height < 1 || sizes[i].width < 1) {
        faults.add({where, "a map of " + text_of(first), "at least one position behind it",
                    "use larger images, or fewer strides"});
    }
    for (const std::size_t input : layer.inputs) {
        if (sizes[input].height != first.height || sizes[input].width != first.width) {
            faults.add({where, fmt::format("maps of {} and {}", text_of(first), text_of(sizes[input])),
                        "maps of one size", "use images whose sides divide by the network's strides"});
        }
    }
    if (layer.kind == LayerKind::linear && (first.height != 1 || first.width != 1)) {
        faults.add({where, "a map of " + text_of(first), "a vector", "put an average in front of it"});
    }
}

double multiply_adds_of(const Layer& layer, const MapSize& in, const MapSize& out) {
    const double window = static_cast<double>(layer.kernel) * layer.kernel;
    switch (layer.kind) {
    case LayerKind::convolution:
        return window * in.channels * out.elements();
    case LayerKind::transposed_convolution:
        return window * layer.channels * in.elements();
    case LayerKind::linear:
        return static_cast<double>(in.channels) * layer.channels;
    default:
        return 0.0;
    }
}

bool keeps_its_output(LayerKind kind) {
    return kind != LayerKind::input && kind != LayerKind::relu && kind != LayerKind::add &&
           kind != LayerKind::concatenate;
}

} // namespace

std::vector<MapSize> map_sizes(const Network& network, int height, int width) {
    std::vector<MapSize> sizes{{network.layers.front().channels, height, width}};
    FaultList faults;
    for (std::size_t i = 1; i < network.layers.size(); ++i) {
        sizes.push_back(output_size(network.layers[i], sizes));
        check(network, i, sizes, faults);
    }
    faults.throw_if_any(ErrorKind::usage);
    return sizes;
}

double multiply_adds(const Network& network, int height, int width) {
    const std::vector<MapSize> sizes = map_sizes(network, height, width);
    double sum = 0.0;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        sum += multiply_adds_of(network.layers[i], sizes[network.layers[i].inputs.front()], sizes[i]);
    }
    return sum;
}

double activation_elements(const Network& network, int height, int width) {
    const std::vector<MapSize> sizes = map_sizes(network, height, width);
    double sum = 0.0;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        sum += keeps_its_output(network.layers[i].kind) ? sizes[i].elements() : 0.0;
    }
    return sum;
}

double forward_gigamacs(const NetworkSpec& spec, int image_size, std::size_t outputs) {
    return image_size < 1 ? 0.0 : multiply_adds(make_network(spec, outputs), image_size, image_size) * 1e-9;
}

double parameter_count(const NetworkSpec& spec, std::size_t outputs) {
    const NetworkLayout layout = network_layout(spec, std::max<std::size_t>(outputs, 1));
    double sum = 0.0;
    for (const ParameterSpec& tensor : layout.tensors) {
        sum += outputs == 0 && tensor.head ? 0.0 : static_cast<double>(tensor.elements());
    }
    return sum;
}

} // namespace suite::plan
