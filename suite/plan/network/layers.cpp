#include "suite/plan/network/layers.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace suite::plan {
namespace {

struct KindTraits {
    LayerKind kind;
    std::string_view text;
    std::size_t inputs;    ///< how many; 0: two or more (input: none)
    bool changes_channels; ///< else those of the first input
};

constexpr std::array kinds{
    KindTraits{LayerKind::input, "input", 0, true},
    KindTraits{LayerKind::convolution, "convolution", 1, true},
    KindTraits{LayerKind::transposed_convolution, "transposed_convolution", 1, true},
    KindTraits{LayerKind::linear, "linear", 1, true},
    KindTraits{LayerKind::batch_norm, "batch_norm", 1, false},
    KindTraits{LayerKind::group_norm, "group_norm", 1, false},
    KindTraits{LayerKind::relu, "relu", 1, false},
    KindTraits{LayerKind::sigmoid, "sigmoid", 1, false},
    KindTraits{LayerKind::max_pool, "max_pool", 1, false},
    KindTraits{LayerKind::average, "average", 1, false},
    KindTraits{LayerKind::add, "add", 0, false},
    KindTraits{LayerKind::concatenate, "concatenate", 0, false},
};

const KindTraits& traits(LayerKind kind) {
    return *std::find_if(kinds.begin(), kinds.end(),
                         [kind](const KindTraits& entry) { return entry.kind == kind; });
}

/// Collects what is wrong with a finished list.
class ListCheck {
public:
    ListCheck(const std::vector<Layer>& layers, std::string_view where) : layers_(layers), where_(where) {}

    void run() {
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            check(i);
        }
        faults_.throw_if_any(ErrorKind::usage);
    }

private:
    const std::vector<Layer>& layers_;
    std::string where_;
    std::set<std::string> names_;
    FaultList faults_;

    void add_fault(std::size_t i, std::string found, std::string expected, std::string fix) {
        const Layer& layer = layers_[i];
        faults_.add(
            {fmt::format("{}: layer {}", where_,
                         layer.name.empty() ? fmt::format("{} ({})", i, to_text(layer.kind)) : layer.name),
             std::move(found), std::move(expected), std::move(fix)});
    }
    void check(std::size_t i) {
        if (const std::string& name = layers_[i].name; !name.empty() && !names_.insert(name).second) {
            add_fault(i, "a second layer of this name", "one", "rename one of them");
        }
        if (check_inputs(i)) {
            check_sizes(i);
        }
    }
    /// Whether the channels of the inputs are known.
    bool check_inputs(std::size_t i) {
        const Layer& layer = layers_[i];
        const bool is_input = layer.kind == LayerKind::input;
        const std::size_t wanted = traits(layer.kind).inputs;
        const bool counted = is_input      ? layer.inputs.empty()
                             : wanted == 0 ? layer.inputs.size() >= 2
                                           : layer.inputs.size() == wanted;
        if (!counted) {
            add_fault(i, fmt::format("{} inputs", layer.inputs.size()),
                      is_input      ? "none"
                      : wanted == 0 ? "two or more"
                                    : fmt::format("{}", wanted),
                      "name the layers whose outputs it takes");
        }
        const bool known = std::all_of(layer.inputs.begin(), layer.inputs.end(),
                                       [i](std::size_t input) { return input < i; });
        if (!known) {
            add_fault(i, "an input that does not come before it", "earlier layers",
                      "a network has no cycles: move that layer in front of this one");
        }
        return counted && known;
    }
    void check_sizes(std::size_t i) {
        const Layer& layer = layers_[i];
        if (layer.channels < 1 || layer.kernel < 1 || layer.stride < 1 || layer.padding < 0) {
            add_fault(i,
                      fmt::format("{} channels, kernel {}, stride {}, padding {}", layer.channels,
                                  layer.kernel, layer.stride, layer.padding),
                      "channels, kernel and stride of at least one, no padding below zero",
                      "correct the declaration");
        }
        if (layer.kind == LayerKind::group_norm && (layer.groups < 1 || layer.channels % layer.groups != 0)) {
            add_fault(i, fmt::format("{} channels in {} groups", layer.channels, layer.groups),
                      "a multiple of groups", "lower groups or change the channels");
        }
        if (layer.kind == LayerKind::add) {
            for (const std::size_t input : layer.inputs) {
                if (layers_[input].channels != layer.channels) {
                    add_fault(i, fmt::format("{} and {} channels", layer.channels, layers_[input].channels),
                              "inputs of one number of channels", "project one of them");
                }
            }
        }
    }
};

} // namespace

LayerList::LayerList(int input_channels) {
    layers_.push_back({.kind = LayerKind::input, .channels = input_channels});
}

std::size_t LayerList::add(Layer layer, std::vector<std::size_t> inputs) {
    layer.inputs = std::move(inputs);
    const auto is_known = [this](std::size_t input) { return input < layers_.size(); };
    if (std::all_of(layer.inputs.begin(), layer.inputs.end(), is_known)) { // otherwise finish() says so
        if (layer.kind == LayerKind::concatenate) {
            layer.channels = 0;
            for (const std::size_t input : layer.inputs) {
                layer.channels += layers_[input].channels;
            }
        } else if (!traits(layer.kind).changes_channels && !layer.inputs.empty()) {
            layer.channels = layers_[layer.inputs.front()].channels;
        }
    }
    layers_.push_back(std::move(layer));
    return layers_.size() - 1;
}

Network LayerList::finish(std::string id, std::string_view where) && {
    ListCheck(layers_, where).run();
    return {.id = std::move(id), .layers = std::move(layers_)};
}

std::string_view to_text(LayerKind kind) {
    return traits(kind).text;
}

std::vector<std::vector<std::size_t>> consumers(const Network& network) {
    std::vector<std::vector<std::size_t>> result(network.layers.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        for (const std::size_t input : network.layers[i].inputs) {
            result[input].push_back(i);
        }
    }
    return result;
}

} // namespace suite::plan
