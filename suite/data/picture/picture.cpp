#include "suite/data/picture/picture.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/image/jpeg.hpp"
#include "suite/data/picture/rand_augment.hpp"

namespace suite::data {
namespace {

void check_options(const PictureOptions& options) {
    FaultList faults;
    if (options.side < 1) {
        faults.add({.where = "side", .found = fmt::format("{}", options.side), .expected = "at least 1"});
    }
    const int resize = options.augmentation_detail.resize;
    if (resize != 0 && resize < options.side) {
        faults.add({.where = "resize",
                    .found = fmt::format("{}", resize),
                    .expected = fmt::format("at least the side, {}", options.side)});
    }
    if (const int shrink = options.decode.shrink; shrink != 1 && shrink != 2 && shrink != 4 && shrink != 8) {
        faults.add({.where = "shrink", .found = fmt::format("{}", shrink), .expected = "1, 2, 4 or 8"});
    }
    const auto check_three = [&faults](const char* name, const std::vector<double>& values, double low) {
        if (values.size() != 3 ||
            std::ranges::any_of(values, [low](double value) { return !(value > low); })) {
            faults.add({.where = name,
                        .found = fmt::format("[{}]", fmt::join(values, ", ")),
                        .expected = "3 numbers, standard deviations above 0"});
        }
    };
    check_three("mean", options.mean, -INFINITY);
    check_three("std", options.std, 0.0);
    faults.throw_if_any(ErrorKind::usage);
}

std::array<float, 3> three_floats(const std::vector<double>& values) {
    return {static_cast<float>(values[0]), static_cast<float>(values[1]), static_cast<float>(values[2])};
}

PhiloxStream stream_of(const PictureKey& key, Purpose purpose) {
    return PhiloxStream({.seed = key.seed, .purpose = purpose, .epoch = key.epoch, .sample = key.sample});
}

/// The pixels of the source that the axes look at.
PixelWindow window_of(const Sampling& sampling, const PictureScratch& scratch) {
    return {.x = static_cast<int>(sampling.limits.x) + scratch.columns.low(),
            .y = static_cast<int>(sampling.limits.y) + scratch.rows.low(),
            .width = scratch.columns.high() - scratch.columns.low(),
            .height = scratch.rows.high() - scratch.rows.low()};
}

/// Sets the axes and makes room for the columns' pass.
PixelWindow prepare(const Sampling& sampling, Filter filter, PictureScratch& scratch) {
    const auto width = static_cast<int>(sampling.limits.width);
    const auto height = static_cast<int>(sampling.limits.height);
    scratch.columns.set(width, sampling.resized.width, sampling.left, sampling.side, filter);
    scratch.rows.set(height, sampling.resized.height, sampling.top, sampling.side, filter);
    const PixelWindow window = window_of(sampling, scratch);
    const auto row_bytes = static_cast<std::size_t>(sampling.side) * row_pixel_bytes;
    scratch.resampled.resize(static_cast<std::size_t>(window.height) * row_bytes);
    scratch.row.resize(static_cast<std::size_t>(window.width) * row_pixel_bytes + row_slack_bytes);
    return window;
}

std::uint8_t* resampled_row(PictureScratch& scratch, int row) {
    const auto bytes = static_cast<std::size_t>(scratch.columns.count()) * row_pixel_bytes;
    return scratch.resampled.data() + static_cast<std::size_t>(row) * bytes;
}

void take_colour_row(void* context, int row, const std::uint8_t* pixels) noexcept {
    auto& scratch = *static_cast<PictureScratch*>(context);
    resample_row(scratch.columns, pixels, resampled_row(scratch, row));
}

/// Three channels side by side into rows of 4 bytes a pixel; equal pointers for grey.
void take_planar_row(PictureScratch& scratch, int row, std::array<const std::uint8_t*, 3> channels) {
    const std::size_t width = (scratch.row.size() - row_slack_bytes) / row_pixel_bytes;
    std::uint8_t* out = scratch.row.data();
    for (std::size_t x = 0; x < width; ++x, out += row_pixel_bytes) {
        out[0] = channels[0][x];
        out[1] = channels[1][x];
        out[2] = channels[2][x];
        out[3] = 0;
    }
    resample_row(scratch.columns, scratch.row.data(), resampled_row(scratch, row));
}

void take_grey_row(void* context, int row, const std::uint8_t* pixels) noexcept {
    take_planar_row(*static_cast<PictureScratch*>(context), row, {pixels, pixels, pixels});
}

/// 16-bit images among natural ones: the high bytes, as Pillow reads 16-bit colour.
void keep_high_bytes(DecodedImage& image) {
    image.pixels.resize(image.pixels_16.size());
    std::ranges::transform(image.pixels_16, image.pixels.begin(),
                           [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); });
    image.pixels_16.clear();
    image.bits = 8;
}

ImageView view_of(const DecodedImage& image) {
    assert(image.bits == 8);
    return {.pixels = image.pixels, .channels = image.channels, .size = image.width, .height = image.height};
}

/// Larger images give their memory back: every thread that loads has a scratch of its own.
constexpr std::size_t most_kept_bytes = std::size_t{1} << 28;

void release_if_large(DecodedImage& image) {
    if (image.pixels.capacity() + 2 * image.pixels_16.capacity() > most_kept_bytes) {
        image = {};
    }
}

bool is_jpeg(std::span<const std::byte> bytes) {
    return bytes.size() > 2 && bytes[0] == std::byte{0xFF} && bytes[1] == std::byte{0xD8};
}

} // namespace

