#include <cstring>

#include "suite/data/image_jpeg.hpp"

namespace suite::data {
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
