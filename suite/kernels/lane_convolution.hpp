// Convolution, GroupNorm and pooling of small-channel networks in the lane layout: sixteen images side by
// side, so that vectors run over images and no kernel shuffles.
//
// A map is [blocks][channels][height][width][16 images]; the last block is filled up with images of zeros,
// which receive no gradient and so give none.
#pragma once

#include <cstddef>
#include <span>

namespace suite::kernels {

inline constexpr std::size_t lane_images = 16;

[[nodiscard]] constexpr std::size_t lane_blocks(std::size_t images) noexcept {
    return (images + lane_images - 1) / lane_images;
}

/// Square maps, square kernel, zero padding of kernel / 2 on all sides, no bias.
struct LaneConvolutionShape {
    std::size_t blocks = 0;
    std::size_t in_channels = 0;
    std::size_t out_channels = 0;
    std::size_t side = 0;   ///< of the input
    std::size_t kernel = 3; ///< odd
    std::size_t stride = 1; ///< 1 or 2

    [[nodiscard]] std::size_t out_side() const noexcept { return (side - 1) / stride + 1; }
    [[nodiscard]] std::size_t in_elements() const noexcept {
        return blocks * in_channels * side * side * lane_images;
    }
    [[nodiscard]] std::size_t out_elements() const noexcept {
        return blocks * out_channels * out_side() * out_side() * lane_images;
    }
    [[nodiscard]] std::size_t weight_elements() const noexcept {
        return out_channels * in_channels * kernel * kernel;
    }
};

/// Weights are OIHW throughout. Each output element is summed over input channels, then kernel rows, then
/// columns.
void lane_convolution(const LaneConvolutionShape& shape, std::span<const float> x,
                      std::span<const float> weight, std::span<float> y);
/// x_gradient is overwritten.
void lane_convolution_backward_data(const LaneConvolutionShape& shape, std::span<const float> y_gradient,
                                    std::span<const float> weight, std::span<float> x_gradient);
/// weight_gradient is added to.
void lane_convolution_backward_weight(const LaneConvolutionShape& shape, std::span<const float> x,
                                      std::span<const float> y_gradient, std::span<float> weight_gradient);

} // namespace suite::kernels
