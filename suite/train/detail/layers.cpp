#include "suite/train/detail/layers.hpp"

#include <array>
#include <cassert>

#include <ATen/ops/addmm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>

#include "suite/kernels/group_norm.hpp"
#include "suite/kernels/lane_maps.hpp"

namespace suite::train::detail {
namespace {

constexpr auto lane_images = static_cast<std::int64_t>(kernels::lane_images);

bool in_lanes(const at::Tensor& maps) {
    return maps.dim() == 5;
}

std::size_t length(const at::Tensor& tensor, std::int64_t dimension) {
    return static_cast<std::size_t>(tensor.size(dimension));
}

kernels::GroupNormShape norm_shape(const at::Tensor& x, int groups, double epsilon) {
    return {.images = length(x, 0) * (in_lanes(x) ? kernels::lane_images : 1),
            .channels = length(x, 1),
            .area = length(x, 2) * length(x, 3),
            .groups = static_cast<std::size_t>(groups),
            .epsilon = epsilon};
}

} // namespace

std::span<float> values(const at::Tensor& tensor) {
    assert(tensor.is_contiguous());
    return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::Tensor Room::take(at::IntArrayRef shape) {
    if (!kept_.defined() || kept_.use_count() > 1 || kept_.sizes() != shape) {
        kept_ = at::empty(shape, at::TensorOptions(at::kFloat));
    }
    return kept_;
}

// ---------------------------------------------------------------- convolution

Convolution::Convolution(Parameter weight, int stride, int padding)
    : weight_(std::move(weight)), stride_(stride), padding_(padding) {}

at::Tensor Convolution::forward(const at::Tensor& x, Pass pass) {
    if (pass == Pass::training) {
        x_ = x;
    }
    if (in_lanes(x)) {
        return forward_lanes(x);
    }
    return at::convolution(x, weight_.value, {}, {stride_, stride_}, {padding_, padding_}, {1, 1}, false,
                           {0, 0}, 1)
        .contiguous();
}

at::Tensor Convolution::backward(const at::Tensor& y_gradient, bool input_wanted, const Finished& finished) {
    const at::Tensor x = std::exchange(x_, {});
    at::Tensor x_gradient = in_lanes(x) ? backward_lanes(x, y_gradient, input_wanted)
                                        : backward_dense(x, y_gradient, input_wanted);
    finished(weight_);
    return x_gradient;
}

at::Tensor Convolution::backward_dense(const at::Tensor& x, const at::Tensor& y_gradient, bool input_wanted) {
    const auto [x_gradient, weight_gradient, bias_gradient] =
        at::convolution_backward(y_gradient, x, weight_.value, at::OptionalIntArrayRef{}, {stride_, stride_},
                                 {padding_, padding_}, {1, 1}, false, {0, 0}, 1, {input_wanted, true, false});
    weight_.gradient.add_(weight_gradient);
    return input_wanted ? x_gradient.contiguous() : at::Tensor{};
}

kernels::LaneConvolutionShape Convolution::lane_shape(const at::Tensor& x) const {
    return {.blocks = length(x, 0),
            .in_channels = length(x, 1),
            .out_channels = length(weight_.value, 0),
            .side = length(x, 2),
            .kernel = length(weight_.value, 2),
            .stride = static_cast<std::size_t>(stride_)};
}

at::Tensor Convolution::forward_lanes(const at::Tensor& x) {
    const auto shape = lane_shape(x);
    const auto side = static_cast<std::int64_t>(shape.out_side());
    const at::Tensor y = y_room_.take({x.size(0), weight_.value.size(0), side, side, lane_images});
    kernels::lane_convolution(shape, values(x), values(weight_.value), values(y));
    return y;
}

at::Tensor Convolution::backward_lanes(const at::Tensor& x, const at::Tensor& y_gradient, bool input_wanted) {
    const auto shape = lane_shape(x);
    kernels::lane_convolution_backward_weight(shape, values(x), values(y_gradient), values(weight_.gradient));
    if (!input_wanted) {
        return {};
    }
    const at::Tensor x_gradient = x_gradient_room_.take(x.sizes());
    kernels::lane_convolution_backward_data(shape, values(y_gradient), values(weight_.value),
                                            values(x_gradient));
    return x_gradient;
}

at::Tensor Convolution::backward(const at::Tensor& y_gradient, const Finished& finished) {
    return backward(y_gradient, true, finished);
}

void Convolution::backward_weight(const at::Tensor& y_gradient, const Finished& finished) {
    static_cast<void>(backward(y_gradient, false, finished));
}

// ---------------------------------------------------------------- GroupNorm and ReLU

NormRelu::NormRelu(Parameter scale, Parameter shift, int groups, double epsilon)
    : scale_(std::move(scale)), shift_(std::move(shift)), groups_(groups), epsilon_(epsilon) {}

at::Tensor NormRelu::forward(const at::Tensor& x, Pass pass) {
    const auto shape = norm_shape(x, groups_, epsilon_);
    at::Tensor y = in_lanes(x) ? y_room_.take(x.sizes()) : at::empty_like(x);
    statistics_.resize(shape.statistics());
    const auto kernel = in_lanes(x) ? kernels::lane_group_norm_relu : kernels::group_norm_relu;
    kernel(shape, values(x), values(scale_.value), values(shift_.value), values(y), statistics_);
    if (pass == Pass::training) {
        x_ = x;
        y_ = y;
    }
    return y;
}

at::Tensor NormRelu::backward(at::Tensor y_gradient, const at::Tensor& addend, const Finished& finished) {
    const at::Tensor x = std::exchange(x_, {});
    const at::Tensor y = std::exchange(y_, {});
    const auto kernel =
        in_lanes(x) ? kernels::lane_group_norm_relu_backward : kernels::group_norm_relu_backward;
    kernel(norm_shape(x, groups_, epsilon_),
           {.x = values(x),
            .y = values(y),
            .statistics = statistics_,
            .scale = values(scale_.value),
            .y_gradient = values(y_gradient),
            .addend = addend.defined() ? std::span<const float>(values(addend)) : std::span<const float>(),
            .scale_gradient = values(scale_.gradient),
            .shift_gradient = values(shift_.gradient),
            .x_gradient = values(y_gradient)});
    finished(shift_);
    finished(scale_);
    return y_gradient;
}

// ---------------------------------------------------------------- residual unit

ResidualUnit::ResidualUnit(std::vector<NormRelu> norms, std::vector<Convolution> convolutions,
                           std::optional<Convolution> projection)
    : norms_(std::move(norms)), convolutions_(std::move(convolutions)), projection_(std::move(projection)) {
    assert(norms_.size() == convolutions_.size());
}

at::Tensor ResidualUnit::forward(const at::Tensor& x, Pass pass) {
    at::Tensor y = norms_[0].forward(x, pass);
    const at::Tensor shortcut = projection_ ? projection_->forward(y, pass) : x;
    y = convolutions_[0].forward(y, pass);
    for (std::size_t i = 1; i < convolutions_.size(); ++i) {
        y = convolutions_[i].forward(norms_[i].forward(y, pass), pass);
    }
    return y.add_(shortcut);
}

at::Tensor ResidualUnit::backward(const at::Tensor& y_gradient, const Finished& finished) {
    at::Tensor gradient = y_gradient;
    for (std::size_t i = convolutions_.size() - 1; i > 0; --i) {
        gradient = norms_[i].backward(convolutions_[i].backward(gradient, finished), {}, finished);
    }
    gradient = convolutions_[0].backward(gradient, finished);
    if (projection_) {
        gradient.add_(projection_->backward(y_gradient, finished));
        return norms_[0].backward(gradient, {}, finished);
    }
    return norms_[0].backward(gradient, y_gradient, finished);
}

// ---------------------------------------------------------------- stem

StemLayer::StemLayer(Convolution root, bool pooled) : root_(std::move(root)), pooled_(pooled) {}

at::Tensor StemLayer::forward(const at::Tensor& images, Pass pass) {
    if (!pooled_) {
        const auto blocks = static_cast<std::int64_t>(kernels::lane_blocks(length(images, 0)));
        const at::Tensor maps =
            maps_room_.take({blocks, images.size(1), images.size(2), images.size(3), lane_images});
        kernels::images_to_lanes(values(images), length(images, 0), values(maps));
        return root_.forward(maps, pass);
    }
    const at::Tensor y = root_.forward(images, pass);
    const at::Tensor padded = at::constant_pad_nd(y, {1, 1, 1, 1}, 0);
    auto [pooled, indices] = at::max_pool2d_with_indices(padded, {3, 3}, {2, 2});
    if (pass == Pass::training) {
        padded_ = padded;
        indices_ = indices;
    }
    return pooled;
}

void StemLayer::backward(const at::Tensor& y_gradient, const Finished& finished) {
    at::Tensor gradient = y_gradient;
    if (pooled_) {
        const at::Tensor padded = std::exchange(padded_, {});
        gradient = at::max_pool2d_with_indices_backward(gradient, padded, {3, 3}, {2, 2}, {0, 0}, {1, 1},
                                                        false, std::exchange(indices_, {}));
        gradient = gradient.narrow(2, 1, padded.size(2) - 2).narrow(3, 1, padded.size(3) - 2).contiguous();
    }
    root_.backward_weight(gradient, finished);
}

// ---------------------------------------------------------------- head

HeadLayer::HeadLayer(NormRelu norm, Parameter weight, Parameter bias)
    : norm_(std::move(norm)), weight_(std::move(weight)), bias_(std::move(bias)) {}

at::Tensor HeadLayer::forward(const at::Tensor& x, std::int64_t images, Pass pass) {
    const at::Tensor y = norm_.forward(x, pass);
    at::Tensor pooled = pool(y, images);
    const at::Tensor logits = at::addmm(bias_.value, pooled, weight_.value.t());
    if (pass == Pass::training) {
        pooled_ = std::move(pooled);
        map_shape_ = y.sizes().vec();
    }
    return logits;
}

at::Tensor HeadLayer::backward(const at::Tensor& logit_gradient, const Finished& finished) {
    weight_.gradient.addmm_(logit_gradient.t(), std::exchange(pooled_, {}));
    bias_.gradient.add_(logit_gradient.sum(at::IntArrayRef{0}));
    finished(bias_);
    finished(weight_);
    return norm_.backward(unpool(logit_gradient.mm(weight_.value)), {}, finished);
}

at::Tensor HeadLayer::pool(const at::Tensor& maps, std::int64_t images) {
    if (!in_lanes(maps)) {
        return maps.mean(at::IntArrayRef{2, 3});
    }
    const at::Tensor pooled = at::empty({images, maps.size(1)}, maps.options());
    kernels::lane_average(values(maps), length(maps, 1), length(maps, 2) * length(maps, 3), values(pooled));
    return pooled;
}

at::Tensor HeadLayer::unpool(const at::Tensor& pooled_gradient) {
    const std::int64_t area = map_shape_[2] * map_shape_[3];
    if (map_shape_.size() == 4) {
        const at::Tensor share = pooled_gradient.div(static_cast<double>(area));
        return share.unsqueeze(2).unsqueeze(3).expand(map_shape_).contiguous();
    }
    const at::Tensor gradient = gradient_room_.take(map_shape_);
    kernels::lane_average_backward(values(pooled_gradient), length(pooled_gradient, 1),
                                   static_cast<std::size_t>(area), values(gradient));
    return gradient;
}

} // namespace suite::train::detail
