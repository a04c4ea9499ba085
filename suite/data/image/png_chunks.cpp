#include "suite/data/image/png_chunks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>

namespace suite::data {
namespace {

constexpr std::size_t signature_bytes = 8;    // PNG specification, 5.2
constexpr std::size_t chunk_extra_bytes = 12; // 5.3: length, type, CRC
constexpr std::uint64_t deflate_ratio = 1032; // zlib's technical details: the most it packs

/// One chunk of the file; `at` is the byte its length stands at.
struct Chunk {
    std::size_t at = 0;
    std::string_view type;
    std::span<const std::byte> data;
};

/// Walks through chunks from the first; throws where one is cut off.
class ChunkWalk {
public:
    explicit ChunkWalk(const EncodedImage& image) : image_(image) {}

    [[nodiscard]] std::optional<Chunk> next() {
        const std::size_t left = image_.bytes.size() - at_;
        if (left == 0) {
            return std::nullopt;
        }
        if (left < chunk_extra_bytes) {
            throw_image_error(image_, at_, fmt::format("{} bytes of a chunk", left), "a whole chunk",
                              std::string(fetch_again));
        }
        const std::size_t length = big_endian_32(image_.bytes, at_);
        const auto* type = reinterpret_cast<const char*>(image_.bytes.data()) + at_ + 4;
        if (length > left - chunk_extra_bytes) {
            throw_image_error(image_, at_,
                              fmt::format("the end of the file {} bytes into chunk {} of {} bytes",
                                          left - chunk_extra_bytes, std::string_view(type, 4), length),
                              "a whole PNG", std::string(fetch_again));
        }
        const Chunk chunk{.at = at_, .type = {type, 4}, .data = image_.bytes.subspan(at_ + 8, length)};
        at_ += length + chunk_extra_bytes;
        return chunk;
    }

private:
    const EncodedImage& image_;
    std::size_t at_ = signature_bytes;
};

/// A chunk that a decoder may skip: bit 5 of the first letter (5.4).
bool is_ancillary(std::string_view type) {
    return (type[0] & 0x20) != 0;
}

void check_crc(const EncodedImage& image, const Chunk& chunk) {
    const auto* start = reinterpret_cast<const Bytef*>(chunk.data.data()) - 4; // the type is part of it
    const auto found =
        static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), start, chunk.data.size() + 4));
    const std::uint32_t stored = big_endian_32(image.bytes, chunk.at + 8 + chunk.data.size());
    if (found != stored) {
        throw_image_error(image, chunk.at, fmt::format("chunk {} with CRC {:08x}", chunk.type, found),
                          fmt::format("{:08x} as it says", stored), std::string(fetch_again));
    }
}

/// Where the zlib stream begins in chunks that hold one: a keyword, then its end and a method byte, and in
/// iTXt a flag and two more words (PNG specification 11.3).
std::span<const std::byte> packed_part(const Chunk& chunk) {
    const auto after_zero = [](std::span<const std::byte> data) {
        const auto end = std::ranges::find(data, std::byte{0});
        return end == data.end() ? data.last(0)
                                 : data.subspan(static_cast<std::size_t>(end - data.begin()) + 1);
    };
    std::span<const std::byte> rest = after_zero(chunk.data);
    if (chunk.type != "iTXt") {
        return rest.empty() ? rest : rest.subspan(1);
    }
    if (rest.size() < 2 || rest[0] == std::byte{0}) {
        return rest.last(0); // not packed
    }
    return after_zero(after_zero(rest.subspan(2)));
}

/// Bytes a zlib stream unpacks to, counted to just above the limit; nothing is kept.
std::size_t unpacked_size(std::span<const std::byte> packed, std::size_t limit) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) {
        throw std::bad_alloc();
    }
    std::array<Bytef, 16384> room;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int status = Z_OK;
    while (status == Z_OK && stream.total_out <= limit) {
        stream.next_out = room.data();
        stream.avail_out = static_cast<uInt>(room.size());
        status = inflate(&stream, Z_NO_FLUSH);
    }
    const std::size_t size = stream.total_out;
    inflateEnd(&stream);
    return size;
}

