// Sixteen images side by side: kernels of suite/kernels/lane_convolution.hpp and lane_maps.hpp, with the
// backward passes written out.
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "suite/kernels/lane_convolution.hpp"
#include "suite/kernels/lane_maps.hpp"
#include "suite/train/model/model.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

using plan::Layer;
using plan::LayerKind;

constexpr auto lane_images = static_cast<std::int64_t>(kernels::lane_images);

std::size_t length(const at::Tensor& tensor, std::int64_t dimension) {
    return static_cast<std::size_t>(tensor.size(dimension));
}

/// Memory for maps that a layer makes, kept from step to step: a training step in steady state asks for none.
class ReusableBuffer {
public:
    /// Not initialised. The buffer of the last call, unless somebody still holds it or the shape is another.
    [[nodiscard]] at::Tensor take(at::IntArrayRef shape) {
        if (!kept_.defined() || kept_.use_count() > 1 || kept_.sizes() != shape) {
            kept_ = at::empty(shape, at::TensorOptions(at::kFloat));
        }
        return kept_;
    }

private:
    at::Tensor kept_;
};

/// What is run as one: a layer, or a norm with its ReLU.
struct Operation {
    std::size_t layer = 0; ///< whose output it makes
    LayerKind kind = LayerKind::input;
    std::vector<std::size_t> inputs; ///< layers
    std::size_t weight = 0;          ///< first tensor of the layout, where it has any
    ReusableBuffer output{};
    ReusableBuffer input_gradient{};
};

/// What a pass keeps by layer.
struct LaneMaps {
    std::vector<at::Tensor> outputs;
    std::vector<std::vector<float>> statistics; ///< of norms
};

/// Gradients of the layers' outputs on the way back. Two branches may hand on the same memory.
class MapGradients {
public:
    explicit MapGradients(std::size_t layers) : slots_(layers) {}

    /// The gradient is this operation's own and may be written over.
    void add_own(std::size_t layer, at::Tensor gradient) { add(layer, std::move(gradient), true); }
    /// Others hold it, too.
    void add_shared(std::size_t layer, const at::Tensor& gradient) { add(layer, gradient, false); }
    /// Complete once all that take the layer's output have gone back.
    [[nodiscard]] at::Tensor take(std::size_t layer) { return std::exchange(slots_[layer].values, {}); }
    [[nodiscard]] at::Tensor take_own(std::size_t layer) {
        const bool own = slots_[layer].own;
        at::Tensor values = take(layer);
        return own ? values : values.clone();
    }

private:
    struct Slot {
        at::Tensor values;
        bool own = false;
    };
    std::vector<Slot> slots_;

    void add(std::size_t layer, at::Tensor gradient, bool own) {
        Slot& slot = slots_[layer];
        if (!slot.values.defined()) {
            slot = {std::move(gradient), own};
        } else if (slot.own) {
            slot.values.add_(gradient);
        } else if (own) {
            gradient.add_(slot.values);
            slot = {std::move(gradient), true};
        } else {
            slot = {slot.values + gradient, true};
        }
    }
};

class LaneModel final : public Model {
public:
    explicit LaneModel(Arenas& arenas);

    [[nodiscard]] std::unique_ptr<ForwardPass> forward(const at::Tensor& images,
                                                       const at::Tensor& share) override;
    [[nodiscard]] at::Tensor infer(const at::Tensor& images, std::size_t layer) override;

    void backward(LaneMaps& maps, const at::Tensor& output_gradient, const GradientListener& listener);

private:
    struct Parameter {
        at::Tensor value;
        at::Tensor gradient; ///< undefined for inference
    };

    Arenas& arenas_;
    const plan::Network& network_;
    std::vector<Operation> operations_;
    std::vector<Parameter> parameters_;

