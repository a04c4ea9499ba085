// Bytes of an image to normalised floats, mirrored on the way where wanted: one pass, in vector code where
// the machine has it, with the bits of the plain formulas. Private to suite/data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace suite::data {

/// One plane of floats: pixel * scale + offset, the product rounded before the sum.
struct NormalisedPlane {
    float scale = 1.0F;
    float offset = 0.0F;
    float* out = nullptr; ///< as many floats as the source has pixels, elsewhere than they
};

/// Rows of `width` pixels into one plane, or into three at once (grey to three channels). `flip` mirrors
/// every row.
void normalise_pixels(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                      std::span<const NormalisedPlane> planes);

/// The same without vector instructions, for tests.
void normalise_pixels_plain(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                            std::span<const NormalisedPlane> planes);

} // namespace suite::data
