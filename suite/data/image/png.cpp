#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <new>

#include <fmt/format.h>

#include "suite/data/image/png_chunks.hpp"

namespace suite::data {
namespace {

/// Owns libpng's structures.
struct PngHandle {
    png_structp png = nullptr;
    png_infop info = nullptr;
    PngHandle() = default;
    ~PngHandle() { png_destroy_read_struct(&png, &info, nullptr); }
    PngHandle(const PngHandle&) = delete;
    PngHandle& operator=(const PngHandle&) = delete;
};

/// libpng's state. It reports by long jumps: no object with a destructor may live in the frames between
/// a guarded() and the call that fails.
class PngReader {
public:
    explicit PngReader(const EncodedImage& image);

    /// Interleaved rows, 8 or 16 bits (of this machine's byte order) a value.
    void read(const PngHeader& header, DecodedImage& out);

private:
    EncodedImage image_;
    std::size_t position_ = 0;
    std::size_t rows_read_ = 0;
    std::span<const png_color> palette_;
    unsigned largest_index_ = 0;
    PngHandle handle_;
    std::jmp_buf jump_{};
    std::array<char, 128> message_{};

    static void take_error(png_structp png, png_const_charp message);
    static void take_bytes(png_structp png, png_bytep target, std::size_t count);
    template<typename Call>
    void guarded(const Call& call) {
        if (setjmp(jump_) != 0) { // NOLINT(cert-err52-cpp): libpng's way of reporting
            throw_failure();
        }
        call();
    }
    [[noreturn]] void throw_failure() const;
    void set_conversions(const PngHeader& header);
    void read_rows(const PngHeader& header, DecodedImage& out);
    void take_row(const std::byte* row, DecodedImage& out);
    void find_palette();
};

PngReader::PngReader(const EncodedImage& image) : image_(image) {
    handle_.png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, this, take_error, [](png_structp, png_const_charp) {});
    handle_.info = handle_.png == nullptr ? nullptr : png_create_info_struct(handle_.png);
    if (handle_.info == nullptr) {
        throw std::bad_alloc();
    }
    guarded([this] {
        png_set_read_fn(handle_.png, this, take_bytes);
        png_set_user_limits(handle_.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // check_extent has decided
        png_set_chunk_malloc_max(handle_.png, png_chunk_limit_bytes);
        // Known chunks that would be unpacked or warned about and that change no stored pixel.
        png_set_keep_unknown_chunks(handle_.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    });
}

void PngReader::take_error(png_structp png, png_const_charp message) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader.message_.data(), message, reader.message_.size() - 1);
    std::longjmp(reader.jump_, 1); // NOLINT(cert-err52-cpp)
}

void PngReader::take_bytes(png_structp png, png_bytep target, std::size_t count) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader.image_.bytes.size() - reader.position_) {
        png_error(png, "the file ends");
    }
    std::memcpy(target, reader.image_.bytes.data() + reader.position_, count);
    reader.position_ += count;
}

void PngReader::throw_failure() const {
    throw_image_error(image_, position_,
                      fmt::format("damage after {} rows (libpng: {})", rows_read_, message_.data()),
                      "an intact PNG", std::string(fetch_again));
}

/// Palettes are looked up by ourselves: libpng lets indices beyond the palette pass.
void PngReader::set_conversions(const PngHeader& header) {
    if (header.has_palette()) {
        png_set_packing(handle_.png);
    } else if (header.bits < 8) {
        png_set_expand_gray_1_2_4_to_8(handle_.png);
    }
    if (header.has_alpha()) {
        png_set_strip_alpha(handle_.png);
    }
    if (header.bits == 16 && std::endian::native == std::endian::little) {
        png_set_swap(handle_.png);
    }
}

/// Splits a row of interleaved values into the planes.
template<typename Pixel>
void split_row(const Pixel* row, std::size_t width, std::size_t channels, std::size_t plane, Pixel* target) {
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t x = 0; x < width; ++x) {
            target[c * plane + x] = row[x * channels + c];
        }
    }
}