    [[nodiscard]] at::Tensor run(Operation& operation, const at::Tensor& images, LaneMaps& maps);
    [[nodiscard]] at::Tensor to_lanes(Operation& operation, const at::Tensor& images);
    [[nodiscard]] at::Tensor convolve(Operation& operation, const at::Tensor& x);
    [[nodiscard]] at::Tensor normalise(Operation& operation, const at::Tensor& x,
                                       std::vector<float>& statistics);
    [[nodiscard]] at::Tensor average(const at::Tensor& x, std::int64_t images);
    void back(Operation& operation, LaneMaps& maps, MapGradients& gradients,
              const GradientListener& listener);
    void convolve_back(Operation& operation, const LaneMaps& maps, MapGradients& gradients);
    void normalise_back(const Operation& operation, const LaneMaps& maps, MapGradients& gradients);
    void average_back(Operation& operation, const LaneMaps& maps, MapGradients& gradients);
    void multiply_back(const Operation& operation, const LaneMaps& maps, MapGradients& gradients);
    void tell(const Operation& operation, const GradientListener& listener) const;
    [[nodiscard]] kernels::LaneConvolutionShape shape_of(const Operation& operation,
                                                         const at::Tensor& x) const;
    [[nodiscard]] kernels::GroupNormShape norm_shape(const Operation& operation, const at::Tensor& x) const;
    [[nodiscard]] const Layer& layer(const Operation& operation) const {
        return network_
            .layers[operation.kind == LayerKind::group_norm ? network_.layers[operation.layer].inputs.front()
                                                            : operation.layer];
    }
};

class LanePass final : public ForwardPass {
public:
    LanePass(LaneModel& model, LaneMaps maps) : model_(model), maps_(std::move(maps)) {
        outputs_ = maps_.outputs.back();
    }
    void backward(const at::Tensor& output_gradient, const GradientListener& listener) override {
        const c10::InferenceMode no_graph;
        model_.backward(maps_, output_gradient, listener);
    }

private:
    LaneModel& model_;
    LaneMaps maps_;
};

LaneModel::LaneModel(Arenas& arenas) : Model(arenas), arenas_(arenas), network_(arenas.layout().network) {
    assert(runs_in_lanes(network_));
    const std::vector<std::size_t> first = plan::first_of_layers(arenas.layout());
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
        const Layer& own = network_.layers[i];
        if (own.kind == LayerKind::group_norm) {
            continue; // with its ReLU
        }
        const bool is_norm = own.kind == LayerKind::relu;
        const std::size_t made_by = is_norm ? own.inputs.front() : i;
        operations_.push_back({.layer = i,
                               .kind = is_norm ? LayerKind::group_norm : own.kind,
                               .inputs = network_.layers[made_by].inputs,
                               .weight = first[made_by]});
    }
    const c10::InferenceMode no_graph;
    for (std::size_t i = 0; i < arenas.layout().tensors.size(); ++i) {
        Parameter& parameter = parameters_.emplace_back();
        parameter.value = arenas.value(i);
        if (arenas.purpose() == Pass::training) {
            parameter.gradient = arenas.gradient(i);
        }
        if (arenas.layout().tensors[i].head && parameter.value.dim() == 4) { // a matrix by now
            parameter.value = parameter.value.flatten(1);
            parameter.gradient = parameter.gradient.defined() ? parameter.gradient.flatten(1) : at::Tensor();
        }
    }
}

// ---------------------------------------------------------------- forward

kernels::LaneConvolutionShape LaneModel::shape_of(const Operation& operation, const at::Tensor& x) const {
    const Layer& convolution = layer(operation);
    return {.blocks = length(x, 0),
            .in_channels = length(x, 1),
            .out_channels = static_cast<std::size_t>(convolution.channels),
            .side = length(x, 2),
            .kernel = static_cast<std::size_t>(convolution.kernel),
            .stride = static_cast<std::size_t>(convolution.stride)};
}

kernels::GroupNormShape LaneModel::norm_shape(const Operation& operation, const at::Tensor& x) const {
    const Layer& norm = layer(operation);
    return {.images = length(x, 0) * kernels::lane_images,
            .channels = length(x, 1),
            .area = length(x, 2) * length(x, 3),
            .groups = static_cast<std::size_t>(norm.groups),
            .epsilon = norm.epsilon};
}

at::Tensor LaneModel::to_lanes(Operation& operation, const at::Tensor& images) {
    const auto blocks = static_cast<std::int64_t>(kernels::lane_blocks(length(images, 0)));
    const at::Tensor maps =
        operation.output.take({blocks, images.size(1), images.size(2), images.size(3), lane_images});
    kernels::images_to_lanes(values_of(images), length(images, 0), values_of(maps));
    return maps;
}

at::Tensor LaneModel::convolve(Operation& operation, const at::Tensor& x) {
    const auto shape = shape_of(operation, x);
    const auto side = static_cast<std::int64_t>(shape.out_side());
    const at::Tensor y =
        operation.output.take({x.size(0), layer(operation).channels, side, side, lane_images});
    kernels::lane_convolution(shape, values_of(x), values_of(parameters_[operation.weight].value),
                              values_of(y));
    return y;
}

