// The chunks of a PNG, walked and checked before libpng sees them. Private to suite/data.
#pragma once

#include <png.h>

#include "suite/data/image/formats.hpp"

namespace suite::data {

inline constexpr std::size_t png_chunk_limit_bytes = std::size_t{8} << 20; // against inflating text

/// IHDR (PNG specification 11.2.2).
struct PngHeader {
    std::uint64_t width = 0;
    std::uint64_t height = 0;
    unsigned bits = 0;
    unsigned colour = 0;
    unsigned interlace = 0;

    [[nodiscard]] bool has_palette() const { return colour == PNG_COLOR_TYPE_PALETTE; }
    [[nodiscard]] bool has_alpha() const { return (colour & PNG_COLOR_MASK_ALPHA) != 0; }
    [[nodiscard]] bool has_colour() const { return (colour & PNG_COLOR_MASK_COLOR) != 0; }
    [[nodiscard]] unsigned bits_per_pixel() const {
        return bits * (has_palette() ? 1U : (has_colour() ? 3U : 1U) + (has_alpha() ? 1U : 0U));
    }
};

/// Walks every chunk up to the first IDAT, or `to_the_end`, and checks lengths, CRCs, the header and the
/// extent; nothing is unpacked but text and colour profiles, to count what they would take. Throws
/// Error(data) with the chunk and its byte.
[[nodiscard]] ImageHeader walk_png_chunks(const EncodedImage& image, const DecodeOptions& options,
                                          bool to_the_end, PngHeader& png);

} // namespace suite::data
