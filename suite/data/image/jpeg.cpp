#include "suite/data/image/jpeg.hpp"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

// After <cstdio>: jpeglib.h uses FILE without including it.
#include <jpeglib.h>

#include <jerror.h>

#include "suite/data/picture/resample.hpp"

namespace suite::data {
namespace {

constexpr int exif_marker = JPEG_APP0 + 1;
constexpr std::string_view exif_start{"Exif\0\0", 6}; // EXIF 2.3, section 4.7.2
constexpr unsigned marker_limit = 0xFFFF;             // the longest a marker segment can be
// A block of 8 x 8 takes at least one bit, and the least sampled component has a quarter of the blocks: 4 *
// 64 pixels a bit (ITU T.81, A.1.1 and F.1.2).
constexpr std::uint64_t pixels_per_byte = 4 * 64 * 8;
// Columns and rows around a window that its outermost pixels may depend on: smooth upsampling looks one
// chroma sample to each side, of at most four pixels (ITU T.81, A.1.1), and libjpeg itself begins at whole
// blocks.
constexpr int window_margin = 8;
constexpr int rows_at_once = 4;
// Where an end marker may be found: a few files are padded.
constexpr std::size_t tail_bytes = 64;

/// Warnings after which every pixel is still what the file says.
bool is_harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
}

/// Whether the warning is of a marker in place of pixels, or of the end marker in place of a restart marker:
/// libjpeg, and so Pillow, then takes the rest for grey.
bool is_early_end(const jpeg_error_mgr& errors) {
    return errors.msg_code == JWRN_HIT_MARKER ||
           (errors.msg_code == JWRN_MUST_RESYNC && errors.msg_parm.i[0] == JPEG_EOI);
}

/// 255 - x of a product of two bytes divided by 255, as Pillow rounds it (MULDIV255 of Convert.c).
std::uint8_t ink_left(std::uint8_t colour, std::uint8_t key) {
    const int product = (255 - colour) * key + 128;
    return static_cast<std::uint8_t>(key - (((product >> 8) + product) >> 8));
}

/// CMYK as Adobe stores it (inverted) to RGBX in place: what Pillow's convert("RGB") gives.
void cmyk_to_rgbx(std::uint8_t* row, std::size_t pixels) {
    for (std::uint8_t* end = row + 4 * pixels; row != end; row += 4) {
        const std::uint8_t key = row[3];
        row[0] = ink_left(row[0], key);
        row[1] = ink_left(row[1], key);
        row[2] = ink_left(row[2], key);
    }
}

/// Frees what libjpeg allocated, also when the constructor around it throws.
struct JpegHandle : jpeg_decompress_struct {
    JpegHandle() : jpeg_decompress_struct{} {}
    ~JpegHandle() { jpeg_destroy_decompress(this); }
    JpegHandle(const JpegHandle&) = delete;
    JpegHandle& operator=(const JpegHandle&) = delete;
};

} // namespace

/// libjpeg's structures and what its callbacks find. libjpeg reports by long jumps: no object with a
/// destructor may live in the frames between a guarded() and the call that fails.
class JpegReader::Decompressor {
public:
    Decompressor(const EncodedImage& image, const DecodeOptions& options);

    [[nodiscard]] const ImageHeader& header() const noexcept { return header_; }
    [[nodiscard]] int bytes_per_pixel() const noexcept { return header_.info.channels == 1 ? 1 : 4; }
    void read(const PixelWindow& window, RowSink sink, void* context);

private:
    EncodedImage image_;
    DecodeOptions options_;
    ImageHeader header_;
    JpegHandle jpeg_;
    jpeg_error_mgr errors_{};
    jpeg_source_mgr source_{};
    jpeg_progress_mgr progress_{};
    std::jmp_buf jump_{};
    std::array<char, JMSG_LENGTH_MAX> message_{};
    bool is_decoding_ = false;
    bool ran_out_ = false; ///< the file ended before its end marker
    bool has_too_many_scans_ = false;
    std::vector<std::uint8_t> rows_;

    static Decompressor& self(j_common_ptr jpeg) { return *static_cast<Decompressor*>(jpeg->client_data); }
    [[noreturn]] static void fail(j_common_ptr jpeg);
    static void take_message(j_common_ptr jpeg, int level);
    static boolean take_end(j_decompress_ptr jpeg);
    static void skip_bytes(j_decompress_ptr jpeg, long count);
    static void take_progress(j_common_ptr jpeg);

