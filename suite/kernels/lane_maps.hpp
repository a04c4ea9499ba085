// Everything but convolution in the lane layout (suite/kernels/lane_convolution.hpp): into and out of it,
// GroupNorm with ReLU, and the global average.
#pragma once

#include <cstddef>
#include <span>

#include "suite/kernels/group_norm.hpp"
#include "suite/kernels/lane_convolution.hpp"

namespace suite::kernels {

/// images: count x elements, dense -> lane_blocks(count) x elements x 16; lanes beyond the count are zero.
void images_to_lanes(std::span<const float> images, std::size_t count, std::span<float> maps);

/// As group_norm_relu and group_norm_relu_backward, with `shape.images` the number of images that the maps
/// have room for (a multiple of 16).
void lane_group_norm_relu(const GroupNormShape& shape, std::span<const float> x, std::span<const float> scale,
                          std::span<const float> shift, std::span<float> y, std::span<float> statistics);
void lane_group_norm_relu_backward(const GroupNormShape& shape, const GroupNormBackward& arrays);

/// maps: blocks x channels x area x 16 -> averages: count x channels, dense.
void lane_average(std::span<const float> maps, std::size_t channels, std::size_t area,
                  std::span<float> averages);
/// The way back: each image's gradient / area at every pixel; zero in lanes beyond the count.
void lane_average_backward(std::span<const float> average_gradient, std::size_t channels, std::size_t area,
                           std::span<float> map_gradient);

} // namespace suite::kernels
