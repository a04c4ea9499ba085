#include "suite/train/detail/device_network.hpp"

#include <map>
#include <string>
#include <utility>

#include <ATen/ops/addmm.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "suite/train/detail/layers.hpp"

namespace suite::train::detail {

/// A convolution without bias over a standardised weight.
class DeviceConvolution {
public:
    DeviceConvolution(Parameter weight, std::int64_t stride)
        : weight_(std::move(weight)), stride_(stride), padding_(weight_.value.size(2) / 2) {}

    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass) {
        if (pass == Pass::training) {
            x_ = x;
        }
        return at::convolution(x, weight_.value, {}, {stride_, stride_}, {padding_, padding_}, {1, 1}, false,
                               {0, 0}, 1);
    }
    /// Returns the gradient of the input; undefined unless wanted.
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, bool input_wanted,
                                      const Finished& finished) {
        const at::Tensor x = std::exchange(x_, {});
        const auto [x_gradient, weight_gradient, bias_gradient] = at::convolution_backward(
            y_gradient, x, weight_.value, at::OptionalIntArrayRef{}, {stride_, stride_}, {padding_, padding_},
            {1, 1}, false, {0, 0}, 1, {input_wanted, true, false});
        weight_.gradient.add_(weight_gradient);
        finished(weight_);
        return x_gradient;
    }

private:
    Parameter weight_;
    std::int64_t stride_;
    std::int64_t padding_;
    at::Tensor x_;
};

class DeviceNorm {
public:
    DeviceNorm(Parameter scale, Parameter shift, const plan::NetworkSpec& spec, DeviceKernels& kernels)
        : scale_(std::move(scale)),
          shift_(std::move(shift)),
          norm_{scale_.value,    shift_.value, scale_.gradient,
                shift_.gradient, spec.groups,  spec.group_norm_epsilon},
          kernels_(&kernels) {}

    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass) {
        NormSaved saved = kernels_->norm_relu(norm_, x.contiguous());
        at::Tensor y = saved.y;
        if (pass == Pass::training) {
            saved_ = std::move(saved);
        }
        return y;
    }
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, const at::Tensor& addend,
                                      const Finished& finished) {
        const NormSaved saved = std::exchange(saved_, {});
        at::Tensor x_gradient = kernels_->norm_relu_backward(norm_, saved, y_gradient.contiguous(),
                                                             addend.defined() ? addend.contiguous() : addend);
        finished(shift_);
        finished(scale_);
        return x_gradient;
    }

private:
    Parameter scale_;
    Parameter shift_;
    NormParameters norm_;
    DeviceKernels* kernels_;
    NormSaved saved_;
};

/// As ResidualUnit (suite/train/detail/layers.hpp).
struct DeviceUnit {
    std::vector<DeviceNorm> norms;
    std::vector<DeviceConvolution> convolutions;
    std::optional<DeviceConvolution> projection;

    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass) {
        at::Tensor y = norms[0].forward(x, pass);
        const at::Tensor shortcut = projection ? projection->forward(y, pass) : x;
        y = convolutions[0].forward(y, pass);
        for (std::size_t i = 1; i < convolutions.size(); ++i) {
            y = convolutions[i].forward(norms[i].forward(y, pass), pass);
        }
        return y.add_(shortcut);
    }
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, const Finished& finished) {
        at::Tensor gradient = y_gradient;
        for (std::size_t i = convolutions.size() - 1; i > 0; --i) {
            gradient = norms[i].backward(convolutions[i].backward(gradient, true, finished), {}, finished);
        }
        gradient = convolutions[0].backward(gradient, true, finished);
        if (projection) {
            gradient = gradient + projection->backward(y_gradient, true, finished);
            return norms[0].backward(gradient, {}, finished);
        }
        return norms[0].backward(gradient, y_gradient, finished);
    }
};