at::Tensor LaneModel::normalise(Operation& operation, const at::Tensor& x, std::vector<float>& statistics) {
    const auto shape = norm_shape(operation, x);
    at::Tensor y = operation.output.take(x.sizes());
    statistics.resize(shape.statistics());
    kernels::lane_group_norm_relu(shape, values_of(x), values_of(parameters_[operation.weight].value),
                                  values_of(parameters_[operation.weight + 1].value), values_of(y),
                                  statistics);
    return y;
}

at::Tensor LaneModel::average(const at::Tensor& x, std::int64_t images) {
    at::Tensor y = at::empty({images, x.size(1)}, x.options());
    kernels::lane_average(values_of(x), length(x, 1), length(x, 2) * length(x, 3), values_of(y));
    return y;
}

at::Tensor LaneModel::run(Operation& operation, const at::Tensor& images, LaneMaps& maps) {
    const auto input = [&](std::size_t i) -> const at::Tensor& { return maps.outputs[operation.inputs[i]]; };
    switch (operation.kind) {
    case LayerKind::input:
        return to_lanes(operation, images);
    case LayerKind::convolution:
        return convolve(operation, input(0));
    case LayerKind::group_norm:
        return normalise(operation, input(0), maps.statistics[operation.layer]);
    case LayerKind::average:
        return average(input(0), images.size(0));
    case LayerKind::add:
        return input(0).add_(input(1)); // a convolution's output, which nobody else needs (runs_in_lanes)
    default:
        return at::addmm(parameters_[operation.weight + 1].value, input(0),
                         parameters_[operation.weight].value.t());
    }
}

std::unique_ptr<ForwardPass> LaneModel::forward(const at::Tensor& images, const at::Tensor& share) {
    static_cast<void>(share); // nothing here has batch statistics
    assert(arenas_.purpose() == Pass::training);
    const c10::InferenceMode no_graph;
    LaneMaps maps{.outputs = std::vector<at::Tensor>(network_.layers.size()),
                  .statistics = std::vector<std::vector<float>>(network_.layers.size())};
    for (Operation& operation : operations_) {
        maps.outputs[operation.layer] = run(operation, images, maps);
    }
    return std::make_unique<LanePass>(*this, std::move(maps));
}

at::Tensor LaneModel::infer(const at::Tensor& images, std::size_t layer) {
    const c10::InferenceMode no_graph;
    LaneMaps maps{.outputs = std::vector<at::Tensor>(network_.layers.size()),
                  .statistics = std::vector<std::vector<float>>(network_.layers.size())};
    for (Operation& operation : operations_) {
        maps.outputs[operation.layer] = run(operation, images, maps);
        if (operation.layer == layer) {
            break;
        }
    }
    at::Tensor& output = maps.outputs[layer];
    return output.dim() == 5 ? output.permute({0, 4, 1, 2, 3}).flatten(0, 1).narrow(0, 0, images.size(0))
                             : output;
}

// ---------------------------------------------------------------- backward

void LaneModel::tell(const Operation& operation, const GradientListener& listener) const {
    if (!listener) {
        return;
    }
    const auto told = [&](std::size_t tensor) {
        const plan::ParameterSpec& place = arenas_.layout().tensors[tensor];
        listener(place.offset, place.elements());
    };
    if (operation.kind != LayerKind::convolution) { // two tensors, the later one first
        told(operation.weight + 1);
    }
    told(operation.weight);
}

void LaneModel::convolve_back(Operation& operation, const LaneMaps& maps, MapGradients& gradients) {
    const at::Tensor& x = maps.outputs[operation.inputs.front()];
    const at::Tensor y_gradient = gradients.take(operation.layer);
    const Parameter& weight = parameters_[operation.weight];
    const auto shape = shape_of(operation, x);
    kernels::lane_convolution_backward_weight(shape, values_of(x), values_of(y_gradient),
                                              values_of(weight.gradient));
    if (operation.inputs.front() == plan::LayerList::images) {
        return; // images need no gradient
    }
    const at::Tensor x_gradient = operation.input_gradient.take(x.sizes());
    kernels::lane_convolution_backward_data(shape, values_of(y_gradient), values_of(weight.value),
                                            values_of(x_gradient));
    gradients.add_own(operation.inputs.front(), x_gradient);
}

