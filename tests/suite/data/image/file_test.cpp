// Decoding against Pillow (tests/fixtures/image_golden.py, early_end_golden.py), photographs, and every kind
// of damaged file.
#include "suite/data/image/file.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"
#include "suite/data/formats/npy.hpp"
#include "suite/data/picture/picture.hpp"
#include "tests/suite/data/image/support.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using testing::encoded_image;
using testing::golden_image;

/// Of the planes, 16-bit values little-endian.
std::string pixel_hash(const DecodedImage& image) {
    static_assert(std::endian::native == std::endian::little);
    return image.bits == 8 ? sha256_hex(std::as_bytes(std::span(image.pixels)))
                           : sha256_hex(std::as_bytes(std::span(image.pixels_16)));
}

void expect_notes(const ImageNotes& notes, const nlohmann::json& expected, const std::string& name) {
    EXPECT_EQ(notes.is_cmyk_converted, expected.value("is_cmyk_converted", false)) << name;
    EXPECT_EQ(notes.has_dropped_alpha, expected.value("has_dropped_alpha", false)) << name;
    EXPECT_EQ(notes.has_broken_exif, expected.value("has_broken_exif", false)) << name;
    EXPECT_EQ(notes.has_missing_end, expected.value("has_missing_end", false)) << name;
    EXPECT_EQ(notes.has_extraneous_bytes, expected.value("has_extraneous_bytes", false)) << name;
    EXPECT_EQ(notes.ends_early, expected.value("ends_early", false)) << name;
    EXPECT_EQ(notes.exif_orientation, expected.value("exif_orientation", 1)) << name;
    EXPECT_FALSE(notes.has_wrong_extension) << name;
}

TEST(ImageFile, EveryKindDecodesToPillowsPixels) {
    const auto golden = testing::golden("../images/images.json");
    ASSERT_GT(golden["files"].size(), 50U);
    for (const auto& [name, expected] : golden["files"].items()) {
        const std::string bytes = golden_image(name);
        const DecodedImage image = decode_image(encoded_image(bytes), name);
        EXPECT_EQ(image.width, expected["width"].get<int>()) << name;
        EXPECT_EQ(image.height, expected["height"].get<int>()) << name;
        EXPECT_EQ(image.channels, expected["channels"].get<int>()) << name;
        EXPECT_EQ(image.bits, expected["bits"].get<int>()) << name;
        EXPECT_EQ(image.notes.is_grayscale, image.channels == 1) << name;
        EXPECT_EQ(pixel_hash(image), expected["sha256"].get<std::string>()) << name;
        expect_notes(image.notes, expected, name);
    }
}

TEST(ImageFile, ProbingSaysWhatDecodingGives) {
    const auto golden = testing::golden("../images/images.json");
    for (const auto& [name, expected] : golden["files"].items()) {
        const std::string bytes = golden_image(name);
        const ImageInfo info = probe_image(encoded_image(bytes), name);
        EXPECT_EQ(info.width, expected["width"].get<int>()) << name;
        EXPECT_EQ(info.height, expected["height"].get<int>()) << name;
        EXPECT_EQ(info.channels, expected["channels"].get<int>()) << name;
        EXPECT_EQ(info.bits, expected["bits"].get<int>()) << name;
        EXPECT_EQ(to_string(info.kind), name.ends_with(".jpg") ? "JPEG" : "PNG");
        EXPECT_EQ(info.is_progressive, name.find("progressive") != std::string::npos ||
                                           name.find("interlaced") != std::string::npos ||
                                           name == "one_pixel.png")
            << name;
    }
}

TEST(ImageFile, OrientationIsAppliedOnlyWhenAsked) {
    const auto golden = testing::golden("../images/images.json");
    int seen = 0;
    for (const auto& [name, expected] : golden["files"].items()) {
        if (expected.contains("applied_sha256")) {
            const std::string bytes = golden_image(name);
            const DecodeOptions options{.exif = ExifPolicy::apply};
            const DecodedImage image = decode_image(encoded_image(bytes), name, options);
            EXPECT_EQ(pixel_hash(image), expected["applied_sha256"].get<std::string>()) << name;
            EXPECT_EQ(probe_image(encoded_image(bytes), name, options).width, image.width) << name;
            ++seen;
        }
    }
    EXPECT_EQ(seen, 9);
}

TEST(ImageFile, MemoryOfAnEarlierImageDoesNotShow) {
    DecodedImage image;
    const auto golden = testing::golden("../images/images.json");
    for (const char* name : {"grey_16.png", "420.jpg", "grey.jpg", "rgb_16.png", "420_1x1.jpg"}) {
        decode_image(encoded_image(golden_image(name)), name, {}, image);
        EXPECT_EQ(pixel_hash(image), golden["files"][name]["sha256"].get<std::string>()) << name;
    }
}

