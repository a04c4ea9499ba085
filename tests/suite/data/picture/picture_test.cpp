// Pictures against torchvision and Pillow (tests/fixtures/picture_golden.py): natural images have to be the
// same bits. OpenCV's part is in picture_opencv_test.cpp.
#include "suite/data/picture/picture.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

#include "suite/base/hash.hpp"
#include "suite/data/image/jpeg.hpp"
#include "tests/suite/data/image/support.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using testing::encoded_image;
using testing::golden_image;

const std::vector<double> imagenet_mean{0.485, 0.456, 0.406};
const std::vector<double> imagenet_std{0.229, 0.224, 0.225};

std::string picture_bytes(const std::string& name) {
    const fs::path photo = fs::path(TRANSFERSCALE_SOURCE_DIR) / "tests/fixtures/photos" / name;
    return fs::exists(photo) ? read_file(photo, ErrorKind::data) : golden_image(name);
}

PictureOptions natural_options(int side) {
    return {.side = side, .mean = imagenet_mean, .std = imagenet_std};
}

std::string float_hash(std::span<const float> values) {
    return sha256_hex(std::as_bytes(values));
}

/// Rows of the resampled source in planes.
std::vector<std::uint8_t> resample(const DecodedImage& image, const nlohmann::json& expected) {
    const auto at = [&expected](const char* name, std::size_t i) { return expected[name][i].get<int>(); };
    const int side = expected["side"].get<int>();
    ResampleAxis columns;
    ResampleAxis rows;
    columns.set(at("box", 2), at("resized", 0), at("cut", 0), side, Filter::triangle);
    rows.set(at("box", 3), at("resized", 1), at("cut", 1), side, Filter::triangle);
    const auto width = static_cast<std::size_t>(image.width);
    const std::size_t plane = width * static_cast<std::size_t>(image.height);
    const std::size_t row_bytes = static_cast<std::size_t>(side) * row_pixel_bytes;
    std::vector<std::uint8_t> between(static_cast<std::size_t>(rows.high() - rows.low()) * row_bytes);
    for (int y = rows.low(); y < rows.high(); ++y) {
        std::vector<std::uint8_t> line(static_cast<std::size_t>(columns.high()) * 4 + row_slack_bytes);
        for (int x = columns.low(); x < columns.high(); ++x) {
            for (std::size_t c = 0; c < 3; ++c) {
                const std::size_t source = static_cast<std::size_t>(at("box", 1) + y) * width +
                                           static_cast<std::size_t>(at("box", 0) + x);
                line[static_cast<std::size_t>(x - columns.low()) * 4 + c] =
                    image.pixels[(image.channels == 3 ? c : 0) * plane + source];
            }
        }
        resample_row(columns, line.data(),
                     between.data() + static_cast<std::size_t>(y - rows.low()) * row_bytes);
    }
    std::vector<std::uint8_t> out(3 * static_cast<std::size_t>(side * side));
    std::vector<std::uint8_t> line(row_bytes);
    for (int y = 0; y < side; ++y) {
        mix_rows(rows, y, between, row_bytes, line.data());
        for (std::size_t i = 0; i < 3 * static_cast<std::size_t>(side); ++i) {
            const std::size_t c = i / static_cast<std::size_t>(side);
            const std::size_t x = i % static_cast<std::size_t>(side);
            out[(c * static_cast<std::size_t>(side) + static_cast<std::size_t>(y)) *
                    static_cast<std::size_t>(side) +
                x] = line[x * 4 + c];
        }
    }
    return out;
}

TEST(Resample, CropsAndResizesToPillowsVeryPixels) {
    for (const auto& expected : testing::golden("../images/pictures.json")["natural"]) {
        const std::string bytes = picture_bytes(expected["file"]);
        const DecodedImage image = decode_image(encoded_image(bytes), expected["file"].get<std::string>());
        const std::vector<std::uint8_t> levels = resample(image, expected);
        EXPECT_EQ(sha256_hex(std::as_bytes(std::span(levels))), expected["levels_sha256"].get<std::string>())
            << expected.dump();
    }
}