/// Text, colour profiles and the like are never used; what would not fit in memory is refused all the same.
void check_ancillary(const EncodedImage& image, const Chunk& chunk) {
    const bool is_packed = chunk.type == "zTXt" || chunk.type == "iTXt" || chunk.type == "iCCP";
    if (chunk.data.size() > png_chunk_limit_bytes ||
        (is_packed && unpacked_size(packed_part(chunk), png_chunk_limit_bytes) > png_chunk_limit_bytes)) {
        throw_image_error(image, chunk.at, fmt::format("chunk {} of more than 8 MB", chunk.type),
                          "text and colour profiles of at most 8 MB",
                          "leave the image out, or write it anew without its text (pngcrush, ImageMagick)");
    }
}

/// Colour type and bit depth that go together (11.2.2, table 11.1).
bool is_known_depth(const PngHeader& header) {
    switch (header.colour) {
    case PNG_COLOR_TYPE_GRAY:
        return header.bits <= 16 && std::has_single_bit(header.bits);
    case PNG_COLOR_TYPE_PALETTE:
        return header.bits <= 8 && std::has_single_bit(header.bits);
    case PNG_COLOR_TYPE_RGB:
    case PNG_COLOR_TYPE_GRAY_ALPHA:
    case PNG_COLOR_TYPE_RGB_ALPHA:
        return header.bits == 8 || header.bits == 16;
    default:
        return false;
    }
}

PngHeader parse_header(const EncodedImage& image, const Chunk& chunk, const DecodeOptions& options) {
    if (chunk.type != "IHDR" || chunk.data.size() != 13) {
        throw_image_error(image, chunk.at, fmt::format("chunk {} of {} bytes", chunk.type, chunk.data.size()),
                          "IHDR of 13", std::string(fetch_again));
    }
    check_crc(image, chunk);
    const PngHeader header{.width = big_endian_32(chunk.data, 0),
                           .height = big_endian_32(chunk.data, 4),
                           .bits = byte_at(chunk.data, 8),
                           .colour = byte_at(chunk.data, 9),
                           .interlace = byte_at(chunk.data, 12)};
    const bool is_known = is_known_depth(header) && byte_at(chunk.data, 10) == 0 &&
                          byte_at(chunk.data, 11) == 0 && header.interlace <= 1 &&
                          header.width <= PNG_UINT_31_MAX && header.height <= PNG_UINT_31_MAX;
    if (!is_known) {
        throw_image_error(image, chunk.at + 8,
                          fmt::format("{} x {}, colour type {} of {} bits, interlace {}", header.width,
                                      header.height, header.colour, header.bits, header.interlace),
                          "a PNG header", std::string(fetch_again));
    }
    check_extent(image, header.width, header.height, chunk.at + 8, options,
                 deflate_ratio * 8 / header.bits_per_pixel() + 1);
    return header;
}

ImageInfo info_of(const PngHeader& header) {
    return {.kind = ImageKind::png,
            .width = static_cast<int>(header.width),
            .height = static_cast<int>(header.height),
            .channels = header.has_colour() ? 3 : 1,
            .bits = header.bits == 16 ? 16 : 8,
            .is_progressive = header.interlace != 0};
}

/// Takes from one chunk what decides about the image. Returns false at the end of the part that is wanted.
bool take_chunk(const EncodedImage& image, const Chunk& chunk, const DecodeOptions& options, bool to_the_end,
                PngHeader& png, ImageHeader& header) {
    if (chunk.at == signature_bytes) {
        png = parse_header(image, chunk, options);
        header.info = info_of(png);
        header.notes.has_dropped_alpha = png.has_alpha();
        return true;
    }
    if (chunk.type == "IDAT" && !to_the_end) {
        return false;
    }
    if (is_ancillary(chunk.type)) {
        check_ancillary(image, chunk);
    } else {
        check_crc(image, chunk);
    }
    header.notes.has_dropped_alpha |= chunk.type == "tRNS";
    if (chunk.type == "eXIf") {
        note_orientation(exif_orientation(chunk.data), header.notes);
    }
    return chunk.type != "IEND";
}

} // namespace

ImageHeader walk_png_chunks(const EncodedImage& image, const DecodeOptions& options, bool to_the_end,
                            PngHeader& png) {
    ImageHeader header;
    ChunkWalk walk(image);
    while (const std::optional<Chunk> chunk = walk.next()) {
        if (!take_chunk(image, *chunk, options, to_the_end, png, header)) {
            return header;
        }
    }
    throw_image_error(image, image.bytes.size(), "the end of the file",
                      to_the_end ? "chunk IEND" : "chunk IDAT", std::string(fetch_again));
}

} // namespace suite::data
