// LibTorch's autograd over flat arenas: leaves are views of the weights (or of the standardised weights),
// their .grad views of the gradient arena, where accumulation adds in place; hooks behind the accumulators
// tell the listener.
#include <cassert>
#include <limits>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "suite/train/model/model.hpp"

namespace suite::train {
namespace {

using plan::Layer;
using plan::LayerKind;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// GroupNorm and ReLU in one pass each way (Kernels::norm_relu).
class NormRelu : public torch::autograd::Function<NormRelu> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                              const at::Tensor& shift, Kernels* kernels, std::int64_t groups,
                              double epsilon) {
        const NormParameters norm{scale, shift, {}, {}, groups, epsilon};
        const NormSaved saved = kernels->norm_relu(norm, x.contiguous());
        context->save_for_backward({saved.x, saved.y, saved.mean, saved.inverse_sd, scale, shift});
        context->saved_data["kernels"] = reinterpret_cast<std::int64_t>(kernels);
        context->saved_data["groups"] = groups;
        context->saved_data["epsilon"] = epsilon;
        return saved.y;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        auto* kernels = reinterpret_cast<Kernels*>(context->saved_data["kernels"].toInt());
        const at::Tensor scale_gradient = at::zeros_like(saved[4]);
        const at::Tensor shift_gradient = at::zeros_like(saved[5]);
        const NormParameters norm{saved[4],
                                  saved[5],
                                  scale_gradient,
                                  shift_gradient,
                                  context->saved_data["groups"].toInt(),
                                  context->saved_data["epsilon"].toDouble()};
        const at::Tensor x_gradient = kernels->norm_relu_backward(
            norm, {saved[0], saved[1], saved[2], saved[3]}, gradients[0].contiguous(), {});
        return {x_gradient, scale_gradient, shift_gradient, {}, {}, {}};
    }
};

/// Max-pool of padded maps. Windows may overlap, and ATen's CUDA operator adds their gradients up with
/// atomics, in no fixed order; here one place of the windows after the other.
class MaxPool : public torch::autograd::Function<MaxPool> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, std::int64_t kernel,
                              std::int64_t stride, std::int64_t padding, double around) {
        const at::Tensor padded =
            padding > 0 ? at::constant_pad_nd(x, {padding, padding, padding, padding}, around) : x;
        auto [pooled, indices] = at::max_pool2d_with_indices(padded, {kernel, kernel}, {stride, stride});
        context->save_for_backward({indices});
        context->saved_data["shape"] = padded.sizes().vec();
        context->saved_data["kernel"] = kernel;
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        return pooled;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const at::Tensor& y_gradient = gradients[0];
        const at::Tensor indices = context->get_saved_variables()[0];
        const std::vector<std::int64_t> shape = context->saved_data["shape"].toIntVector();
        const std::int64_t kernel = context->saved_data["kernel"].toInt();
        const std::int64_t stride = context->saved_data["stride"].toInt();
        const std::int64_t padding = context->saved_data["padding"].toInt();
        const at::Tensor gradient = at::zeros(shape, y_gradient.options());
        const std::int64_t rows = y_gradient.size(2);
        const std::int64_t columns = y_gradient.size(3);
        const auto whole = at::TensorOptions(at::kLong).device(indices.device());
        const at::Tensor row = at::arange(rows, whole).mul_(stride * shape[3]).unsqueeze(1);
        const at::Tensor place = indices - (row + at::arange(columns, whole).mul_(stride));
        for (std::int64_t down = 0; down < kernel; ++down) {
            for (std::int64_t right = 0; right < kernel; ++right) {
                gradient.slice(2, down, down + stride * (rows - 1) + 1, stride)
                    .slice(3, right, right + stride * (columns - 1) + 1, stride)
                    .add_(y_gradient * place.eq(down * shape[3] + right));
            }
        }
        const at::Tensor inner = gradient.narrow(2, padding, shape[2] - 2 * padding)
                                     .narrow(3, padding, shape[3] - 2 * padding)
                                     .contiguous();
        return {inner, {}, {}, {}, {}};
    }
};

class TorchModel final : public Model {
public:
    TorchModel(Arenas& arenas, at::ScalarType element, Frozen frozen);

    [[nodiscard]] std::unique_ptr<ForwardPass> forward(const at::Tensor& images,
                                                       const at::Tensor& share) override;
    [[nodiscard]] at::Tensor infer(const at::Tensor& images, std::size_t layer) override;

    void backward(const at::Tensor& outputs, const at::Tensor& output_gradient,
                  const GradientListener& listener);

private:
    struct Run {
        bool training = false;
        at::Tensor share{};
        std::vector<at::Tensor> outputs{}; ///< by layer
    };

