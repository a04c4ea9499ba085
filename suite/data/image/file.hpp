// One image file: the bytes of a JPEG or PNG in, planes of pixels out. What the bytes are is decided by their
// first bytes, never by the file's name. All functions are safe to call from many threads; there is no global
// state. Anything foreign, damaged or over a limit throws Error(data) that names `where` and the byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace suite::data {

enum class ImageKind { jpeg, png };
/// "JPEG", "PNG".
[[nodiscard]] std::string_view to_string(ImageKind kind) noexcept;

/// What to do with an EXIF orientation. The authors' loaders (Pillow's open, DALI) ignored it.
enum class ExifPolicy { ignore, apply };

struct DecodeOptions {
    /// Refused before allocation. Pillow's bound, above which its open() raises
    /// DecompressionBombError: 2 * Image.MAX_IMAGE_PIXELS, which are a GiB of 24-bit pixels / 4 / 3, floored.
    std::uint64_t max_pixels = 2 * ((std::uint64_t{1} << 30) / 4 / 3);
    int max_scans = 100; ///< of a progressive JPEG: thousands would take minutes to decode
    ExifPolicy exif = ExifPolicy::ignore;
    /// 1, 2, 4 or 8: JPEG only, decodes to ceil(extent / shrink) by a smaller inverse DCT. Pictures no larger
    /// than that are then at most 12 levels, in the mean 1 level from those of decoding whole (measured on
    /// the tests' photograph: 1/2 8 and 0.50, 1/4 10 and 0.76), so nothing sets it by default.
    int shrink = 1;
};

/// What was odd about a file that could be decoded; loaders count these.
struct ImageNotes {
    bool is_grayscale = false;      ///< one channel; pipelines replicate it to three
    bool is_cmyk_converted = false; ///< CMYK or YCCK: inverted as Adobe stores it, then Pillow's R = K - C K
    bool has_dropped_alpha = false; ///< PNG with alpha or a transparent colour: the colours as stored
    bool has_wrong_extension = false;  ///< a PNG called .JPEG, …
    bool has_broken_exif = false;      ///< ignored
    bool has_missing_end = false;      ///< every row is there, the end marker is not
    bool has_extraneous_bytes = false; ///< between markers; skipped
    bool ends_early = false;           ///< JPEG: a marker where pixels should be; the missing ones are grey
    int exif_orientation = 1;          ///< 1 to 8, of an intact EXIF block
};

/// What the header says, as it would be decoded.
struct ImageInfo {
    ImageKind kind = ImageKind::jpeg;
    int width = 0;
    int height = 0;
    int channels = 0;            ///< 1 or 3
    int bits = 8;                ///< 8 or 16
    bool is_progressive = false; ///< progressive JPEG or interlaced PNG
};

/// Pixels in channel planes: [(c * height + y) * width + x], in `pixels` when bits is 8, in `pixels_16` when
/// it is 16; the other one is empty. Bits 16 is what 16-bit PNG stores; 1, 2 and 4 bits become 8 (scaled to
/// 0–255), palettes become three channels.
struct DecodedImage {
    int width = 0;
    int height = 0;
    int channels = 0; ///< 1 or 3
    int bits = 8;     ///< 8 or 16
    std::vector<std::uint8_t> pixels;
    std::vector<std::uint16_t> pixels_16;
    ImageNotes notes;
};

/// Decodes a whole image. JPEG as Pillow does: accurate integer inverse DCT, smooth ("fancy") chroma
/// upsampling, RGB, and grey in place of pixels before whose data a marker stands (ImageNotes::ends_early).
/// `where` is the path or shard:member, for messages and for has_wrong_extension.
/// Throws Error(data): empty, foreign (HTML page, Git LFS pointer, …), cut off (says how many rows there
/// are), damaged, arithmetic coded, over a limit, or larger than so few bytes can hold.
[[nodiscard]] DecodedImage decode_image(std::span<const std::byte> bytes, std::string_view where,
                                        const DecodeOptions& options = {});
/// The same into `image`, whose memory is reused: nothing but the decoder's own state is allocated once an
/// image of this extent went through it.
void decode_image(std::span<const std::byte> bytes, std::string_view where, const DecodeOptions& options,
                  DecodedImage& image);

/// Reads the header only: neither pixels nor the end of the file are looked at.
[[nodiscard]] ImageInfo probe_image(std::span<const std::byte> bytes, std::string_view where,
                                    const DecodeOptions& options = {});

} // namespace suite::data
