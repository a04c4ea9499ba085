#include "suite/plan/network/layout.hpp"

#include "suite/plan/network/families.hpp"

namespace suite::plan {
namespace {

/// What a layer's tensor is called in published files ("resnet/block1/unit01/a/group_norm/gamma"); empty
/// where the layer has no such name.
std::string official_name(const Layer& layer, ParameterRole role) {
    if (layer.official.empty()) {
        return {};
    }
    switch (role) {
    case ParameterRole::weight:
        return layer.official + "/kernel";
    case ParameterRole::bias:
        return layer.official + "/bias";
    case ParameterRole::norm_scale:
        return layer.official + "/gamma";
    case ParameterRole::norm_shift:
        break;
    }
    return layer.official + "/beta";
}

/// Appends tensors one behind the other.
class LayoutWriter {
public:
    explicit LayoutWriter(NetworkLayout& layout) : layout_(layout) {}

    void add(std::size_t index) {
        const Layer& layer = layout_.network.layers[index];
        const int in = layer.inputs.empty() ? 0 : layout_.network.layers[layer.inputs.front()].channels;
        switch (layer.kind) {
        case LayerKind::convolution:
            add_weight(index, {layer.channels, in, layer.kernel, layer.kernel});
            return;
        case LayerKind::transposed_convolution:
            add_weight(index, {in, layer.channels, layer.kernel, layer.kernel});
            return;
        case LayerKind::linear:
            add_weight(index, layer.pointwise ? std::vector<std::int64_t>{layer.channels, in, 1, 1}
                                              : std::vector<std::int64_t>{layer.channels, in});
            return;
        case LayerKind::batch_norm:
            add_norm(index);
            add_buffer(index, "running_mean", 0.0F);
            add_buffer(index, "running_var", 1.0F);
            return;
        case LayerKind::group_norm:
            add_norm(index);
            return;
        default:
            return;
        }
    }

private:
    NetworkLayout& layout_;

    void add_weight(std::size_t index, std::vector<std::int64_t> shape) {
        add_parameter(index, "weight", ParameterRole::weight, std::move(shape));
        if (layout_.network.layers[index].bias) {
            add_parameter(index, "bias", ParameterRole::bias, {layout_.network.layers[index].channels});
        }
    }
    void add_norm(std::size_t index) {
        const std::int64_t channels = layout_.network.layers[index].channels;
        add_parameter(index, "weight", ParameterRole::norm_scale, {channels});
        add_parameter(index, "bias", ParameterRole::norm_shift, {channels});
    }
    void add_parameter(std::size_t index, std::string_view what, ParameterRole role,
                       std::vector<std::int64_t> shape) {
        const Layer& layer = layout_.network.layers[index];
        ParameterSpec tensor;
        tensor.name = layer.name + "." + std::string(what);
        tensor.shape = std::move(shape);
        tensor.offset = layout_.parameters;
        tensor.role = role;
        tensor.layer = index;
        tensor.standardised = layer.standardised && role == ParameterRole::weight;
        tensor.head = layer.is_head;
        tensor.official = official_name(layer, role);
        layout_.parameters += tensor.elements();
        layout_.tensors.push_back(std::move(tensor));
    }
    void add_buffer(std::size_t index, std::string_view what, float initial) {
        const Layer& layer = layout_.network.layers[index];
        BufferSpec buffer;
        buffer.name = layer.name + "." + std::string(what);
        buffer.shape = {layer.channels};
        buffer.offset = layout_.buffer_elements;
        buffer.layer = index;
        buffer.initial = initial;
        layout_.buffer_elements += buffer.elements();
        layout_.buffers.push_back(std::move(buffer));
    }
};

} // namespace

std::size_t TensorPlace::elements() const noexcept {
    std::size_t product = 1;
    for (const std::int64_t length : shape) {
        product *= static_cast<std::size_t>(length);
    }
    return product;
}

NetworkLayout network_layout(Network network) {
    NetworkLayout layout{.network = std::move(network), .tensors = {}, .buffers = {}};
    LayoutWriter writer(layout);
    for (std::size_t i = 0; i < layout.network.layers.size(); ++i) {
        writer.add(i);
    }
    return layout;
}

std::vector<std::size_t> first_of_layers(const NetworkLayout& layout) {
    std::vector<std::size_t> first(layout.network.layers.size());
    for (std::size_t i = layout.tensors.size(); i > 0; --i) {
        first[layout.tensors[i - 1].layer] = i - 1;
    }
    return first;
}

NetworkLayout network_layout(const NetworkSpec& spec, std::size_t outputs) {
    return network_layout(make_network(spec, outputs));
}

} // namespace suite::plan
