#include "suite/train/network.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <string>

#include "suite/train/detail/layers.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include "suite/kernels/weight_standardise.hpp"

namespace suite::train {
namespace {

using detail::Convolution;
using detail::HeadLayer;
using detail::NormRelu;
using detail::Parameter;
using detail::ResidualUnit;
using detail::StemLayer;
using detail::values;

at::Tensor borrowed(std::span<const float> from, at::IntArrayRef shape) {
    // ATen has no read-only tensors; nothing here writes to what it borrows.
    return at::from_blob(const_cast<float*>(from.data()), shape, at::TensorOptions(at::kFloat));
}

std::size_t round_up(std::size_t count) {
    constexpr std::size_t line = 64 / sizeof(float);
    return (count + line - 1) / line * line;
}

} // namespace

class Network::Implementation {
public:
    Implementation(const plan::NetworkSpec& spec, std::size_t outputs, Pass purpose);

    const NetworkLayout layout_;
    at::Tensor weights_;
    at::Tensor gradients_;

    void standardise();
    void unstandardise_gradients(std::size_t offset, std::size_t count);
    [[nodiscard]] at::Tensor forward(const at::Tensor& images, Pass pass);
    void backward(const at::Tensor& logit_gradient, const GradientListener& listener);

private:
    /// A convolution's standardised weight in an arena of its own, each beginning on a cache line; for
    /// inference in the place of the raw one.
    struct Standardised {
        const ParameterSpec* tensor = nullptr;
        std::size_t offset = 0;
        std::vector<float> inverse_sd;
    };

    plan::NetworkSpec spec_;
    Pass purpose_;
    at::Tensor standardised_; ///< for inference the weights themselves
    std::vector<Standardised> convolutions_;
    std::map<std::string, Parameter, std::less<>> parameters_; ///< views by name, for building the layers
    std::optional<StemLayer> stem_;
    std::vector<ResidualUnit> units_;
    std::optional<HeadLayer> head_;