namespace {

constexpr std::int64_t pool_side = 3;
constexpr std::int64_t pool_stride = 2;

/// The gradient of a 3x3 max-pool of stride 2. Its windows overlap, and ATen's CUDA operator adds them up
/// with atomics, in no fixed order; here one place of the windows after the other.
at::Tensor pool_backward(const at::Tensor& y_gradient, const at::Tensor& padded, const at::Tensor& indices) {
    at::Tensor gradient = at::zeros_like(padded);
    const std::int64_t width = padded.size(3);
    const std::int64_t rows = y_gradient.size(2);
    const std::int64_t columns = y_gradient.size(3);
    const auto whole = at::TensorOptions(at::kLong).device(indices.device());
    const at::Tensor row = at::arange(rows, whole).mul_(pool_stride * width).unsqueeze(1);
    const at::Tensor corner = row + at::arange(columns, whole).mul_(pool_stride);
    const at::Tensor place = indices - corner;
    for (std::int64_t down = 0; down < pool_side; ++down) {
        for (std::int64_t right = 0; right < pool_side; ++right) {
            const at::Tensor chosen = place.eq(down * width + right);
            gradient.slice(2, down, down + pool_stride * (rows - 1) + 1, pool_stride)
                .slice(3, right, right + pool_stride * (columns - 1) + 1, pool_stride)
                .add_(y_gradient * chosen);
        }
    }
    return gradient;
}

std::int64_t round_up(std::size_t count) {
    constexpr std::size_t line = 128 / sizeof(float); // a transaction of device memory
    return static_cast<std::int64_t>((count + line - 1) / line * line);
}

} // namespace

class DeviceNetwork::Implementation {
public:
    Implementation(const plan::NetworkSpec& spec, std::size_t outputs, at::Device device,
                   at::ScalarType element, const KernelMaker& make_kernels);

    NetworkLayout layout_;
    at::Tensor weights_;
    at::Tensor gradients_;
    std::unique_ptr<DeviceKernels> kernels_;

    void standardise();
    [[nodiscard]] at::Tensor forward(const at::Tensor& images, Pass pass);
    void backward(const at::Tensor& logit_gradient, const GradientListener& listener);
    void unstandardise(std::int64_t begin, std::int64_t end) {
        kernels_->unstandardise(begin, end, gradients_, packed_, inverse_sd_);
    }

private:
    plan::NetworkSpec spec_;
    at::ScalarType element_;
    at::Tensor packed_; ///< standardised weights, float32, each tensor on a memory line of its own
    at::Tensor cast_;   ///< the same in element_; packed_ itself for float32
    at::Tensor inverse_sd_;
    std::map<std::string, Parameter, std::less<>> parameters_;
    std::optional<DeviceConvolution> root_;
    std::vector<DeviceUnit> units_;
    std::optional<DeviceNorm> head_norm_;
    Parameter head_weight_;
    Parameter head_bias_;
    at::Tensor padded_;
    at::Tensor indices_;
    at::Tensor pooled_;
    std::vector<std::int64_t> map_shape_;

    [[nodiscard]] std::vector<TensorRows> make_arenas(at::Device device);
    void make_views(const std::vector<TensorRows>& tensors);
    void make_layers();
    [[nodiscard]] DeviceConvolution convolution(const std::string& name, int stride) const {
        return {parameters_.at(name + ".weight"), stride};
    }
    [[nodiscard]] DeviceNorm norm(const std::string& name) const {
        return {parameters_.at(name + ".weight"), parameters_.at(name + ".bias"), spec_, *kernels_};
    }
    [[nodiscard]] DeviceUnit unit(const UnitSpec& unit) const;
    [[nodiscard]] at::Tensor stem(const at::Tensor& images, Pass pass);
    void stem_backward(at::Tensor gradient, const Finished& finished);
    [[nodiscard]] at::Tensor head(const at::Tensor& maps, Pass pass);
    [[nodiscard]] at::Tensor head_backward(const at::Tensor& logit_gradient, const Finished& finished);
};

DeviceNetwork::Implementation::Implementation(const plan::NetworkSpec& spec, std::size_t outputs,
                                              at::Device device, at::ScalarType element,
                                              const KernelMaker& make_kernels)
    : layout_(network_layout(spec, outputs)), spec_(spec), element_(element) {
    const std::vector<TensorRows> tensors = make_arenas(device);
    kernels_ = make_kernels(tensors);
    make_views(tensors);
    make_layers();
}

