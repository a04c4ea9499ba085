#include "suite/data/image/file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/image/formats.hpp"

namespace suite::data {
namespace {

using std::string_view;

string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool starts_like(string_view text, string_view lower) {
    return text.size() >= lower.size() &&
           std::ranges::equal(text.substr(0, lower.size()), lower, {}, [](char c) {
               return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
           });
}

/// What bytes that are no JPEG or PNG look like, and what to do about it.
struct Guess {
    string_view start; ///< lower case
    string_view what;
    string_view fix;
};
constexpr string_view not_supported = "convert it to JPEG or PNG, or leave it out of the data set";
constexpr string_view page_saved = "the download was refused or moved; fetch the file itself";
constexpr std::array<Guess, 12> guesses{{
    {"version https://git-lfs", "a Git LFS pointer", "run 'git lfs pull' in the data set's folder"},
    {"<!doctype", "an HTML page (it looks like a download error page)", page_saved},
    {"<html", "an HTML page (it looks like a download error page)", page_saved},
    {"<?xml", "an XML text (it looks like a download error page)", page_saved},
    {"{", "a JSON text (it looks like a download error)", page_saved},
    {"gif8", "a GIF image", not_supported},
    {"bm", "a BMP image", not_supported},
    {"ii*", "a TIFF image", not_supported},
    {"mm", "a TIFF image", not_supported},
    {"riff", "a WebP image", not_supported},
    {"\x1f\x8b", "a gzip file", "gunzip it"},
    {"pk\x03\x04", "a ZIP archive", "unpack it"},
}};

/// What the bytes look like, and what to do about it.
Guess guess_of(string_view text) {
    if (text.empty()) {
        return {.start = {}, .what = "an empty file", .fix = fetch_again};
    }
    if (text.size() > 132 && text.substr(128, 4) == "DICM") {
        return {.start = {}, .what = "a DICOM file", .fix = not_supported};
    }
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const auto found =
        std::ranges::find_if(guesses, [text](const Guess& guess) { return starts_like(text, guess.start); });
    return found == guesses.end() ? Guess{.start = {}, .what = {}, .fix = fetch_again} : *found;
}

[[noreturn]] void throw_foreign(const EncodedImage& image) {
    const Guess guess = guess_of(text_of(image.bytes));
    std::string what(guess.what);
    if (what.empty()) {
        what = "a file that begins";
        for (std::size_t i = 0; i < std::min<std::size_t>(image.bytes.size(), 4); ++i) {
            what += fmt::format(" {:02x}", byte_at(image.bytes, i));
        }
    }
    throw_image_error(image, 0, std::move(what), "a JPEG or PNG image", std::string(guess.fix));
}

/// The kind by the first bytes; throws on anything foreign.
ImageKind kind_of(const EncodedImage& image) {
    const string_view text = text_of(image.bytes);
    if (text.starts_with("\xff\xd8\xff")) {
        return ImageKind::jpeg;
    }
    if (text.starts_with("\x89PNG\r\n\x1a\n")) {
        return ImageKind::png;
    }
    throw_foreign(image);
}

bool has_wrong_extension(string_view where, ImageKind kind) {
    const std::size_t dot = where.rfind('.');
    const string_view extension = dot == string_view::npos ? string_view{} : where.substr(dot);
    const auto is = [extension](string_view word) {
        return extension.size() == word.size() && starts_like(extension, word);
    };
    return kind == ImageKind::jpeg ? is(".png") : is(".jpg") || is(".jpeg");
}

/// Turns one plane as the orientation says: EXIF 2.3, section 4.6.4 A, tag 274.
template<typename Pixel>
void orient_plane(const Pixel* source, int width, int height, int orientation, Pixel* target) {
    const bool flips_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool flips_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool swaps = swaps_axes(orientation);
    const int target_width = swaps ? height : width;
    const int target_height = swaps ? width : height;
    for (int y = 0; y < target_height; ++y) {
        for (int x = 0; x < target_width; ++x) {
            const int row = swaps ? x : y;
            const int column = swaps ? y : x;
            const int source_row = flips_rows ? height - 1 - row : row;
            const int source_column = flips_columns ? width - 1 - column : column;
            *target++ = source[static_cast<std::ptrdiff_t>(source_row) * width + source_column];
        }
    }
}

template<typename Pixel>
void orient(DecodedImage& image, std::vector<Pixel>& pixels) {
    const auto plane = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    std::vector<Pixel> turned(pixels.size());
    for (std::size_t start = 0; start < pixels.size(); start += plane) {
        orient_plane(pixels.data() + start, image.width, image.height, image.notes.exif_orientation,
                     turned.data() + start);
    }
    pixels = std::move(turned);
}

void apply_orientation(DecodedImage& image) {
    if (image.notes.exif_orientation == 1) {
        return;
    }
    if (image.bits == 8) {
        orient(image, image.pixels);
    } else {
        orient(image, image.pixels_16);
    }
    if (swaps_axes(image.notes.exif_orientation)) {
        std::swap(image.width, image.height);
    }
}

} // namespace

std::string_view to_string(ImageKind kind) noexcept {
    return kind == ImageKind::jpeg ? "JPEG" : "PNG";
}

void throw_image_error(const EncodedImage& image, std::size_t byte, std::string found, std::string expected,
                       std::string fix) {
    throw Error(ErrorKind::data, Fault{.where = fmt::format("{}:byte {}", image.where, byte),
                                       .found = std::move(found),
                                       .expected = std::move(expected),
                                       .fix = std::move(fix)});
}

void check_extent(const EncodedImage& image, std::uint64_t width, std::uint64_t height, std::size_t byte,
                  const DecodeOptions& options, std::uint64_t pixels_per_byte) {
    const std::string extent = fmt::format("{} x {} pixels", width, height);
    if (width == 0 || height == 0) {
        throw_image_error(image, byte, extent, "at least 1 x 1", std::string(fetch_again));
    }
    const std::uint64_t pixels = width * height; // both below 2^31
    if (pixels > options.max_pixels) {
        throw_image_error(image, byte, extent, fmt::format("at most {} pixels", options.max_pixels),
                          "leave the image out of the data set, or scale it down");
    }
    if (pixels > pixels_per_byte * image.bytes.size()) {
        throw_image_error(image, byte, fmt::format("{} in {} bytes", extent, image.bytes.size()),
                          fmt::format("at most {} pixels a byte", pixels_per_byte), std::string(fetch_again));
    }
}

void prepare_planes(const ImageInfo& info, DecodedImage& out) {
    out.width = info.width;
    out.height = info.height;
    out.channels = info.channels;
    out.bits = info.bits;
    const std::size_t values = static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.height) *
                               static_cast<std::size_t>(info.channels);
    out.pixels.resize(info.bits == 8 ? values : 0);
    out.pixels_16.resize(info.bits == 8 ? 0 : values);
}

