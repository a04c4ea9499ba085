// Augmentation and normalisation of one image: 8-bit source in, normalised 3-channel floats out.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "suite/base/philox.hpp"
#include "suite/plan/spec/training_kinds.hpp"

namespace suite::data {

/// (pixel / 255 - mean) / std of each channel, as pixel * scale + offset.
struct Normalisation {
    std::array<float, 3> scale{};
    std::array<float, 3> offset{};
};
/// mean and std: 3 values each, std above 0.
[[nodiscard]] Normalisation make_normalisation(std::span<const double> mean, std::span<const double> std);

/// Width and height, pixels.
struct Extent {
    int width = 0;
    int height = 0;
};

/// One image, channel planes: pixels[(c * height + y) * size + x].
struct ImageView {
    std::span<const std::uint8_t> pixels;
    int channels = 0; ///< 1 (replicated to 3) or 3
    int size = 0;     ///< width
    int height = 0;   ///< 0 = as the width

    [[nodiscard]] Extent extent() const { return {.width = size, .height = height == 0 ? size : height}; }
};

/// A box of the source, in pixels: [x, x + width) x [y, y + height), edges at whole numbers.
struct Box {
    float x = 0.0F;
    float y = 0.0F;
    float width = 0.0F;
    float height = 0.0F;
};

/// What an augmentation drew for one image. `affine` when `rotates`, `box` otherwise.
struct Sampling {
    int side = 0; ///< of the picture, which is square
    Box box;      ///< what becomes the picture
    Box limits;   ///< pixels that may be looked at: a crop made before resizing does not see its surroundings
    /// The same in whole pixels, for libraries that cut pixels out of a resized image: `limits` is resized to
    /// this, and the picture is cut out of it at (left, top).
    Extent resized;
    int left = 0;
    int top = 0;
    bool flip = false;
    bool rotates = false;
    std::array<float, 6> inverse{}; ///< source x = a x + b y + c, source y = d x + e y + f of a target pixel
};

/// The draws of paper.md#natural-images and paper.md#fine-tuning-images for an image of this extent and a
/// picture of this side, in a fixed order of the stream: crop_flip x, y, flip; random_resized_crop per
/// attempt area, ratio, then y, x, flip; xray (square images) angle, scale, shift x, shift y, flip. crop_flip
/// resizes the short side, or with detail.squash both, to detail.resize and crops the side. Pure function of
/// its arguments.
[[nodiscard]] Sampling draw_sampling(plan::Augmentation kind, Extent source, int side, PhiloxStream stream,
                                     const plan::AugmentationDetail& detail = {});
/// The same for a square image of the picture's own side.
[[nodiscard]] Sampling draw_sampling(plan::Augmentation kind, int size, PhiloxStream stream,
                                     const plan::AugmentationDetail& detail = {});
/// The whole image squashed to the side (how fine-tuning evaluates, paper.md#fine-tuning-images), unflipped.
[[nodiscard]] Sampling whole_image(Extent source, int side);
[[nodiscard]] Sampling whole_image(int size);
/// How ImageNet models are validated (paper.md#natural-images): the short side becomes `resize`, the centre
/// of that is cut out as torchvision does (half pixels to even).
[[nodiscard]] Sampling centre_crop(Extent source, int resize, int side);

/// Forward rotation (degrees, counter-clockwise), scale and shift (pixels) about the centre of an image,
/// inverted for sampling.
[[nodiscard]] std::array<float, 6> inverse_shift_scale_rotate(int size, float angle_degrees, float scale,
                                                              float shift_x, float shift_y);

/// One plane of floats through an affine sampling (`rotates`) of its own side, and its flip.
void sample_affine_plane(std::span<const float> plane, const Sampling& sampling, std::span<float> out);

/// Samples the source bilinearly into 3 x side x side floats and normalises them. Boxes: half-pixel centres,
/// edge pixels repeated. Affine maps: reflect-101 border. Nothing is allocated.
void sample_image(const ImageView& image, const Sampling& sampling, const Normalisation& normalisation,
                  std::span<float> out);

} // namespace suite::data