    Arenas& arenas_;
    const plan::Network& network_;
    at::ScalarType element_;
    Frozen frozen_;
    std::vector<at::Tensor> leaves_;                                   ///< by tensor of the layout
    std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_; ///< of those that get gradients
    std::vector<std::size_t> first_tensor_;                            ///< by layer
    std::vector<std::size_t> first_buffer_;                            ///< by layer
    std::vector<std::size_t> last_user_;                               ///< by layer: its output is free then
    std::vector<bool> is_fused_;                                       ///< norms that go with their ReLU
    const GradientListener* listener_ = nullptr;                       ///< during backward

    void make_leaf(std::size_t tensor);
    [[nodiscard]] at::Tensor output(std::size_t layer, const at::Tensor& images, Run& run) const;
    [[nodiscard]] at::Tensor batch_norm(std::size_t layer, const at::Tensor& x, const Run& run) const;
    [[nodiscard]] at::Tensor linear(const Layer& layer, std::size_t tensor, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor weight(std::size_t tensor) const { return leaves_[tensor].to(element_); }
    [[nodiscard]] at::Tensor bias(const Layer& layer, std::size_t tensor) const {
        return layer.bias ? leaves_[tensor + 1].to(element_) : at::Tensor();
    }
    void tell(std::size_t offset, std::size_t count) const {
        if (listener_ != nullptr && *listener_) {
            (*listener_)(offset, count);
        }
    }
};

class TorchPass final : public ForwardPass {
public:
    TorchPass(TorchModel& model, at::Tensor outputs) : model_(model), graph_(std::move(outputs)) {
        outputs_ = graph_.detach();
    }
    void backward(const at::Tensor& output_gradient, const GradientListener& listener) override {
        model_.backward(std::exchange(graph_, {}), output_gradient, listener);
    }

private:
    TorchModel& model_;
    at::Tensor graph_;
};

TorchModel::TorchModel(Arenas& arenas, at::ScalarType element, Frozen frozen)
    : Model(arenas),
      arenas_(arenas),
      network_(arenas.layout().network),
      element_(element),
      frozen_(std::move(frozen)),
      first_tensor_(plan::first_of_layers(arenas.layout())),
      first_buffer_(network_.layers.size()),
      last_user_(network_.layers.size()),
      is_fused_(network_.layers.size()) {
    const plan::NetworkLayout& layout = arenas.layout();
    frozen_.resize(layout.tensors.size());
    for (std::size_t i = layout.buffers.size(); i > 0; --i) {
        first_buffer_[layout.buffers[i - 1].layer] = i - 1;
    }
    const auto users = plan::consumers(network_);
    for (std::size_t i = 0; i < users.size(); ++i) {
        last_user_[i] = users[i].empty() ? network_.layers.size() : users[i].back();
        is_fused_[i] = network_.layers[i].kind == LayerKind::group_norm && users[i].size() == 1 &&
                       network_.layers[users[i].front()].kind == LayerKind::relu;
    }
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
        make_leaf(i);
    }
}

void TorchModel::make_leaf(std::size_t tensor) {
    at::Tensor leaf = arenas_.value(tensor).detach();
    if (arenas_.purpose() == Pass::training && !frozen_[tensor]) {
        leaf.set_requires_grad(true);
        leaf.mutable_grad() = arenas_.gradient(tensor);
        const auto accumulator = torch::autograd::impl::grad_accumulator(leaf);
        const plan::ParameterSpec& place = arenas_.layout().tensors[tensor];
        accumulator->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
            [this, offset = place.offset, count = place.elements()](const variable_list& outputs,
                                                                    const variable_list&) {
                tell(offset, count);
                return outputs;
            }));
        accumulators_.push_back(accumulator);
    }
    leaves_.push_back(std::move(leaf));
}

at::Tensor TorchModel::linear(const Layer& layer, std::size_t tensor, const at::Tensor& x) const {
    const at::Tensor matrix = weight(tensor);
    return at::linear(x.to(element_), matrix.dim() == 2 ? matrix : matrix.flatten(1), bias(layer, tensor));
}

/// Of this micro-batch in training, which alone defines the statistics; they are summed for the running ones,
/// with the variance unbiased, as PyTorch has it.
at::Tensor TorchModel::batch_norm(std::size_t layer, const at::Tensor& x, const Run& run) const {
    const Layer& norm = network_.layers[layer];
    const at::Tensor& scale = leaves_[first_tensor_[layer]];
    const at::Tensor& shift = leaves_[first_tensor_[layer] + 1];
    const std::size_t buffer = first_buffer_[layer];
    if (!run.training) {
        return at::batch_norm(x, scale, shift, arenas_.buffer(buffer), arenas_.buffer(buffer + 1), false, 0.0,
                              norm.epsilon, false);
    }
    const auto [y, mean, inverse_sd] =
        at::native_batch_norm(x, scale, shift, {}, {}, true, 0.0, norm.epsilon);
    const at::NoGradGuard no_graph;
    const auto count = static_cast<double>(x.numel() / x.size(1));
    const at::Tensor variance =
        inverse_sd.detach().square().reciprocal().sub_(norm.epsilon).mul_(count / std::max(count - 1.0, 1.0));
    arenas_.statistics(buffer).add_(mean.detach() * run.share);
    arenas_.statistics(buffer + 1).add_(variance * run.share);
    return y;
}