TEST(ImageFile, TheFirstBytesDecideNotTheName) {
    const std::string bytes = golden_image("rgb.png");
    EXPECT_TRUE(decode_image(encoded_image(bytes), "n02105855_2933.JPEG").notes.has_wrong_extension);
    EXPECT_FALSE(decode_image(encoded_image(bytes), "a/b.PNG").notes.has_wrong_extension);
    EXPECT_FALSE(decode_image(encoded_image(bytes), "shard.tar:1").notes.has_wrong_extension);
    EXPECT_TRUE(decode_image(encoded_image(golden_image("420.jpg")), "x.png").notes.has_wrong_extension);
}

/// Folders in which packages keep sample photographs.
std::vector<fs::path> photo_folders() {
    std::vector<fs::path> folders{"/usr/lib/python3/dist-packages/skimage/data",
                                  "/usr/lib/python3/dist-packages/sklearn/datasets/images"};
    if (const char* named = std::getenv("TRANSFERSCALE_PHOTOS")) {
        std::istringstream list(named);
        for (std::string folder; std::getline(list, folder, ':');) {
            folders.emplace_back(folder);
        }
    }
    folders.insert(folders.begin(), fs::path(TRANSFERSCALE_SOURCE_DIR) / "tests/fixtures/photos");
    return folders;
}

/// 1 when the folder has this very file and it was compared.
int expect_photo(const fs::path& file, const nlohmann::json& expected) {
    if (!fs::exists(file)) {
        return 0;
    }
    const std::string bytes = read_file(file, ErrorKind::data);
    if (sha256_hex(bytes) != expected["file_sha256"].get<std::string>()) {
        return 0; // another release of the package
    }
    DecodedImage image = decode_image(encoded_image(bytes), file.string());
    if (image.bits == 16) { // Pillow keeps the high bytes of 16-bit colour
        image.pixels.assign(image.pixels_16.size(), 0);
        std::ranges::transform(image.pixels_16, image.pixels.begin(),
                               [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); });
        image.bits = 8;
    }
    EXPECT_EQ(image.channels, expected["channels"].get<int>()) << file;
    EXPECT_EQ(pixel_hash(image), expected["sha256"].get<std::string>()) << file;
    return 1;
}

TEST(Photographs, TheOneWeKeepDecodesToPillowsPixels) {
    const auto photos = testing::golden("../images/images.json")["photos"];
    EXPECT_EQ(expect_photo(photo_folders().front() / "astronaut.jpg", photos["astronaut.jpg"]), 1);
}

TEST(Photographs, ThoseOfPythonPackagesDecodeToPillowsPixels) {
    const auto photos = testing::golden("../images/images.json")["photos"];
    int compared = 0;
    for (const fs::path& folder : photo_folders()) {
        for (const auto& [name, expected] : photos.items()) {
            compared += expect_photo(folder / name, expected);
        }
    }
    RecordProperty("compared", compared);
    if (compared <= 1) {
        GTEST_SKIP()
            << "no photographs of scikit-image or scikit-learn found; ci/parity fetches them and sets "
               "TRANSFERSCALE_PHOTOS";
    }
}

/// The photographs of ci/parity that are here, in its order.
std::vector<fs::path> parity_photos() {
    std::vector<fs::path> files;
    for (const char* name : {"astronaut.jpg", "china.jpg", "flower.jpg", "rocket.jpg"}) {
        for (const fs::path& folder : photo_folders()) {
            if (fs::exists(folder / name)) {
                files.push_back(folder / name);
                break;
            }
        }
    }
    return files;
}

// Evaluation pictures for `transferscale infer`: what ci/parity compares with torchvision and timm.
TEST(Photographs, PicturesForInferenceAreWrittenWhenAsked) {
    const char* out = std::getenv("TRANSFERSCALE_PICTURES_OUT");
    if (out == nullptr) {
        GTEST_SKIP() << "TRANSFERSCALE_PICTURES_OUT is not set; ci/parity sets it";
    }
    const PictureMaker maker({.side = 224,
                              .evaluation_crop = EvaluationCrop::centre,
                              .mean = {0.485, 0.456, 0.406},
                              .std = {0.229, 0.224, 0.225}});
    const std::vector<fs::path> files = parity_photos();
    const std::vector<std::size_t> shape{files.size(), 3, 224, 224};
    PictureScratch scratch;
    write_npy(out, shape, ErrorKind::data, [&](const auto& write) {
        std::vector<float> picture(3 * 224 * 224);
        for (const fs::path& file : files) {
            const std::string bytes = read_file(file, ErrorKind::data);
            static_cast<void>(maker.make(encoded_image(bytes), file.string(), {}, scratch, picture));
            write(picture);
        }
    });
    EXPECT_EQ(NpyFile(out, ErrorKind::data).shape(), shape);
}

} // namespace
} // namespace suite::data
