// Generated natural images: objects of a class's outline, texture, colours and layout before a random
// background.
#pragma once

#include <cstdint>
#include <span>

#include "suite/base/error.hpp"
#include "suite/data/data_set.hpp"
#include "suite/data/phantom/canvas.hpp"
#include "suite/data/phantom/natural_factors.hpp"

namespace suite::data {

/// Three planes to paint on, reused from image to image.
struct ColourCanvas {
    explicit ColourCanvas(int size) : red(size), green(size), blue(size) {}
    Canvas red;
    Canvas green;
    Canvas blue;
};

/// Paints image `index` of a split whose seed is derive_seed(world_seed, "ID/train" or "ID/test"): 3 planes
/// of bytes. Pure function of its arguments (canvas is scratch).
void paint_natural(const NaturalClass& natural, const plan::NaturalPhantom& phantom, std::uint64_t split_seed,
                   std::uint64_t index, ColourCanvas& canvas, std::span<std::uint8_t> bytes);

/// Generates both splits. The train part follows `imbalance`, the test part is balanced.
/// Throws Error(data) on a declaration that cannot be painted, all faults at once.
[[nodiscard]] DataSet generate_natural(const plan::DataSetSpec& spec);

} // namespace suite::data