    template<typename Call>
    void guarded(const Call& call) {
        if (setjmp(jump_) != 0) { // NOLINT(cert-err52-cpp): libjpeg's way of reporting
            throw_failure();
        }
        call();
    }
    [[noreturn]] void throw_failure() const;
    [[nodiscard]] std::size_t position() const {
        return ran_out_ ? image_.bytes.size() : image_.bytes.size() - source_.bytes_in_buffer;
    }
    [[nodiscard]] std::string progress_so_far() const;

    void connect();
    void choose_colours();
    void take_exif();
    void start();
    [[nodiscard]] PixelWindow select(const PixelWindow& window);
    void read_selected(const PixelWindow& window, const PixelWindow& selected, RowSink sink, void* context);
    void finish(const PixelWindow& selected);
    [[nodiscard]] bool ends_with_marker() const;
};

JpegReader::Decompressor::Decompressor(const EncodedImage& image, const DecodeOptions& options)
    : image_(image), options_(options) {
    connect();
    guarded([this] {
        jpeg_create_decompress(&jpeg_);
        jpeg_.client_data = this;
        jpeg_.src = &source_;
        jpeg_.progress = &progress_;
        jpeg_save_markers(&jpeg_, exif_marker, marker_limit);
        jpeg_read_header(&jpeg_, TRUE);
    });
    check_extent(image_, jpeg_.image_width, jpeg_.image_height, position(), options_, pixels_per_byte);
    choose_colours();
    take_exif();
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = static_cast<unsigned>(options_.shrink);
    guarded([this] { jpeg_calc_output_dimensions(&jpeg_); });
    header_.info.width = static_cast<int>(jpeg_.output_width);
    header_.info.height = static_cast<int>(jpeg_.output_height);
    header_.info.is_progressive = jpeg_.progressive_mode != FALSE;
}

void JpegReader::Decompressor::connect() {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = fail;
    errors_.emit_message = take_message;
    jpeg_.client_data = this;
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(image_.bytes.data());
    source_.bytes_in_buffer = image_.bytes.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.term_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = take_end;
    source_.skip_input_data = skip_bytes;
    source_.resync_to_restart = jpeg_resync_to_restart;
    progress_.progress_monitor = take_progress;
}

void JpegReader::Decompressor::fail(j_common_ptr jpeg) {
    Decompressor& reader = self(jpeg);
    jpeg->err->format_message(jpeg, reader.message_.data());
    std::longjmp(reader.jump_, 1); // NOLINT(cert-err52-cpp)
}

void JpegReader::Decompressor::take_message(j_common_ptr jpeg, int level) {
    if (level >= 0) {
        return; // a trace
    }
    Decompressor& reader = self(jpeg);
    const bool ends_early = is_early_end(*jpeg->err) && !reader.ran_out_; // the marker is not take_end's
    if (!ends_early && !is_harmless(jpeg->err->msg_code)) {
        fail(jpeg);
    }
    reader.header_.notes.ends_early |= ends_early;
    reader.header_.notes.has_extraneous_bytes |= jpeg->err->msg_code == JWRN_EXTRANEOUS_DATA;
}

/// The file is at its end: an end marker in place of more bytes. Where pixels are missing libjpeg then says
/// so by a warning, which fails.
boolean JpegReader::Decompressor::take_end(j_decompress_ptr jpeg) {
    static constexpr JOCTET end_marker[2] = {0xFF, JPEG_EOI};
    self(reinterpret_cast<j_common_ptr>(jpeg)).ran_out_ = true;
    jpeg->src->next_input_byte = end_marker;
    jpeg->src->bytes_in_buffer = sizeof end_marker;
    return TRUE;
}

void JpegReader::Decompressor::skip_bytes(j_decompress_ptr jpeg, long count) {
    const auto wanted = static_cast<std::size_t>(std::max(count, 0L));
    jpeg_source_mgr& source = *jpeg->src;
    if (wanted > source.bytes_in_buffer) {
        take_end(jpeg);
        return;
    }
    source.next_input_byte += wanted;
    source.bytes_in_buffer -= wanted;
}

