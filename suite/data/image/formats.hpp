// What the JPEG and PNG readers share: where messages come from, EXIF, the order of checks. Private to
// suite/data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "suite/data/image/file.hpp"

namespace suite::data {

/// An encoded image and what messages call it.
struct EncodedImage {
    std::span<const std::byte> bytes;
    std::string_view where;
};

/// Throws Error(data) about this byte of the image.
[[noreturn]] void throw_image_error(const EncodedImage& image, std::size_t byte, std::string found,
                                    std::string expected, std::string fix);
/// Advice of most messages.
inline constexpr std::string_view fetch_again = "fetch the file again and compare its size with the source";

/// Throws when the extent is empty, over the limit, or more than `pixels_per_byte` times the file's bytes.
void check_extent(const EncodedImage& image, std::uint64_t width, std::uint64_t height, std::size_t byte,
                  const DecodeOptions& options, std::uint64_t pixels_per_byte);

/// Orientation (1–8) in a TIFF block as EXIF has it, 1 when it names none; 0 when the block is broken.
[[nodiscard]] int exif_orientation(std::span<const std::byte> tiff) noexcept;
/// Writes an orientation found (0 = broken) into the notes.
void note_orientation(int orientation, ImageNotes& notes) noexcept;

/// True when this orientation turns rows into columns.
[[nodiscard]] constexpr bool swaps_axes(int orientation) noexcept {
    return orientation >= 5;
}

[[nodiscard]] constexpr std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
    return std::to_integer<std::uint32_t>(bytes[at]);
}
[[nodiscard]] constexpr std::uint32_t big_endian_32(std::span<const std::byte> bytes,
                                                    std::size_t at) noexcept {
    return byte_at(bytes, at) << 24 | byte_at(bytes, at + 1) << 16 | byte_at(bytes, at + 2) << 8 |
           byte_at(bytes, at + 3);
}

/// What a reader knows before it decodes: the header, the notes, what messages need.
struct ImageHeader {
    ImageInfo info;
    ImageNotes notes;
};

[[nodiscard]] ImageHeader read_jpeg_header(const EncodedImage& image, const DecodeOptions& options);
void decode_jpeg(const EncodedImage& image, const DecodeOptions& options, DecodedImage& out);

[[nodiscard]] ImageHeader read_png_header(const EncodedImage& image, const DecodeOptions& options);
void decode_png(const EncodedImage& image, const DecodeOptions& options, DecodedImage& out);

/// Makes room for the planes of an image of this header.
void prepare_planes(const ImageInfo& info, DecodedImage& out);

} // namespace suite::data