void LaneModel::normalise_back(const Operation& operation, const LaneMaps& maps, MapGradients& gradients) {
    const std::size_t input = operation.inputs.front();
    const at::Tensor& x = maps.outputs[input];
    const at::Tensor gradient = gradients.take_own(operation.layer);
    const at::Tensor addend = gradients.take(input); // of the shortcut
    const Parameter& scale = parameters_[operation.weight];
    const Parameter& shift = parameters_[operation.weight + 1];
    kernels::lane_group_norm_relu_backward(
        norm_shape(operation, x),
        {.x = values_of(x),
         .y = values_of(maps.outputs[operation.layer]),
         .statistics = maps.statistics[operation.layer],
         .scale = values_of(scale.value),
         .y_gradient = values_of(gradient),
         .addend = addend.defined() ? std::span<const float>(values_of(addend)) : std::span<const float>(),
         .scale_gradient = values_of(scale.gradient),
         .shift_gradient = values_of(shift.gradient),
         .x_gradient = values_of(gradient)});
    gradients.add_own(input, gradient);
}

void LaneModel::average_back(Operation& operation, const LaneMaps& maps, MapGradients& gradients) {
    const at::Tensor& x = maps.outputs[operation.inputs.front()];
    const at::Tensor y_gradient = gradients.take(operation.layer);
    const at::Tensor x_gradient = operation.input_gradient.take(x.sizes());
    kernels::lane_average_backward(values_of(y_gradient), length(y_gradient, 1), length(x, 2) * length(x, 3),
                                   values_of(x_gradient));
    gradients.add_own(operation.inputs.front(), x_gradient);
}

void LaneModel::multiply_back(const Operation& operation, const LaneMaps& maps, MapGradients& gradients) {
    const at::Tensor y_gradient = gradients.take(operation.layer);
    Parameter& weight = parameters_[operation.weight];
    weight.gradient.addmm_(y_gradient.t(), maps.outputs[operation.inputs.front()]);
    parameters_[operation.weight + 1].gradient.add_(y_gradient.sum(at::IntArrayRef{0}));
    gradients.add_own(operation.inputs.front(), y_gradient.mm(weight.value));
}

void LaneModel::back(Operation& operation, LaneMaps& maps, MapGradients& gradients,
                     const GradientListener& listener) {
    switch (operation.kind) {
    case LayerKind::input:
        return;
    case LayerKind::convolution:
        convolve_back(operation, maps, gradients);
        break;
    case LayerKind::group_norm:
        normalise_back(operation, maps, gradients);
        break;
    case LayerKind::average:
        average_back(operation, maps, gradients);
        return;
    case LayerKind::add: {
        const at::Tensor gradient = gradients.take(operation.layer);
        gradients.add_shared(operation.inputs[0], gradient);
        gradients.add_shared(operation.inputs[1], gradient);
        return;
    }
    default:
        multiply_back(operation, maps, gradients);
    }
    tell(operation, listener);
}

void LaneModel::backward(LaneMaps& maps, const at::Tensor& output_gradient,
                         const GradientListener& listener) {
    MapGradients gradients(network_.layers.size());
    gradients.add_shared(network_.layers.size() - 1, output_gradient);
    for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation) {
        back(*operation, maps, gradients, listener);
        maps.outputs[operation->layer].reset();
    }
}

bool has_lane_kernel(const plan::Network& network, std::size_t index,
                     const std::vector<std::vector<std::size_t>>& users) {
    const Layer& layer = network.layers[index];
    const auto kind_of = [&](std::size_t i) { return network.layers[i].kind; };
    switch (layer.kind) {
    case LayerKind::input:
    case LayerKind::average:
        return true;
    case LayerKind::convolution:
        return !layer.bias && layer.kernel % 2 == 1 && layer.padding == layer.kernel / 2 && layer.stride <= 2;
    case LayerKind::group_norm:
        return users[index].size() == 1 && kind_of(users[index].front()) == LayerKind::relu;
    case LayerKind::relu:
        return kind_of(layer.inputs.front()) == LayerKind::group_norm;
    case LayerKind::add: // the first is written over
        return layer.inputs.size() == 2 && kind_of(layer.inputs[0]) == LayerKind::convolution &&
               users[layer.inputs[0]].size() == 1;
    case LayerKind::linear: // of the average, as the last layer
        return layer.bias && kind_of(layer.inputs.front()) == LayerKind::average &&
               index + 1 == network.layers.size();
    default:
        return false;
    }
}

} // namespace

bool runs_in_lanes(const plan::Network& network) {
    const std::vector<std::vector<std::size_t>> users = plan::consumers(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!has_lane_kernel(network, i, users)) {
            return false;
        }
    }
    return true;
}

std::unique_ptr<Model> make_lane_model(Arenas& arenas) {
    return std::make_unique<LaneModel>(arenas);
}

} // namespace suite::train