TEST(Resample, EveryVectorCodeGivesTheBytesOfThePlain) {
    std::vector<VectorCode> codes{VectorCode::avx2, VectorCode::vnni};
    std::erase_if(codes, [](VectorCode code) { return code > best_vector_code(); });
    std::mt19937 random(3);
    ResampleAxis axis;
    for (int i = 0; i < 300; ++i) {
        const int source = 1 + static_cast<int>(random() % 900);
        const int target = 1 + static_cast<int>(random() % 300);
        const int start = static_cast<int>(random() % static_cast<unsigned>(target));
        const int count = 1 + static_cast<int>(random() % static_cast<unsigned>(target - start));
        axis.set(source, target, start, count, i % 2 == 0 ? Filter::triangle : Filter::linear);
        ASSERT_TRUE(axis.low() >= 0 && axis.high() <= source && axis.low() < axis.high());
        std::vector<std::uint8_t> row(static_cast<std::size_t>(axis.high() - axis.low()) * 4 +
                                      row_slack_bytes);
        std::ranges::generate(row, [&] { return static_cast<std::uint8_t>(random()); });
        std::vector<std::uint8_t> fast(static_cast<std::size_t>(count) * 4);
        std::vector<std::uint8_t> plain(fast.size());
        resample_row(axis, row.data(), plain.data(), VectorCode::plain);
        for (const VectorCode code : codes) {
            fast.assign(fast.size(), 0);
            resample_row(axis, row.data(), fast.data(), code);
            ASSERT_EQ(fast, plain) << source << " to " << target;
        }
        const std::size_t bytes = 1 + random() % 140;
        std::vector<std::uint8_t> rows(static_cast<std::size_t>(axis.high() - axis.low()) * bytes);
        std::ranges::generate(rows, [&] { return static_cast<std::uint8_t>(random()); });
        plain.assign(bytes, 0);
        const int target_row = static_cast<int>(random() % static_cast<unsigned>(count));
        mix_rows(axis, target_row, rows, bytes, plain.data(), VectorCode::plain);
        for (const VectorCode code : codes) {
            fast.assign(bytes, 0);
            mix_rows(axis, target_row, rows, bytes, fast.data(), code);
            ASSERT_EQ(fast, plain) << source << " to " << target;
        }
    }
}

TEST(Picture, FramesAndNormalisesToTorchvisionsVeryBits) {
    const auto expected = testing::golden("../images/pictures.json")["transforms"];
    const std::string bytes = picture_bytes("astronaut.jpg");
    PictureScratch scratch;
    PictureOptions options = natural_options(224);
    options.evaluation_crop = EvaluationCrop::centre;
    std::vector<float> out(3 * 224 * 224);
    static_cast<void>(PictureMaker(options).make(encoded_image(bytes), "x", {}, scratch, out));
    EXPECT_EQ(float_hash(out), expected["centre_224"].get<std::string>());
    out.resize(3 * 128 * 128);
    static_cast<void>(PictureMaker(natural_options(128)).make(encoded_image(bytes), "x", {}, scratch, out));
    EXPECT_EQ(float_hash(out), expected["squash_128"].get<std::string>());
}

/// What a JPEG's decoded window gives is what decoding whole and cutting gives, for every recipe.
TEST(Picture, DecodingOnlyTheWindowChangesNothing) {
    PictureScratch scratch;
    PictureScratch scratch_of_whole;
    int flips = 0;
    for (const auto kind : {plan::Augmentation::random_resized_crop, plan::Augmentation::crop_flip}) {
        PictureOptions options = natural_options(32);
        options.augmentation = kind;
        const PictureMaker maker(options);
        std::vector<float> windowed(3 * 32 * 32);
        std::vector<float> whole(windowed.size());
        for (const char* name :
             {"astronaut.jpg", "420.jpg", "422.jpg", "440.jpg", "411.jpg", "444_progressive.jpg",
              "420_progressive.jpg", "grey.jpg", "cmyk.jpg", "restart.jpg", "no_end.jpg", "420_8x100.jpg",
              "early_end_400_420.jpg", "early_end_42_422.jpg", "early_end_339_restart.jpg",
              "early_end_300_420_progressive.jpg", "early_end_1408_cmyk.jpg"}) {
            const std::string bytes = picture_bytes(name);
            const DecodedImage image = decode_image(encoded_image(bytes), name);
            for (std::uint64_t sample = 0; sample < 40; ++sample) {
                const PictureKey key{.seed = 4, .epoch = 1, .sample = sample};
                static_cast<void>(maker.make(encoded_image(bytes), name, key, scratch, windowed));
                maker.make(image, key, scratch_of_whole, whole);
                ASSERT_EQ(windowed, whole) << name << " " << sample;
                flips += draw_sampling(
                             kind, {image.width, image.height}, 32,
                             PhiloxStream(
                                 {.seed = 4, .purpose = Purpose::augmentation, .epoch = 1, .sample = sample}))
                             .flip;
            }
        }
    }
    EXPECT_GT(flips, 100);
}