at::Tensor TorchModel::output(std::size_t index, const at::Tensor& images, Run& run) const {
    const Layer& layer = network_.layers[index];
    const std::size_t tensor = first_tensor_[index];
    const auto input = [&](std::size_t i) -> const at::Tensor& { return run.outputs[layer.inputs[i]]; };
    const std::vector<std::int64_t> stride(2, layer.stride);
    const std::vector<std::int64_t> padding(2, layer.padding);
    switch (layer.kind) {
    case LayerKind::input:
        return images.to(element_);
    case LayerKind::convolution:
        return at::conv2d(input(0), weight(tensor), bias(layer, tensor), stride, padding);
    case LayerKind::transposed_convolution:
        return at::conv_transpose2d(input(0), weight(tensor), bias(layer, tensor), stride, padding);
    case LayerKind::linear:
        return linear(layer, tensor, input(0));
    case LayerKind::batch_norm:
        return batch_norm(index, input(0), run);
    case LayerKind::group_norm:
        return is_fused_[index]
                   ? NormRelu::apply(input(0), leaves_[tensor], leaves_[tensor + 1], &arenas_.kernels(),
                                     std::int64_t{layer.groups}, layer.epsilon)
                   : at::group_norm(input(0).to(at::kFloat), layer.groups, leaves_[tensor],
                                    leaves_[tensor + 1], layer.epsilon)
                         .to(element_);
    case LayerKind::relu:
        return is_fused_[layer.inputs[0]] ? input(0) : input(0).relu();
    case LayerKind::sigmoid:
        return input(0).sigmoid();
    case LayerKind::max_pool:
        return MaxPool::apply(
            input(0), std::int64_t{layer.kernel}, std::int64_t{layer.stride}, std::int64_t{layer.padding},
            layer.pool_padding == plan::PoolPadding::zeros ? 0.0 : -std::numeric_limits<double>::infinity());
    case LayerKind::average:
        return input(0).to(at::kFloat).mean(at::IntArrayRef{2, 3}).to(element_);
    case LayerKind::add: {
        at::Tensor sum = input(0) + input(1);
        for (std::size_t i = 2; i < layer.inputs.size(); ++i) {
            sum = sum + input(i);
        }
        return sum;
    }
    case LayerKind::concatenate:
        break;
    }
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
        parts.push_back(input(i));
    }
    return at::cat(parts, 1);
}

std::unique_ptr<ForwardPass> TorchModel::forward(const at::Tensor& images, const at::Tensor& share) {
    assert(arenas_.purpose() == Pass::training);
    const at::AutoGradMode with_graph(true);
    Run run{.training = true, .share = share, .outputs = std::vector<at::Tensor>(network_.layers.size())};
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
        run.outputs[i] = output(i, images, run);
        for (const std::size_t input : network_.layers[i].inputs) {
            if (last_user_[input] == i) {
                run.outputs[input].reset(); // the graph holds what it needs
            }
        }
    }
    return std::make_unique<TorchPass>(*this, run.outputs.back().to(at::kFloat));
}

at::Tensor TorchModel::infer(const at::Tensor& images, std::size_t layer) {
    const at::NoGradGuard no_graph;
    Run run{.outputs = std::vector<at::Tensor>(network_.layers.size())};
    for (std::size_t i = 0; i <= layer; ++i) {
        run.outputs[i] = output(i, images, run);
        for (const std::size_t input : network_.layers[i].inputs) {
            if (last_user_[input] == i) {
                run.outputs[input].reset();
            }
        }
    }
    return run.outputs[layer].to(at::kFloat);
}

void TorchModel::backward(const at::Tensor& outputs, const at::Tensor& output_gradient,
                          const GradientListener& listener) {
    const plan::NetworkLayout& layout = arenas_.layout();
    listener_ = &listener;
    const std::unique_ptr<TorchModel, void (*)(TorchModel*)> forget(
        this, [](TorchModel* model) { model->listener_ = nullptr; }); // also when the listener throws
    if (layout.buffer_elements > 0) {                                 // complete since the forward pass
        tell(layout.parameters, layout.buffer_elements);
    }
    for (std::size_t i = layout.tensors.size(); i > 0; --i) {
        if (frozen_[i - 1]) {
            tell(layout.tensors[i - 1].offset, layout.tensors[i - 1].elements());
        }
    }
    torch::autograd::backward({outputs}, {output_gradient});
}

} // namespace

std::unique_ptr<Model> make_torch_model(Arenas& arenas, at::ScalarType element, Frozen frozen) {
    return std::make_unique<TorchModel>(arenas, element, std::move(frozen));
}

} // namespace suite::train