/// One row of the file as libpng hands it over, into the planes.
void split_into(const std::byte* row, std::size_t y, DecodedImage& out) {
    const auto width = static_cast<std::size_t>(out.width);
    const auto channels = static_cast<std::size_t>(out.channels);
    const std::size_t plane = width * static_cast<std::size_t>(out.height);
    if (out.bits == 8) {
        split_row(reinterpret_cast<const std::uint8_t*>(row), width, channels, plane,
                  out.pixels.data() + y * width);
    } else {
        split_row(reinterpret_cast<const std::uint16_t*>(row), width, channels, plane,
                  out.pixels_16.data() + y * width);
    }
}

/// Colours of a row of palette indices; the largest index. Indices beyond the palette become black.
unsigned look_up_row(const std::byte* row, std::size_t y, std::span<const png_color> palette,
                     DecodedImage& out) {
    const auto width = static_cast<std::size_t>(out.width);
    const std::size_t plane = width * static_cast<std::size_t>(out.height);
    std::uint8_t* const target = out.pixels.data() + y * width;
    unsigned largest = 0;
    for (std::size_t x = 0; x < width; ++x) {
        const auto index = std::to_integer<unsigned>(row[x]);
        const png_color colour = index < palette.size() ? palette[index] : png_color{};
        target[x] = colour.red;
        target[plane + x] = colour.green;
        target[2 * plane + x] = colour.blue;
        largest = std::max(largest, index);
    }
    return largest;
}

/// Rows of an interlaced image are complete only after the last pass: all of them need room at once.
void PngReader::read_rows(const PngHeader& header, DecodedImage& out) {
    const std::size_t row_bytes = png_get_rowbytes(handle_.png, handle_.info);
    const auto height = static_cast<std::size_t>(out.height);
    const bool is_interlaced = header.interlace != 0;
    const auto room =
        std::make_unique_for_overwrite<std::byte[]>(is_interlaced ? row_bytes * height : row_bytes);
    const int passes = is_interlaced ? 7 : 1;
    std::byte* const rows = room.get();
    guarded([&] {
        for (int pass = 0; pass < passes; ++pass) {
            for (rows_read_ = 0; rows_read_ < height; ++rows_read_) {
                std::byte* const row = is_interlaced ? rows + rows_read_ * row_bytes : rows;
                png_read_row(handle_.png, reinterpret_cast<png_bytep>(row), nullptr);
                if (pass == passes - 1) {
                    take_row(row, out);
                }
            }
        }
        png_read_end(handle_.png, nullptr);
    });
}

void PngReader::take_row(const std::byte* row, DecodedImage& out) {
    if (palette_.empty()) {
        split_into(row, rows_read_, out);
    } else {
        largest_index_ = std::max(largest_index_, look_up_row(row, rows_read_, palette_, out));
    }
}

void PngReader::find_palette() {
    int entries = 0;
    png_colorp palette = nullptr;
    if (png_get_PLTE(handle_.png, handle_.info, &palette, &entries) == 0 || entries <= 0) {
        throw_image_error(image_, 0, "no palette", "chunk PLTE in an image of palette indices",
                          std::string(fetch_again));
    }
    palette_ = std::span(palette, static_cast<std::size_t>(entries));
}

void PngReader::read(const PngHeader& header, DecodedImage& out) {
    guarded([&] {
        png_read_info(handle_.png, handle_.info);
        set_conversions(header);
        png_set_interlace_handling(handle_.png);
        png_read_update_info(handle_.png, handle_.info);
    });
    if (header.has_palette()) {
        find_palette();
    }
    read_rows(header, out);
    if (largest_index_ >= palette_.size() && header.has_palette()) {
        throw_image_error(image_, 0, fmt::format("a pixel of palette entry {}", largest_index_),
                          fmt::format("less than {}", palette_.size()), std::string(fetch_again));
    }
}

} // namespace

ImageHeader read_png_header(const EncodedImage& image, const DecodeOptions& options) {
    PngHeader png;
    return walk_png_chunks(image, options, false, png);
}

void decode_png(const EncodedImage& image, const DecodeOptions& options, DecodedImage& out) {
    PngHeader png;
    const ImageHeader header = walk_png_chunks(image, options, true, png);
    prepare_planes(header.info, out);
    PngReader(image).read(png, out);
    out.notes = header.notes;
}

} // namespace suite::data
