// What a decoded image must be whatever the file was, and every way of decoding it.
#pragma once

#include <vector>

#include "suite/data/picture/picture.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace suite::fuzz {

/// Small, so that the time goes into the parsers.
inline data::DecodeOptions small_limits(data::ExifPolicy exif = data::ExifPolicy::ignore) {
    return {.max_pixels = 1U << 18, .max_scans = 20, .exif = exif};
}

inline void decode_and_check(std::span<const std::byte> bytes) {
    expect_result_or_error([&] { static_cast<void>(data::probe_image(bytes, "input", small_limits())); });
    expect_result_or_error([&] {
        const data::DecodedImage image =
            data::decode_image(bytes, "input", small_limits(data::ExifPolicy::apply));
        const std::size_t values = static_cast<std::size_t>(image.width) *
                                   static_cast<std::size_t>(image.height) *
                                   static_cast<std::size_t>(image.channels);
        require(values > 0 && image.pixels.size() + image.pixels_16.size() == values);
        require((image.bits == 8 ? image.pixels : std::vector<std::uint8_t>{}).size() ==
                (image.bits == 8 ? values : 0));
    });
}

/// Pictures of both pipelines, with draws that the input decides.
inline void make_pictures(std::span<const std::byte> bytes) {
    static data::PictureScratch scratch;
    static std::vector<float> out(3 * 24 * 24);
    for (const auto pipeline : {data::Pipeline::natural, data::Pipeline::xray}) {
        const data::PictureMaker maker({.pipeline = pipeline,
                                        .side = 24,
                                        .augmentation = pipeline == data::Pipeline::xray
                                                            ? plan::Augmentation::xray
                                                            : plan::Augmentation::random_resized_crop,
                                        .mean = {0.5, 0.5, 0.5},
                                        .std = {0.5, 0.5, 0.5},
                                        .decode = small_limits()});
        expect_result_or_error([&] {
            static_cast<void>(
                maker.make(bytes, "input", data::PictureKey{.sample = bytes.size()}, scratch, out));
            for (const float value : out) {
                require(value >= -1.001F && value <= 1.001F);
            }
        });
    }
}

} // namespace suite::fuzz