    void make_arenas();
    void make_inference_arena();
    void make_views();
    void standardise_in_place();
    [[nodiscard]] const Parameter& parameter(const std::string& name) const { return parameters_.at(name); }
    [[nodiscard]] NormRelu norm(const std::string& name) const;
    [[nodiscard]] Convolution convolution(const std::string& name, int stride) const;
    [[nodiscard]] ResidualUnit unit(const UnitSpec& unit) const;
    [[nodiscard]] HeadLayer head() const;
    [[nodiscard]] std::span<float> standardised_values(const Standardised& entry) const;
};

Network::Implementation::Implementation(const plan::NetworkSpec& spec, std::size_t outputs, Pass purpose)
    : layout_(network_layout(spec, outputs)), spec_(spec), purpose_(purpose) {
    const c10::InferenceMode no_graph;
    if (purpose == Pass::training) {
        make_arenas();
    } else {
        make_inference_arena();
    }
    make_views();
    stem_.emplace(convolution("root.conv", spec.stem == plan::Stem::small_1 ? 1 : 2),
                  spec.stem == plan::Stem::bit);
    for (const UnitSpec& entry : layout_.units) {
        units_.push_back(unit(entry));
    }
    head_.emplace(head());
}

void Network::Implementation::make_arenas() {
    const auto count = static_cast<std::int64_t>(layout_.parameters);
    weights_ = at::zeros({count}, at::TensorOptions(at::kFloat));
    gradients_ = at::zeros({count}, at::TensorOptions(at::kFloat));
    std::size_t size = 0;
    for (const ParameterSpec& tensor : layout_.tensors) {
        if (tensor.role == ParameterRole::convolution) {
            convolutions_.push_back({&tensor, size, std::vector<float>(tensor.rows())});
            size += round_up(tensor.elements());
        }
    }
    standardised_ = at::zeros({static_cast<std::int64_t>(size)}, at::TensorOptions(at::kFloat));
}

void Network::Implementation::make_inference_arena() {
    weights_ = at::zeros({static_cast<std::int64_t>(layout_.parameters)}, at::TensorOptions(at::kFloat));
    standardised_ = weights_;
    for (const ParameterSpec& tensor : layout_.tensors) {
        if (tensor.role == ParameterRole::convolution) {
            convolutions_.push_back({&tensor, tensor.offset, {}});
        }
    }
}

void Network::Implementation::make_views() {
    const auto view = [](const at::Tensor& arena, std::size_t offset, const ParameterSpec& tensor) {
        return arena
            .narrow(0, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(tensor.elements()))
            .view(tensor.shape);
    };
    for (const ParameterSpec& tensor : layout_.tensors) {
        parameters_[tensor.name] = {view(weights_, tensor.offset, tensor),
                                    gradients_.defined() ? view(gradients_, tensor.offset, tensor)
                                                         : at::Tensor{}};
    }
    for (const Standardised& entry : convolutions_) {
        parameters_[entry.tensor->name].value = view(standardised_, entry.offset, *entry.tensor);
    }
}

NormRelu Network::Implementation::norm(const std::string& name) const {
    return {parameter(name + ".weight"), parameter(name + ".bias"), spec_.groups, spec_.group_norm_epsilon};
}

Convolution Network::Implementation::convolution(const std::string& name, int stride) const {
    const Parameter& weight = parameter(name + ".weight");
    return {weight, stride, static_cast<int>(weight.value.size(2) / 2)};
}

ResidualUnit Network::Implementation::unit(const UnitSpec& unit) const {
    // The stride sits on the first 3x3 convolution (1.1).
    const std::vector<int> strides =
        spec_.unit == plan::Unit::bottleneck ? std::vector{1, unit.stride, 1} : std::vector{unit.stride, 1};
    std::vector<NormRelu> norms;
    std::vector<Convolution> convolutions;
    for (std::size_t i = 0; i < strides.size(); ++i) {
        norms.push_back(norm(unit.name + ".gn" + std::to_string(i + 1)));
        convolutions.push_back(convolution(unit.name + ".conv" + std::to_string(i + 1), strides[i]));
    }
    std::optional<Convolution> projection;
    if (unit.projection) {
        projection = convolution(unit.name + ".downsample", unit.stride);
    }
    return {std::move(norms), std::move(convolutions), std::move(projection)};
}

HeadLayer Network::Implementation::head() const {
    Parameter weight = parameter("head.conv.weight");
    weight.value = weight.value.flatten(1);
    if (weight.gradient.defined()) {
        weight.gradient = weight.gradient.flatten(1);
    }
    return {norm("head.gn"), std::move(weight), parameter("head.conv.bias")};
}

std::span<float> Network::Implementation::standardised_values(const Standardised& entry) const {
    return values(standardised_).subspan(entry.offset, entry.tensor->elements());
}

void Network::Implementation::standardise() {
    if (purpose_ == Pass::inference) {
        standardise_in_place();
        return;
    }
    for (Standardised& entry : convolutions_) {
        kernels::standardise_weights(values(weights_).subspan(entry.tensor->offset, entry.tensor->elements()),
                                     entry.tensor->rows(), spec_.standardise_epsilon,
                                     standardised_values(entry), entry.inverse_sd);
    }
}

void Network::Implementation::standardise_in_place() {
    std::vector<float> raw; // of one filter: the kernel does not work in place
    float inverse_sd = 0.0F;
    for (const Standardised& entry : convolutions_) {
        raw.resize(entry.tensor->fan_in());
        const std::span<float> filters = standardised_values(entry);
        for (std::size_t row = 0; row < entry.tensor->rows(); ++row) {
            const std::span<float> filter = filters.subspan(row * raw.size(), raw.size());
            std::ranges::copy(filter, raw.begin());
            kernels::standardise_weights(raw, 1, spec_.standardise_epsilon, filter, {&inverse_sd, 1});
        }
    }
}

void Network::Implementation::unstandardise_gradients(std::size_t offset, std::size_t count) {
    for (const Standardised& entry : convolutions_) {
        if (entry.tensor->offset < offset || entry.tensor->offset >= offset + count) {
            continue;
        }
        kernels::standardise_weights_backward(
            values(gradients_).subspan(entry.tensor->offset, entry.tensor->elements()), entry.tensor->rows(),
            standardised_values(entry), entry.inverse_sd);
    }
}

at::Tensor Network::Implementation::forward(const at::Tensor& images, Pass pass) {
    assert(purpose_ == Pass::training || pass == Pass::inference);
    at::Tensor x = stem_->forward(images, pass);
    for (ResidualUnit& unit : units_) {
        x = unit.forward(x, pass);
    }
    return head_->forward(x, images.size(0), pass);
}

void Network::Implementation::backward(const at::Tensor& logit_gradient, const GradientListener& listener) {
    const detail::Finished finished(listener);
    at::Tensor gradient = head_->backward(logit_gradient, finished);
    for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) {
        gradient = unit->backward(gradient, finished);
    }
    stem_->backward(gradient, finished);
}

Network::Network(const plan::NetworkSpec& spec, std::size_t outputs, Pass purpose)
    : implementation_(std::make_unique<Implementation>(spec, outputs, purpose)) {}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

const NetworkLayout& Network::layout() const noexcept {
    return implementation_->layout_;
}

std::span<float> Network::weights() noexcept {
    return values(implementation_->weights_);
}

std::span<float> Network::gradients() noexcept {
    const at::Tensor& gradients = implementation_->gradients_;
    return gradients.defined() ? values(gradients) : std::span<float>();
}

void Network::weights_changed() {
    implementation_->standardise();
}

void Network::clear_gradients() {
    std::ranges::fill(gradients(), 0.0F);
}

void Network::forward(const ImageBatch& images, Pass pass, std::span<float> logits) {
    const c10::InferenceMode no_graph;
    const auto count = static_cast<std::int64_t>(images.count);
    const int width = images.width == 0 ? images.size : images.width;
    const at::Tensor y =
        implementation_->forward(borrowed(images.values, {count, 3, images.size, width}), pass);
    assert(static_cast<std::size_t>(y.numel()) == logits.size());
    std::ranges::copy(values(y), logits.begin());
}

void Network::backward(std::span<const float> logit_gradient, const GradientListener& listener) {
    const c10::InferenceMode no_graph;
    const std::int64_t outputs = layout().tensors.back().shape[0];
    const auto count = static_cast<std::int64_t>(logit_gradient.size()) / outputs;
    implementation_->backward(borrowed(logit_gradient, {count, outputs}), listener);
}

void Network::finish_gradients(std::size_t offset, std::size_t count) {
    implementation_->unstandardise_gradients(offset, count);
}

void Network::finish_gradients() {
    finish_gradients(0, layout().parameters);
}

} // namespace suite::train
