// Resampling by area: of 8-bit grey images when a declaration asks for another side than the files have, and
// of X-rays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace suite::data {

/// `source` is side x side grey; `target` gets channels equal copies of it at target_side. Area averages
/// (each target pixel is the mean of the source rectangle it covers, as OpenCV's INTER_AREA when shrinking;
/// paper.md#x-ray-pixels), rounded to the nearest level.
void resize_and_replicate(std::span<const std::uint8_t> source, int side, std::span<std::uint8_t> target,
                          int target_side, int channels);

/// A square of one plane of an image: rows of `stride` pixels, the first at `pixels`.
template<typename Pixel>
struct SquareView {
    const Pixel* pixels = nullptr;
    int side = 0;
    std::size_t stride = 0;
};

/// Buffers that resize_area reuses.
struct AreaScratch {
    std::vector<float> line;
    std::vector<float> weights;
    std::vector<int> firsts;
};

/// The square resized to side x side floats and multiplied by `scale`, as OpenCV's INTER_AREA on floats: when
/// shrinking each target pixel is the mean of the square it covers; when enlarging, whole source pixels with
/// a linear ramp where two of them meet. `out` has side * side values.
void resize_area(const SquareView<std::uint8_t>& source, int side, float scale, AreaScratch& scratch,
                 std::span<float> out);
void resize_area(const SquareView<std::uint16_t>& source, int side, float scale, AreaScratch& scratch,
                 std::span<float> out);

} // namespace suite::data