void decode_image(std::span<const std::byte> bytes, std::string_view where, const DecodeOptions& options,
                  DecodedImage& image) {
    const EncodedImage encoded{.bytes = bytes, .where = where};
    const ImageKind kind = kind_of(encoded);
    if (kind == ImageKind::jpeg) {
        decode_jpeg(encoded, options, image);
    } else {
        decode_png(encoded, options, image);
    }
    image.notes.is_grayscale = image.channels == 1;
    image.notes.has_wrong_extension = has_wrong_extension(where, kind);
    if (options.exif == ExifPolicy::apply) {
        apply_orientation(image);
    }
}

DecodedImage decode_image(std::span<const std::byte> bytes, std::string_view where,
                          const DecodeOptions& options) {
    DecodedImage image;
    decode_image(bytes, where, options, image);
    return image;
}

ImageInfo probe_image(std::span<const std::byte> bytes, std::string_view where,
                      const DecodeOptions& options) {
    const EncodedImage encoded{.bytes = bytes, .where = where};
    ImageHeader header = kind_of(encoded) == ImageKind::jpeg ? read_jpeg_header(encoded, options)
                                                             : read_png_header(encoded, options);
    if (options.exif == ExifPolicy::apply && swaps_axes(header.notes.exif_orientation)) {
        std::swap(header.info.width, header.info.height);
    }
    return header.info;
}

} // namespace suite::data
