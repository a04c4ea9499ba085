// Normalised floats: vector code against the plain formula, bit for bit.
#include "suite/data/picture/normalise.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "suite/data/picture/transforms.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

/// Means and standard deviations of the recipes (0.5) and of the ImageNet models, and one that rounds often.
std::vector<Normalisation> normalisations() {
    using Three = std::vector<double>;
    return {make_normalisation(Three{0.5, 0.5, 0.5}, Three{0.5, 0.5, 0.5}),
            make_normalisation(Three{0.5, 0.5, 0.5}, Three{0.25, 0.25, 0.25}),
            make_normalisation(Three{0.485, 0.456, 0.406}, Three{0.229, 0.224, 0.225}),
            make_normalisation(Three{1.0 / 3, 1.0 / 7, 1.0 / 11}, Three{1.0 / 13, 1.0 / 17, 1.0 / 19})};
}

std::vector<std::uint32_t> bits_of(std::span<const float> values) {
    std::vector<std::uint32_t> bits(values.size());
    std::ranges::transform(values, bits.begin(),
                           [](float value) { return std::bit_cast<std::uint32_t>(value); });
    return bits;
}

/// What sample_image() promises for a picture that is its source.
std::vector<float> expected_picture(const ImageView& image, bool flip, const Normalisation& normalisation) {
    const auto side = static_cast<std::size_t>(image.size);
    std::vector<float> out(3 * side * side);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t channel = i / (side * side);
        const std::size_t row = i % (side * side) / side;
        const std::size_t x = flip ? side - 1 - i % side : i % side;
        const std::size_t plane = image.channels == 3 ? channel : 0;
        const auto value = static_cast<float>(image.pixels[(plane * side + row) * side + x]);
        out[i] = value * normalisation.scale[channel] + normalisation.offset[channel];
    }
    return out;
}

TEST(NormalisePixels, EveryByteValueHasTheBitsOfTheFormula) {
    constexpr int side = 28;
    for (const Normalisation& normalisation : normalisations()) {
        for (const int channels : {1, 3}) {
            std::vector<std::uint8_t> pixels(static_cast<std::size_t>(channels * side * side));
            for (std::size_t i = 0; i < pixels.size(); ++i) {
                pixels[i] = static_cast<std::uint8_t>(i); // each channel has all 256 values
            }
            const ImageView image{.pixels = pixels, .channels = channels, .size = side};
            for (const bool flip : {false, true}) {
                Sampling sampling = whole_image(side);
                sampling.flip = flip;
                std::vector<float> out(3 * side * side);
                sample_image(image, sampling, normalisation, out);
                ASSERT_EQ(bits_of(out), bits_of(expected_picture(image, flip, normalisation)))
                    << channels << " channels" << (flip ? ", flipped" : "");
            }
        }
    }
}

TEST(NormalisePixels, VectorsAndPlainCodeGiveTheSameBitsAtEveryWidth) {
    const Normalisation normalisation = normalisations()[2];
    for (std::size_t width = 1; width <= 70; ++width) {
        std::vector<std::uint8_t> pixels(width * 5);
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<std::uint8_t>(i * 37 + width);
        }
        for (const std::size_t count : {1U, 3U}) {
            for (const bool flip : {false, true}) {
                std::vector<float> fast(count * pixels.size(), -1.0F);
                std::vector<float> plain(fast.size(), -2.0F);
                const auto run = [&](auto&& normalise, std::vector<float>& out) {
                    std::vector<NormalisedPlane> planes;
                    for (std::size_t c = 0; c < count; ++c) {
                        planes.push_back({.scale = normalisation.scale[c],
                                          .offset = normalisation.offset[c],
                                          .out = out.data() + c * pixels.size()});
                    }
                    normalise(pixels, width, flip, planes);
                };
                run(normalise_pixels, fast);
                run(normalise_pixels_plain, plain);
                ASSERT_EQ(bits_of(fast), bits_of(plain)) << width << " pixels wide, " << count << " planes";
            }
        }
    }
}

/// Every value of every channel in rows of a width, through the vector code and by torchvision's formula.
void expect_levels(const std::array<float, 3>& mean, const std::array<float, 3>& std, std::size_t width,
                   bool flip) {
    const PixelLevels levels(mean, std);
    std::vector<std::uint8_t> pixels(4 * width);
    for (std::size_t start = 0; start < 256; start += width) {
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<std::uint8_t>(start + i / 4 + 85 * (i % 4));
        }
        std::vector<float> out(3 * width);
        levels.apply(pixels.data(), width, flip, {out.data(), out.data() + width, out.data() + 2 * width});
        std::vector<float> expected(out.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t c = i / width;
            const std::size_t x = flip ? width - 1 - i % width : i % width;
            expected[i] = (static_cast<float>(pixels[4 * x + c]) / 255.0F - mean[c]) / std[c];
        }
        ASSERT_EQ(bits_of(out), bits_of(expected)) << width << " pixels from " << start;
    }
}

TEST(PixelLevels, HaveTheBitsOfTorchvisionsDivisions) {
    const std::vector<std::array<float, 3>> means{
        {0.5F, 0.5F, 0.5F}, {0.485F, 0.456F, 0.406F}, {0.0F, 1.0F, -3.7F}};
    const std::vector<std::array<float, 3>> stds{
        {0.5F, 0.5F, 0.5F}, {0.229F, 0.224F, 0.225F}, {1e-3F, 7.7F, 1e30F}};
    for (const auto& mean : means) {
        for (const auto& std : stds) {
            for (const std::size_t width : {1U, 7U, 8U, 9U, 31U, 224U, 256U}) {
                expect_levels(mean, std, width, false);
                expect_levels(mean, std, width, true);
            }
        }
    }
}

} // namespace
} // namespace suite::data
