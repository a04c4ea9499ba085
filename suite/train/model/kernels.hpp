// What models ask of a device beyond ATen's operators. Three answers: ATen's operators composed, which run on
// any device and are the reference; the kernels of suite/kernels on the host; those of
// suite/kernels/device_kernels.hpp on CUDA. Private to suite/train.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#define TORCH_ASSERT_ONLY_METHOD_OPERATORS
#ifndef AT_PER_OPERATOR_HEADERS
#define AT_PER_OPERATOR_HEADERS // or TensorOperators.h takes in every operator
#endif
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "suite/kernels/device_rows.hpp"
#include "suite/plan/network/layout.hpp"

namespace suite::train {

/// Rows of one parameter tensor in the arenas.
struct TensorRows {
    std::int64_t offset = 0;
    std::int64_t packed = 0; ///< in the arena of standardised weights; -1: not standardised
    std::int64_t rows = 0;
    std::int64_t row_length = 0;
    std::int64_t first_standardised_row = 0; ///< in inverse_sd
    bool clipped = true;                     ///< by the optimiser: adaptive gradient clipping
};

/// GroupNorm's parameters: float32, one a channel.
struct NormParameters {
    at::Tensor scale;
    at::Tensor shift;
    at::Tensor scale_gradient; ///< added to
    at::Tensor shift_gradient;
    std::int64_t groups = 1;
    double epsilon = 1e-5;
};

/// What a norm keeps for its way back.
struct NormSaved {
    at::Tensor x;
    at::Tensor y;
    at::Tensor mean; ///< float32, images x groups; the CUDA kernels keep both statistics here
    at::Tensor inverse_sd;
};

class Kernels {
public:
    virtual ~Kernels() = default;
    /// All standardised tensors. weights, packed: float32 arenas; inverse_sd: one a standardised row.
    virtual void standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                             const at::Tensor& inverse_sd) = 0;
    /// Gradients of the tensors that begin in [begin, end) of the arena, in place.
    virtual void unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                               const at::Tensor& packed, const at::Tensor& inverse_sd) = 0;
    /// `step`: learning rate and gradient scale, two float32 where the arenas are.
    virtual void sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                          const kernels::device::SgdConstants& sgd, const at::Tensor& step) = 0;
    /// y = max(0, GroupNorm(x)) in x's type; statistics and parameters in float32 (paper.md#mixed-precision).
    [[nodiscard]] virtual NormSaved norm_relu(const NormParameters& norm, const at::Tensor& x) = 0;
    /// Returns the gradient of x plus `addend` (may be undefined); adds those of scale and shift.
    [[nodiscard]] virtual at::Tensor norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                                        const at::Tensor& y_gradient,
                                                        const at::Tensor& addend) = 0;
};

/// Makes the kernels once the rows are known.
using KernelMaker = std::function<std::unique_ptr<Kernels>(std::vector<TensorRows>)>;

/// ATen's operators, on the device of the tensors.
[[nodiscard]] std::unique_ptr<Kernels> make_aten_kernels(std::vector<TensorRows> tensors);
/// Those of suite/kernels on host memory; ATen's for maps that are not float32.
[[nodiscard]] std::unique_ptr<Kernels> make_host_kernels(std::vector<TensorRows> tensors);

} // namespace suite::train