void JpegReader::Decompressor::take_progress(j_common_ptr jpeg) {
    Decompressor& reader = self(jpeg);
    if (reader.jpeg_.input_scan_number > reader.options_.max_scans) {
        reader.has_too_many_scans_ = true;
        std::longjmp(reader.jump_, 1); // NOLINT(cert-err52-cpp)
    }
}

std::string JpegReader::Decompressor::progress_so_far() const {
    if (!is_decoding_) {
        return "in the header";
    }
    return jpeg_.output_scanline == 0 && jpeg_.input_scan_number > 1
               ? fmt::format("in scan {}, before the first complete row", jpeg_.input_scan_number)
               : fmt::format("after {} of {} rows", jpeg_.output_scanline, jpeg_.output_height);
}

void JpegReader::Decompressor::throw_failure() const {
    if (has_too_many_scans_) {
        throw_image_error(image_, position(), fmt::format("more than {} scans", options_.max_scans),
                          "a progressive JPEG as encoders write it (about 10 scans)",
                          "leave the image out, or write it anew with jpegtran");
    }
    if (ran_out_) {
        throw_image_error(image_, position(), "the end of the file " + progress_so_far(), "a whole JPEG",
                          std::string(fetch_again));
    }
    throw_image_error(image_, position(),
                      fmt::format("damage {} (libjpeg: {})", progress_so_far(), message_.data()),
                      "an intact JPEG", std::string(fetch_again));
}

void JpegReader::Decompressor::choose_colours() {
    const int components = jpeg_.num_components;
    if (jpeg_.arith_code != FALSE || (components != 1 && components != 3 && components != 4)) {
        throw_image_error(image_, position(),
                          jpeg_.arith_code != FALSE ? "arithmetic coding"
                                                    : fmt::format("{} components", components),
                          "a Huffman-coded JPEG of 1, 3 or 4 components", "convert the image with jpegtran");
    }
    header_.info.kind = ImageKind::jpeg;
    header_.info.channels = components == 1 ? 1 : 3;
    header_.notes.is_cmyk_converted = components == 4;
    jpeg_.out_color_space = components == 1 ? JCS_GRAYSCALE : (components == 4 ? JCS_CMYK : JCS_EXT_RGBX);
    jpeg_.dct_method = JDCT_ISLOW;
    jpeg_.do_fancy_upsampling = TRUE;
}

void JpegReader::Decompressor::take_exif() {
    for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
        const std::span data(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
        if (marker->marker == exif_marker && data.size() >= exif_start.size() &&
            std::memcmp(data.data(), exif_start.data(), exif_start.size()) == 0) {
            note_orientation(exif_orientation(data.subspan(exif_start.size())), header_.notes);
            return;
        }
    }
}

void JpegReader::Decompressor::start() {
    is_decoding_ = true;
    guarded([this] { jpeg_start_decompress(&jpeg_); });
    if (ran_out_ && jpeg_has_multiple_scans(&jpeg_) != FALSE) {
        throw_failure(); // which scans are missing cannot be known
    }
}

/// Tells libjpeg which columns and rows are wanted; what it will deliver.
PixelWindow JpegReader::Decompressor::select(const PixelWindow& window) {
    const auto& info = header_.info;
    PixelWindow selected{.x = std::max(window.x - window_margin, 0),
                         .y = std::max(window.y - window_margin, 0)};
    selected.width = std::min(window.x + window.width + window_margin, info.width) - selected.x;
    selected.height = std::min(window.y + window.height + window_margin, info.height) - selected.y;
    auto x = static_cast<JDIMENSION>(selected.x);
    auto width = static_cast<JDIMENSION>(selected.width);
    if (selected.width < info.width) {
        guarded([this, &x, &width] { jpeg_crop_scanline(&jpeg_, &x, &width); });
    }
    if (selected.y > 0) {
        guarded([this, &selected] { jpeg_skip_scanlines(&jpeg_, static_cast<JDIMENSION>(selected.y)); });
    }
    selected.x = static_cast<int>(x);
    selected.width = static_cast<int>(width);
    return selected;
}