TEST(JpegWindow, EveryWindowHasThePixelsOfTheWholeImage) {
    std::mt19937 random(8);
    for (const char* name : {"420.jpg", "422.jpg", "440.jpg", "411.jpg", "444.jpg", "420_progressive.jpg",
                             "grey.jpg", "restart.jpg", "astronaut.jpg", "early_end_400_420.jpg",
                             "early_end_343_grey.jpg", "early_end_300_420_progressive.jpg"}) {
        const std::string bytes = picture_bytes(name);
        const DecodedImage image = decode_image(encoded_image(bytes), name);
        for (int i = 0; i < 60; ++i) {
            PixelWindow window{.x = static_cast<int>(random() % static_cast<unsigned>(image.width)),
                               .y = static_cast<int>(random() % static_cast<unsigned>(image.height))};
            window.width = 1 + static_cast<int>(random() % static_cast<unsigned>(image.width - window.x));
            window.height = 1 + static_cast<int>(random() % static_cast<unsigned>(image.height - window.y));
            struct Check {
                const DecodedImage* image;
                PixelWindow window;
                int wrong = 0;
                int rows = 0;
            } check{.image = &image, .window = window};
            JpegReader({.bytes = encoded_image(bytes), .where = name}, {})
                .read(
                    window,
                    [](void* context, int row, const std::uint8_t* pixels) noexcept {
                        auto& c = *static_cast<Check*>(context);
                        const auto width = static_cast<std::size_t>(c.image->width);
                        const std::size_t step = c.image->channels == 1 ? 1 : 4;
                        for (int x = 0; x < c.window.width; ++x) {
                            const std::size_t at = static_cast<std::size_t>(c.window.y + row) * width +
                                                   static_cast<std::size_t>(c.window.x + x);
                            c.wrong += pixels[static_cast<std::size_t>(x) * step] != c.image->pixels[at];
                        }
                        c.rows += 1;
                    },
                    &check);
            ASSERT_EQ(check.rows, window.height) << name;
            ASSERT_EQ(check.wrong, 0)
                << name << " " << window.x << " " << window.y << " " << window.width << " " << window.height;
        }
    }
}

// Decoding at 1/2 and 1/4 averages inside blocks before the resize does: how far that is from decoding whole.
// The bounds are what was measured on the photograph, rounded up; nothing sets shrink unless a person asks
// for it.
TEST(ScaledDecoding, StaysWithinTheDeclaredBound) {
    const std::string bytes = picture_bytes("astronaut.jpg");
    struct Case {
        int shrink;
        int side;
        double mean_levels;
        double largest_levels;
    };
    for (const Case& scaled : {Case{2, 100, 1.0, 12.0}, Case{4, 50, 1.0, 12.0}}) {
        PictureOptions options = natural_options(scaled.side);
        options.mean = {0, 0, 0};
        options.std = {1, 1, 1};
        const auto side = static_cast<std::size_t>(scaled.side);
        std::vector<float> whole(3 * side * side);
        std::vector<float> shrunk(whole.size());
        PictureScratch scratch;
        static_cast<void>(PictureMaker(options).make(encoded_image(bytes), "x", {}, scratch, whole));
        options.decode.shrink = scaled.shrink;
        static_cast<void>(PictureMaker(options).make(encoded_image(bytes), "x", {}, scratch, shrunk));
        double mean = 0.0;
        double largest = 0.0;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            const double distance = 255.0 * std::abs(static_cast<double>(whole[i]) - shrunk[i]);
            mean += distance / static_cast<double>(whole.size());
            largest = std::max(largest, distance);
        }
        fmt::print("parity  decoded at 1/{} for {:<12}{:>8} pixels  largest {:.0f} levels, mean {:.3f}\n",
                   scaled.shrink, scaled.side, whole.size(), largest, mean);
        EXPECT_LE(mean, scaled.mean_levels);
        EXPECT_LE(largest, scaled.largest_levels);
        EXPECT_GT(largest, 0.0);
    }
}

