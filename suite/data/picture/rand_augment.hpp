// RandAugment (Cubuk et al. 2020, arXiv 1909.13719): N of 14 operations, drawn evenly, all at magnitude M.
// Acts on the 8-bit image before any other augmentation, as the authors' two "optimized" recipes do
// (paper.md#pre-training-recipes). Operations and magnitudes are torchvision's (RandAugment with 31 bins,
// nearest neighbour, black border), against which each is tested.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "suite/data/picture/transforms.hpp"

namespace suite::data {

enum class RandAugmentOperation {
    identity,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
    rotate,
    brightness,
    colour,
    contrast,
    sharpness,
    posterise,
    solarise,
    auto_contrast,
    equalise,
};
inline constexpr int rand_augment_operations = 14;
inline constexpr int most_rand_augment_magnitude = 30;

/// What magnitude 0 to 30 means for an operation on an image of this extent: shears as tangents to 0.3,
/// shifts to 150/331 of the side, degrees to 30, factors' distance from 1 to 0.9, kept bits 8 to 4, threshold
/// 255 to 0; 0 for operations without one.
[[nodiscard]] double rand_augment_strength(RandAugmentOperation operation, int magnitude, Extent extent);

/// Applies one operation; `out` is as long as the image's pixels and another buffer. Those with a direction
/// (shears, shifts, rotation, the four factors) take a negative strength as the other direction.
void apply_rand_augment(RandAugmentOperation operation, double strength, const ImageView& image,
                        std::span<std::uint8_t> out);

/// N operations one after the other on a copy of the image. Draws, in this order of the stream: per operation
/// which one, then its sign where it has one. `scratch` is reused; the result lies in its first half.
[[nodiscard]] ImageView rand_augment(const ImageView& image, int operations, int magnitude,
                                     PhiloxStream stream, std::vector<std::uint8_t>& scratch);

} // namespace suite::data