PictureMaker::PictureMaker(PictureOptions options) : options_(std::move(options)) {
    check_options(options_);
    levels_ = PixelLevels(three_floats(options_.mean), three_floats(options_.std));
}

bool PictureMaker::has_rand_augment(const std::optional<PictureKey>& key) const {
    return key.has_value() && options_.augmentation_detail.rand_augment_operations > 0;
}

Sampling PictureMaker::frame(Extent source, const std::optional<PictureKey>& key) const {
    if (key.has_value()) {
        return draw_sampling(options_.augmentation, source, options_.side,
                             stream_of(*key, Purpose::augmentation), options_.augmentation_detail);
    }
    return options_.evaluation_crop == EvaluationCrop::squash
               ? whole_image(source, options_.side)
               : centre_crop(source, options_.side * 8 / 7, options_.side);
}

/// The rows' pass and the normalisation.
void PictureMaker::finish_natural(const Sampling& sampling, PictureScratch& scratch,
                                  std::span<float> out) const {
    const auto side = static_cast<std::size_t>(sampling.side);
    const std::size_t bytes = side * row_pixel_bytes;
    scratch.row.resize(std::max(scratch.row.size(), bytes));
    for (std::size_t y = 0; y < side; ++y) {
        mix_rows(scratch.rows, static_cast<int>(y), scratch.resampled, bytes, scratch.row.data());
        float* const target = out.data() + y * side;
        levels_.apply(scratch.row.data(), side, sampling.flip,
                      {target, target + side * side, target + 2 * side * side});
    }
}

void PictureMaker::make_natural(const ImageView& source, const std::optional<PictureKey>& key,
                                PictureScratch& scratch, std::span<float> out) const {
    ImageView image = source;
    if (has_rand_augment(key)) {
        const auto& detail = options_.augmentation_detail;
        image = rand_augment(image, detail.rand_augment_operations, detail.rand_augment_magnitude,
                             stream_of(*key, Purpose::rand_augment), scratch.augmented);
    }
    const Extent extent = image.extent();
    const Sampling sampling = frame(extent, key);
    const PixelWindow window = prepare(sampling, options_.filter, scratch);
    const auto width = static_cast<std::size_t>(extent.width);
    const std::size_t plane = width * static_cast<std::size_t>(extent.height);
    const std::size_t second = image.channels == 3 ? plane : 0;
    for (int row = 0; row < window.height; ++row) {
        const std::uint8_t* const first = image.pixels.data() +
                                          static_cast<std::size_t>(window.y + row) * width +
                                          static_cast<std::size_t>(window.x);
        take_planar_row(scratch, row, {first, first + second, first + 2 * second});
    }
    finish_natural(sampling, scratch, out);
}