// ------------------------------------------------------------------------------------------ X-rays, options

TEST(Picture, XraysTakeTheCentreSquareOfTheFirstChannel) {
    DecodedImage image{.width = 6, .height = 4, .channels = 3, .pixels = {}, .pixels_16 = {}};
    for (int c = 0; c < 3; ++c) {
        for (int i = 0; i < 24; ++i) {
            image.pixels.push_back(static_cast<std::uint8_t>(c == 0 ? 10 * (i % 6) : 255));
        }
    }
    const PictureMaker maker(
        {.pipeline = Pipeline::xray, .side = 2, .mean = {0.5, 0.5, 0.5}, .std = {0.5, 0.5, 0.5}});
    PictureScratch scratch;
    std::vector<float> out(12);
    maker.make(image, {}, scratch, out);
    for (std::size_t i = 0; i < 12; ++i) { // columns 1 to 4: means 15 and 35
        EXPECT_NEAR(out[i], ((i % 2 == 0 ? 15.0 : 35.0) / 255.0 - 0.5) / 0.5, 1e-6);
    }
    image.bits = 16;
    image.pixels_16.assign(72, 65535);
    image.pixels.clear();
    maker.make(image, {}, scratch, out);
    EXPECT_NEAR(out[0], 1.0F, 1e-6);
}

TEST(Picture, XrayAugmentationIsKeyed) {
    const std::string bytes = golden_image("grey_16.png");
    const PictureMaker maker({.pipeline = Pipeline::xray,
                              .side = 16,
                              .augmentation = plan::Augmentation::xray,
                              .mean = {0.5, 0.5, 0.5},
                              .std = {0.5, 0.5, 0.5}});
    PictureScratch scratch;
    std::vector<std::vector<float>> pictures;
    for (const std::uint64_t sample : {1U, 2U, 1U}) {
        std::vector<float> out(3 * 16 * 16);
        static_cast<void>(
            maker.make(encoded_image(bytes), "x", PictureKey{.seed = 1, .sample = sample}, scratch, out));
        EXPECT_TRUE(std::equal(out.begin(), out.begin() + 256, out.begin() + 512));
        EXPECT_TRUE(std::ranges::all_of(out, [](float value) { return value >= -1.0F && value <= 1.0F; }));
        pictures.push_back(out);
    }
    EXPECT_EQ(pictures[0], pictures[2]);
    EXPECT_NE(pictures[0], pictures[1]);
}

TEST(Picture, SixteenBitNaturalImagesKeepTheirHighBytes) {
    PictureScratch scratch;
    const PictureMaker maker(natural_options(16));
    std::vector<float> deep(3 * 16 * 16);
    std::vector<float> plain(deep.size());
    static_cast<void>(maker.make(encoded_image(golden_image("rgb_16.png")), "x", {}, scratch, deep));
    static_cast<void>(maker.make(encoded_image(golden_image("rgb.png")), "x", {}, scratch, plain));
    EXPECT_EQ(deep, plain);
}

TEST(Picture, OptionsThatCannotBeAreNamedAtOnce) {
    const std::string text = testing::error_text(ErrorKind::usage, [] {
        PictureMaker({.side = 224, .augmentation_detail = {.resize = 200}, .mean = {0, 0}, .std = {1, 0, 1}});
    });
    EXPECT_THAT(text, ::testing::AllOf(::testing::HasSubstr("resize: found 200"),
                                       ::testing::HasSubstr("mean"), ::testing::HasSubstr("std")));
}

} // namespace
} // namespace suite::data