std::vector<TensorRows> DeviceNetwork::Implementation::make_arenas(at::Device device) {
    std::vector<TensorRows> tensors;
    std::int64_t packed = 0;
    std::int64_t rows = 0;
    for (const ParameterSpec& tensor : layout_.tensors) {
        const bool standardised = tensor.role == ParameterRole::convolution;
        tensors.push_back({.offset = static_cast<std::int64_t>(tensor.offset),
                           .packed = standardised ? packed : -1,
                           .rows = static_cast<std::int64_t>(tensor.rows()),
                           .row_length = static_cast<std::int64_t>(tensor.elements() / tensor.rows()),
                           .first_standardised_row = rows,
                           .clipped = tensor.role != ParameterRole::head_weight});
        if (standardised) {
            packed += round_up(tensor.elements());
            rows += tensors.back().rows;
        }
    }
    const auto floats = at::TensorOptions(at::kFloat).device(device);
    weights_ = at::zeros({static_cast<std::int64_t>(layout_.parameters)}, floats);
    gradients_ = at::zeros_like(weights_);
    packed_ = at::zeros({packed}, floats);
    cast_ = element_ == at::kFloat ? packed_ : at::zeros({packed}, floats.dtype(element_));
    inverse_sd_ = at::zeros({rows}, floats);
    return tensors;
}

void DeviceNetwork::Implementation::make_views(const std::vector<TensorRows>& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const ParameterSpec& tensor = layout_.tensors[i];
        const auto elements = static_cast<std::int64_t>(tensor.elements());
        const bool standardised = tensors[i].packed >= 0;
        parameters_[tensor.name] = {(standardised ? cast_.narrow(0, tensors[i].packed, elements)
                                                  : weights_.narrow(0, tensors[i].offset, elements))
                                        .view(tensor.shape),
                                    gradients_.narrow(0, tensors[i].offset, elements).view(tensor.shape)};
    }
}

void DeviceNetwork::Implementation::make_layers() {
    root_.emplace(convolution("root.conv", spec_.stem == plan::Stem::small_1 ? 1 : 2));
    for (const UnitSpec& entry : layout_.units) {
        units_.push_back(unit(entry));
    }
    head_norm_.emplace(norm("head.gn"));
    head_weight_ = parameters_.at("head.conv.weight");
    head_weight_ = {head_weight_.value.flatten(1), head_weight_.gradient.flatten(1)};
    head_bias_ = parameters_.at("head.conv.bias");
}

DeviceUnit DeviceNetwork::Implementation::unit(const UnitSpec& unit) const {
    // The stride sits on the first 3x3 convolution (1.1).
    const std::vector<int> strides =
        spec_.unit == plan::Unit::bottleneck ? std::vector{1, unit.stride, 1} : std::vector{unit.stride, 1};
    DeviceUnit made;
    for (std::size_t i = 0; i < strides.size(); ++i) {
        made.norms.push_back(norm(unit.name + ".gn" + std::to_string(i + 1)));
        made.convolutions.push_back(convolution(unit.name + ".conv" + std::to_string(i + 1), strides[i]));
    }
    if (unit.projection) {
        made.projection = convolution(unit.name + ".downsample", unit.stride);
    }
    return made;
}

void DeviceNetwork::Implementation::standardise() {
    kernels_->standardise(weights_, spec_.standardise_epsilon, packed_, inverse_sd_);
    if (element_ != at::kFloat) {
        cast_.copy_(packed_);
    }
}

at::Tensor DeviceNetwork::Implementation::stem(const at::Tensor& images, Pass pass) {
    const at::Tensor y = root_->forward(images.to(element_), pass);
    if (spec_.stem != plan::Stem::bit) {
        return y;
    }
    // Zeros, not the -inf of a padded max-pool (1.1).
    const at::Tensor padded = at::constant_pad_nd(y, {1, 1, 1, 1}, 0);
    auto [pooled, indices] =
        at::max_pool2d_with_indices(padded, {pool_side, pool_side}, {pool_stride, pool_stride});
    if (pass == Pass::training) {
        padded_ = padded;
        indices_ = indices;
    }
    return pooled;
}

