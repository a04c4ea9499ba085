#include "suite/train/model/kernels.hpp"

#include <utility>

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/native_group_norm_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/where.h>

namespace suite::train {
namespace {

at::Tensor rows_of(const at::Tensor& arena, std::int64_t offset, const TensorRows& tensor) {
    return arena.narrow(0, offset, tensor.rows * tensor.row_length).view({tensor.rows, tensor.row_length});
}

at::Tensor sd_of(const at::Tensor& inverse_sd, const TensorRows& tensor) {
    return inverse_sd.narrow(0, tensor.first_standardised_row, tensor.rows).unsqueeze(1);
}

class AtenKernels final : public Kernels {
public:
    explicit AtenKernels(std::vector<TensorRows> tensors) : tensors_(std::move(tensors)) {}

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
};

void AtenKernels::standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                              const at::Tensor& inverse_sd) {
    for (const TensorRows& tensor : tensors_) {
        if (tensor.packed < 0) {
            continue;
        }
        const at::Tensor raw = rows_of(weights, tensor.offset, tensor);
        const at::Tensor centred = raw - raw.mean(at::IntArrayRef{1}, true);
        const at::Tensor scale = centred.square().mean(at::IntArrayRef{1}, true).add_(epsilon).rsqrt_();
        sd_of(inverse_sd, tensor).copy_(scale);
        rows_of(packed, tensor.packed, tensor).copy_(centred * scale);
    }
}

void AtenKernels::unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                                const at::Tensor& packed, const at::Tensor& inverse_sd) {
    for (const TensorRows& tensor : tensors_) {
        if (tensor.packed < 0 || tensor.offset < begin || tensor.offset >= end) {
            continue;
        }
        const at::Tensor gradient = rows_of(gradients, tensor.offset, tensor);
        const at::Tensor standardised = rows_of(packed, tensor.packed, tensor);
        const at::Tensor slope = (gradient * standardised).mean(at::IntArrayRef{1}, true);
        gradient.sub_(gradient.mean(at::IntArrayRef{1}, true)).sub_(standardised * slope);
        gradient.mul_(sd_of(inverse_sd, tensor));
    }
}

void AtenKernels::sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                           const kernels::device::SgdConstants& sgd, const at::Tensor& step) {
    for (const TensorRows& tensor : tensors_) {
        const at::Tensor weight = rows_of(weights, tensor.offset, tensor);
        at::Tensor g = rows_of(gradients, tensor.offset, tensor) * step[1];
        if (tensor.clipped && sgd.adaptive_clip) {
            constexpr double smallest = 1e-6; // paper.md#adaptive-gradient-clipping
            const at::Tensor norm = at::linalg_vector_norm(g, 2, at::IntArrayRef{1}, true);
            const at::Tensor largest =
                at::linalg_vector_norm(weight, 2, at::IntArrayRef{1}, true).clamp_min(sgd.epsilon) * sgd.clip;
            g = at::where(norm > largest, g * (largest / norm.clamp_min(smallest)), g);
        }
        g.add_(weight, sgd.weight_decay);
        const at::Tensor buffer = rows_of(momentum, tensor.offset, tensor);
        buffer.mul_(sgd.momentum).add_(g);
        weight.sub_((sgd.nesterov ? g.add(buffer, sgd.momentum) : buffer) * step[0]);
    }
}

NormSaved AtenKernels::norm_relu(const NormParameters& norm, const at::Tensor& x) {
    const std::int64_t area = x.size(2) * x.size(3);
    auto [y, mean, inverse_sd] = at::native_group_norm(x.to(at::kFloat), norm.scale, norm.shift, x.size(0),
                                                       x.size(1), area, norm.groups, norm.epsilon);
    return {x, y.relu_().to(x.scalar_type()), std::move(mean), std::move(inverse_sd)};
}

at::Tensor AtenKernels::norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                           const at::Tensor& y_gradient, const at::Tensor& addend) {
    const at::Tensor& x = saved.x;
    const at::Tensor masked = at::threshold_backward(y_gradient.to(at::kFloat), saved.y.to(at::kFloat), 0);
    const auto [x_gradient, scale_gradient, shift_gradient] = at::native_group_norm_backward(
        masked.contiguous(), x.to(at::kFloat), saved.mean, saved.inverse_sd, norm.scale, x.size(0), x.size(1),
        x.size(2) * x.size(3), norm.groups, {true, true, true});
    norm.scale_gradient.add_(scale_gradient);
    norm.shift_gradient.add_(shift_gradient);
    return (addend.defined() ? x_gradient + addend : x_gradient).to(x.scalar_type());
}

} // namespace

std::unique_ptr<Kernels> make_aten_kernels(std::vector<TensorRows> tensors) {
    return std::make_unique<AtenKernels>(std::move(tensors));
}

} // namespace suite::train