void JpegReader::Decompressor::read_selected(const PixelWindow& window, const PixelWindow& selected,
                                             RowSink sink, void* context) {
    const auto row_bytes =
        static_cast<std::size_t>(selected.width) * static_cast<std::size_t>(bytes_per_pixel());
    rows_.resize(row_bytes * rows_at_once + row_slack_bytes);
    const std::size_t first_byte =
        static_cast<std::size_t>(window.x - selected.x) * static_cast<std::size_t>(bytes_per_pixel());
    const int last_row = ends_with_marker() ? window.y + window.height : header_.info.height;
    guarded([&] {
        JSAMPROW rows[rows_at_once];
        for (std::size_t i = 0; i < rows_at_once; ++i) {
            rows[i] = rows_.data() + i * row_bytes;
        }
        while (static_cast<int>(jpeg_.output_scanline) < last_row) {
            const int y = static_cast<int>(jpeg_.output_scanline);
            const auto got = static_cast<int>(jpeg_read_scanlines(&jpeg_, rows, rows_at_once));
            for (int i = 0; i < got; ++i) {
                const int row = y + i - window.y;
                if (row >= 0 && row < window.height) {
                    if (header_.notes.is_cmyk_converted) {
                        cmyk_to_rgbx(rows[i], static_cast<std::size_t>(selected.width));
                    }
                    sink(context, row, rows[i] + first_byte);
                }
            }
        }
    });
}

bool JpegReader::Decompressor::ends_with_marker() const {
    const std::size_t first = image_.bytes.size() - std::min(tail_bytes, image_.bytes.size());
    for (std::size_t at = image_.bytes.size() - 1; at > first; --at) {
        if (byte_at(image_.bytes, at) == JPEG_EOI && byte_at(image_.bytes, at - 1) == 0xFF) {
            return true;
        }
    }
    return false;
}

/// Reads on to the end marker when all rows were read; otherwise stops.
void JpegReader::Decompressor::finish(const PixelWindow&) {
    if (jpeg_.output_scanline == jpeg_.output_height) {
        guarded([this] { jpeg_finish_decompress(&jpeg_); });
        header_.notes.has_missing_end = ran_out_;
    }
}

void JpegReader::Decompressor::read(const PixelWindow& window, RowSink sink, void* context) {
    start();
    const PixelWindow selected = select(window);
    read_selected(window, selected, sink, context);
    finish(selected);
}

JpegReader::JpegReader(const EncodedImage& image, const DecodeOptions& options)
    : decompressor_(std::make_unique<Decompressor>(image, options)) {}

JpegReader::~JpegReader() = default;

const ImageHeader& JpegReader::header() const noexcept {
    return decompressor_->header();
}

int JpegReader::bytes_per_pixel() const noexcept {
    return decompressor_->bytes_per_pixel();
}

void JpegReader::read(const PixelWindow& window, RowSink sink, void* context) {
    decompressor_->read(window, sink, context);
}

ImageHeader read_jpeg_header(const EncodedImage& image, const DecodeOptions& options) {
    return JpegReader(image, options).header();
}

namespace {

/// Where rows of R, G, B, X go.
struct PlaneTarget {
    std::uint8_t* pixels = nullptr;
    std::size_t width = 0;
    std::size_t plane = 0;
};

void copy_grey_row(void* context, int row, const std::uint8_t* pixels) noexcept {
    const auto& target = *static_cast<const PlaneTarget*>(context);
    std::memcpy(target.pixels + static_cast<std::size_t>(row) * target.width, pixels, target.width);
}

void split_colour_row(void* context, int row, const std::uint8_t* pixels) noexcept {
    const auto& target = *static_cast<const PlaneTarget*>(context);
    std::uint8_t* const red = target.pixels + static_cast<std::size_t>(row) * target.width;
    std::uint8_t* const green = red + target.plane;
    std::uint8_t* const blue = green + target.plane;
    for (std::size_t x = 0; x < target.width; ++x) {
        red[x] = pixels[4 * x];
        green[x] = pixels[4 * x + 1];
        blue[x] = pixels[4 * x + 2];
    }
}

} // namespace

void decode_jpeg(const EncodedImage& image, const DecodeOptions& options, DecodedImage& out) {
    JpegReader reader(image, options);
    const ImageInfo& info = reader.header().info;
    prepare_planes(info, out);
    PlaneTarget target{.pixels = out.pixels.data(),
                       .width = static_cast<std::size_t>(info.width),
                       .plane = static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.height)};
    reader.read({.width = info.width, .height = info.height},
                info.channels == 1 ? copy_grey_row : split_colour_row, &target);
    out.notes = reader.header().notes;
}

} // namespace suite::data