void DeviceNetwork::Implementation::stem_backward(at::Tensor gradient, const Finished& finished) {
    if (spec_.stem == plan::Stem::bit) {
        const at::Tensor padded = std::exchange(padded_, {});
        gradient = pool_backward(gradient, padded, std::exchange(indices_, {}))
                       .narrow(2, 1, padded.size(2) - 2)
                       .narrow(3, 1, padded.size(3) - 2)
                       .contiguous();
    }
    static_cast<void>(root_->backward(gradient, false, finished));
}

at::Tensor DeviceNetwork::Implementation::head(const at::Tensor& maps, Pass pass) {
    const at::Tensor y = head_norm_->forward(maps, pass);
    at::Tensor pooled = y.to(at::kFloat).mean(at::IntArrayRef{2, 3}).to(element_);
    const at::Tensor logits =
        at::addmm(head_bias_.value.to(element_), pooled, head_weight_.value.to(element_).t());
    if (pass == Pass::training) {
        pooled_ = std::move(pooled);
        map_shape_ = y.sizes().vec();
    }
    return logits.to(at::kFloat);
}

at::Tensor DeviceNetwork::Implementation::head_backward(const at::Tensor& logit_gradient,
                                                        const Finished& finished) {
    const at::Tensor gradient = logit_gradient.to(element_);
    head_weight_.gradient.add_(gradient.t().mm(std::exchange(pooled_, {})));
    head_bias_.gradient.add_(logit_gradient.sum(at::IntArrayRef{0}));
    finished(head_bias_);
    finished(head_weight_);
    const at::Tensor share =
        gradient.mm(head_weight_.value.to(element_)).div(static_cast<double>(map_shape_[2] * map_shape_[3]));
    return head_norm_->backward(share.unsqueeze(2).unsqueeze(3).expand(map_shape_), {}, finished);
}

at::Tensor DeviceNetwork::Implementation::forward(const at::Tensor& images, Pass pass) {
    at::Tensor x = stem(images, pass);
    for (DeviceUnit& unit : units_) {
        x = unit.forward(x, pass);
    }
    return head(x, pass);
}

void DeviceNetwork::Implementation::backward(const at::Tensor& logit_gradient,
                                             const GradientListener& listener) {
    const Finished finished(listener);
    at::Tensor gradient = head_backward(logit_gradient, finished);
    for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) {
        gradient = unit->backward(gradient, finished);
    }
    stem_backward(gradient, finished);
}

DeviceNetwork::DeviceNetwork(const plan::NetworkSpec& spec, std::size_t outputs, at::Device device,
                             at::ScalarType element, const KernelMaker& make_kernels)
    : implementation_(std::make_unique<Implementation>(spec, outputs, device, element, make_kernels)) {}
DeviceNetwork::~DeviceNetwork() = default;

const NetworkLayout& DeviceNetwork::layout() const noexcept {
    return implementation_->layout_;
}
at::Tensor& DeviceNetwork::weights() noexcept {
    return implementation_->weights_;
}
at::Tensor& DeviceNetwork::gradients() noexcept {
    return implementation_->gradients_;
}
DeviceKernels& DeviceNetwork::kernels() noexcept {
    return *implementation_->kernels_;
}
void DeviceNetwork::weights_changed() {
    implementation_->standardise();
}
at::Tensor DeviceNetwork::forward(const at::Tensor& images, Pass pass) {
    return implementation_->forward(images, pass);
}
void DeviceNetwork::backward(const at::Tensor& logit_gradient, const GradientListener& listener) {
    implementation_->backward(logit_gradient, listener);
}
void DeviceNetwork::finish_gradients(std::size_t offset, std::size_t count) {
    const auto begin = static_cast<std::int64_t>(offset);
    implementation_->unstandardise(begin, begin + static_cast<std::int64_t>(count));
}

} // namespace suite::train::detail
