#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "suite/kernels/group_norm.hpp"
#include "suite/kernels/optimizer.hpp"
#include "suite/kernels/weight_standardise.hpp"
#include "suite/train/model/kernels.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

std::size_t size_of(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

kernels::GroupNormShape shape_of(const NormParameters& norm, const at::Tensor& x) {
    return {.images = size_of(x.size(0)),
            .channels = size_of(x.size(1)),
            .area = size_of(x.size(2) * x.size(3)),
            .groups = size_of(norm.groups),
            .epsilon = norm.epsilon};
}

class HostKernels final : public Kernels {
public:
    explicit HostKernels(std::vector<TensorRows> tensors)
        : tensors_(std::move(tensors)), halves_(make_aten_kernels(tensors_)) {
        for (const TensorRows& tensor : tensors_) {
            rows_.push_back({.offset = size_of(tensor.offset),
                             .rows = size_of(tensor.rows),
                             .row_length = size_of(tensor.row_length),
                             .clipped = tensor.clipped});
        }
    }

    void standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                     const at::Tensor& inverse_sd) override;
    void unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                       const at::Tensor& packed, const at::Tensor& inverse_sd) override;
    void sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                  const kernels::device::SgdConstants& sgd, const at::Tensor& step) override;
    [[nodiscard]] NormSaved norm_relu(const NormParameters& norm, const at::Tensor& x) override;
    [[nodiscard]] at::Tensor norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                                const at::Tensor& y_gradient,
                                                const at::Tensor& addend) override;

private:
    std::vector<TensorRows> tensors_;
    std::unique_ptr<Kernels> halves_; ///< for maps of 16 bits
    std::vector<kernels::ParameterRows> rows_;

    static std::span<float> part(const at::Tensor& arena, std::int64_t offset, std::int64_t count) {
        return values_of(arena).subspan(size_of(offset), size_of(count));
    }
};

void HostKernels::standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                              const at::Tensor& inverse_sd) {
    for (const TensorRows& tensor : tensors_) {
        if (tensor.packed >= 0) {
            const std::int64_t count = tensor.rows * tensor.row_length;
            kernels::standardise_weights(part(weights, tensor.offset, count), size_of(tensor.rows), epsilon,
                                         part(packed, tensor.packed, count),
                                         part(inverse_sd, tensor.first_standardised_row, tensor.rows));
        }
    }
}

void HostKernels::unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                                const at::Tensor& packed, const at::Tensor& inverse_sd) {
    for (const TensorRows& tensor : tensors_) {
        if (tensor.packed >= 0 && tensor.offset >= begin && tensor.offset < end) {
            const std::int64_t count = tensor.rows * tensor.row_length;
            kernels::standardise_weights_backward(
                part(gradients, tensor.offset, count), size_of(tensor.rows),
                part(packed, tensor.packed, count),
                part(inverse_sd, tensor.first_standardised_row, tensor.rows));
        }
    }
}

void HostKernels::sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                           const kernels::device::SgdConstants& sgd, const at::Tensor& step) {
    const std::span<const float> scalars = values_of(step); // learning rate, factor on the gradients
    if (scalars[1] != 1.0F) {
        halves_->sgd_step(weights, gradients, momentum, sgd, step);
    } else {
        kernels::sgd_step(values_of(weights), values_of(gradients).first(values_of(weights).size()),
                          values_of(momentum), rows_,
                          {.learning_rate = scalars[0],
                           .momentum = sgd.momentum,
                           .nesterov = sgd.nesterov,
                           .weight_decay = sgd.weight_decay,
                           .adaptive_clip = sgd.adaptive_clip,
                           .clip = sgd.clip,
                           .epsilon = sgd.epsilon});
    }
}

NormSaved HostKernels::norm_relu(const NormParameters& norm, const at::Tensor& x) {
    if (x.scalar_type() != at::kFloat) {
        return halves_->norm_relu(norm, x);
    }
    const kernels::GroupNormShape shape = shape_of(norm, x);
    const at::Tensor y = at::empty_like(x);
    const at::Tensor statistics =
        at::empty({static_cast<std::int64_t>(shape.statistics())}, norm.scale.options());
    kernels::group_norm_relu(shape, values_of(x), values_of(norm.scale), values_of(norm.shift), values_of(y),
                             values_of(statistics));
    return {x, y, statistics, {}};
}

at::Tensor HostKernels::norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                           const at::Tensor& y_gradient, const at::Tensor& addend) {
    if (saved.x.scalar_type() != at::kFloat) {
        return halves_->norm_relu_backward(norm, saved, y_gradient, addend);
    }
    at::Tensor x_gradient = at::empty_like(saved.x);
    kernels::group_norm_relu_backward(
        shape_of(norm, saved.x),
        {.x = values_of(saved.x),
         .y = values_of(saved.y),
         .statistics = values_of(saved.mean),
         .scale = values_of(norm.scale),
         .y_gradient = values_of(y_gradient),
         .addend = addend.defined() ? std::span<const float>(values_of(addend)) : std::span<const float>(),
         .scale_gradient = values_of(norm.scale_gradient),
         .shift_gradient = values_of(norm.shift_gradient),
         .x_gradient = values_of(x_gradient)});
    return x_gradient;
}

} // namespace

std::unique_ptr<Kernels> make_host_kernels(std::vector<TensorRows> tensors) {
    return std::make_unique<HostKernels>(std::move(tensors));
}

} // namespace suite::train