ImageNotes PictureMaker::make_from_jpeg(std::span<const std::byte> bytes, std::string_view where,
                                        const std::optional<PictureKey>& key, PictureScratch& scratch,
                                        std::span<float> out) const {
    JpegReader reader({.bytes = bytes, .where = where}, options_.decode);
    const ImageInfo& info = reader.header().info;
    const Sampling sampling = frame({.width = info.width, .height = info.height}, key);
    const PixelWindow window = prepare(sampling, options_.filter, scratch);
    reader.read(window, info.channels == 1 ? take_grey_row : take_colour_row, &scratch);
    finish_natural(sampling, scratch, out);
    ImageNotes notes = reader.header().notes;
    notes.is_grayscale = info.channels == 1;
    return notes;
}

namespace {

/// The centre square of the first channel.
template<typename Pixel>
SquareView<Pixel> centre_square(const std::vector<Pixel>& pixels, int width, int height) {
    const int side = std::min(width, height);
    const int x = width / 2 - side / 2;
    const int y = height / 2 - side / 2;
    return {.pixels = pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + x,
            .side = side,
            .stride = static_cast<std::size_t>(width)};
}

} // namespace

void PictureMaker::make_xray(const DecodedImage& image, const std::optional<PictureKey>& key,
                             PictureScratch& scratch, std::span<float> out) const {
    const int side = options_.side;
    const std::size_t plane = out.size() / 3;
    scratch.plane.resize(plane);
    if (image.bits == 8) {
        resize_area(centre_square(image.pixels, image.width, image.height), side, 1.0F / 255.0F, scratch.area,
                    scratch.plane);
    } else {
        resize_area(centre_square(image.pixels_16, image.width, image.height), side, 1.0F / 65535.0F,
                    scratch.area, scratch.plane);
    }
    const Sampling sampling =
        key.has_value() ? frame({.width = side, .height = side}, key) : whole_image(side);
    const std::span<float> last = out.subspan(2 * plane);
    if (sampling.rotates) {
        sample_affine_plane(scratch.plane, sampling, last);
    } else {
        for (std::size_t i = 0; i < plane; ++i) {
            const auto width = static_cast<std::size_t>(side);
            last[i] = scratch.plane[sampling.flip ? i / width * width + width - 1 - i % width : i];
        }
    }
    for (std::size_t c = 0; c < 3; ++c) { // the last channel keeps the raw values until its turn
        const auto mean = static_cast<float>(options_.mean[c]);
        const auto std = static_cast<float>(options_.std[c]);
        std::ranges::transform(last, out.begin() + static_cast<std::ptrdiff_t>(c * plane),
                               [mean, std](float value) { return (value - mean) / std; });
    }
}

ImageNotes PictureMaker::make(std::span<const std::byte> bytes, std::string_view where,
                              const std::optional<PictureKey>& key, PictureScratch& scratch,
                              std::span<float> out) const {
    const bool needs_whole = options_.pipeline == Pipeline::xray || has_rand_augment(key) ||
                             options_.decode.exif == ExifPolicy::apply;
    if (is_jpeg(bytes) && !needs_whole) {
        return make_from_jpeg(bytes, where, key, scratch, out);
    }
    decode_image(bytes, where, options_.decode, scratch.image);
    if (options_.pipeline == Pipeline::natural && scratch.image.bits == 16) {
        keep_high_bytes(scratch.image);
    }
    make(scratch.image, key, scratch, out);
    const ImageNotes notes = scratch.image.notes;
    release_if_large(scratch.image);
    return notes;
}

void PictureMaker::make(const DecodedImage& image, const std::optional<PictureKey>& key,
                        PictureScratch& scratch, std::span<float> out) const {
    assert(out.size() ==
           3 * static_cast<std::size_t>(options_.side) * static_cast<std::size_t>(options_.side));
    if (options_.pipeline == Pipeline::xray) {
        make_xray(image, key, scratch, out);
    } else if (image.bits == 16) {
        DecodedImage bytes = image;
        keep_high_bytes(bytes);
        make_natural(view_of(bytes), key, scratch, out);
    } else {
        make_natural(view_of(image), key, scratch, out);
    }
}

void PictureMaker::make(const ImageView& image, const std::optional<PictureKey>& key, PictureScratch& scratch,
                        std::span<float> out) const {
    assert(options_.pipeline == Pipeline::natural);
    make_natural(image, key, scratch, out);
}

} // namespace suite::data
