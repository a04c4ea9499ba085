// GroupNorm followed by ReLU in one pass each way (paper.md#architecture: GN and ReLU always stand together).
// Arrays are sample-major, images x channels x area, dense.
#pragma once

#include <cstddef>
#include <span>

namespace suite::kernels {

struct GroupNormShape {
    std::size_t images = 0;
    std::size_t channels = 0;
    std::size_t area = 0;   ///< height x width
    std::size_t groups = 0; ///< divides channels
    double epsilon = 1e-5;  ///< inside the root

    [[nodiscard]] std::size_t elements() const noexcept { return images * channels * area; }
    [[nodiscard]] std::size_t statistics() const noexcept { return 2 * images * groups; }
};

/// y = max(0, scale * (x - mean) / sqrt(biased variance + epsilon) + shift) over each image's groups; a NaN
/// stays a NaN. `statistics`: mean and 1 / sqrt(…) per image and group, for the way back.
void group_norm_relu(const GroupNormShape& shape, std::span<const float> x, std::span<const float> scale,
                     std::span<const float> shift, std::span<float> y, std::span<float> statistics);

struct GroupNormBackward {
    std::span<const float> x; ///< the forward pass's input, output and statistics
    std::span<const float> y;
    std::span<const float> statistics;
    std::span<const float> scale;
    std::span<const float> y_gradient;
    std::span<const float> addend;   ///< added to x_gradient; empty = nothing
    std::span<float> scale_gradient; ///< added to
    std::span<float> shift_gradient; ///< added to
    std::span<float> x_gradient;     ///< overwritten; may be `addend` or `y_gradient` itself
};
void group_norm_relu_backward(const GroupNormShape& shape, const GroupNormBackward& arrays);

} // namespace suite::kernels
