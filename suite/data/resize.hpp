// Resampling of 8-bit grey images when a declaration asks for another side than the files have.
#pragma once

#include <cstdint>
#include <span>

namespace suite::data {

/// `source` is side x side grey; `target` gets channels equal copies of it at target_side. Area averages
/// (each target pixel is the mean of the source rectangle it covers, as OpenCV's INTER_AREA when shrinking;
/// cherti-jitsev.md 4.2), rounded to the nearest level.
void resize_and_replicate(std::span<const std::uint8_t> source, int side, std::span<std::uint8_t> target,
                          int target_side, int channels);

} // namespace suite::data
