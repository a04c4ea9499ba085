// Resizing and warping against OpenCV (tests/fixtures/picture_golden.py): one grey level in 99.9 % of the
// pixels, and what is measured is printed.
#include "suite/data/picture/picture.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "suite/base/files.hpp"
#include "suite/data/formats/npz.hpp"
#include "tests/suite/data/image/support.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using testing::encoded_image;

class OpenCv : public ::testing::Test {
protected:
    std::vector<float> array(const std::string& key) {
        for (const NpzEntry& entry : file_.entries()) {
            if (entry.key == key) {
                std::size_t count = 1;
                for (const std::size_t length : entry.header->shape) {
                    count *= length;
                }
                std::vector<float> values(count);
                file_.read(entry, values, faults_);
                faults_.throw_if_any(ErrorKind::data);
                return values;
            }
        }
        ADD_FAILURE() << key;
        return {};
    }

    FaultList faults_;
    NpzFile file_{fs::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/images/pictures.npz", ErrorKind::data,
                  faults_};
};

/// Distances in grey levels: 99.9 % within one, and the table's line.
void expect_parity(const std::string& what, std::span<const float> ours, std::span<const float> theirs,
                   double levels) {
    ASSERT_EQ(ours.size(), theirs.size());
    std::size_t beyond = 0;
    double largest = 0.0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const double distance = std::abs(static_cast<double>(ours[i]) - theirs[i]) * levels;
        beyond += distance > 1.0;
        largest = std::max(largest, distance);
    }
    fmt::print("parity  {:<28}{:>8} pixels  largest {:.5f} levels  {} beyond one\n", what, ours.size(),
               largest, beyond);
    EXPECT_LE(static_cast<double>(beyond), 0.001 * static_cast<double>(ours.size())) << what;
}

TEST_F(OpenCv, AreasOfBothDepths) {
    const int side = 90;
    const int offset = 117 / 2 - side / 2;
    for (const std::string depth : {"8", "16"}) {
        const std::vector<float> stored = array("xray_" + depth);
        const std::vector<std::uint8_t> bytes(stored.begin(), stored.end());
        const std::vector<std::uint16_t> words(stored.begin(), stored.end());
        for (const int target : depth == "8" ? std::vector{30, 45, 96} : std::vector{32, 90}) {
            AreaScratch scratch;
            std::vector<float> out(static_cast<std::size_t>(target) * static_cast<std::size_t>(target));
            if (depth == "8") {
                resize_area(SquareView<std::uint8_t>{bytes.data() + offset, side, 117}, target, 1.0F / 255,
                            scratch, out);
            } else {
                resize_area(SquareView<std::uint16_t>{words.data() + offset, side, 117}, target, 1.0F / 65535,
                            scratch, out);
            }
            expect_parity(fmt::format("area {} bits, 90 to {}", depth, target), out,
                          array(fmt::format("area_{}_{}", depth, target)), 255.0);
        }
    }
}

TEST_F(OpenCv, ShiftScaleRotateWithReflectedBorder) {
    const std::vector<float> stored = array("xray_8");
    const std::vector<std::uint8_t> bytes(stored.begin(), stored.end());
    AreaScratch scratch;
    std::vector<float> plane(48 * 48);
    resize_area(SquareView<std::uint8_t>{bytes.data() + (117 / 2 - 45), 90, 117}, 48, 1.0F / 255, scratch,
                plane);
    const auto turns = testing::golden("../images/pictures.json")["affine"];
    for (std::size_t i = 0; i < turns.size(); ++i) {
        Sampling sampling = whole_image(48);
        sampling.rotates = true;
        sampling.inverse = inverse_shift_scale_rotate(48, turns[i][0].get<float>(), turns[i][1].get<float>(),
                                                      turns[i][2].get<float>(), turns[i][3].get<float>());
        std::vector<float> out(plane.size());
        sample_affine_plane(plane, sampling, out);
        expect_parity(fmt::format("shift-scale-rotate {}", i), out, array(fmt::format("affine_{}", i)),
                      255.0);
    }
}

TEST_F(OpenCv, LinearWithoutAntialiasing) {
    const std::string bytes = read_file(
        fs::path(TRANSFERSCALE_SOURCE_DIR) / "tests/fixtures/photos/astronaut.jpg", ErrorKind::data);
    const DecodedImage image = decode_image(encoded_image(bytes), "astronaut.jpg");
    const PictureOptions options{.side = 48, .filter = Filter::linear, .mean = {0, 0, 0}, .std = {1, 1, 1}};
    DecodedImage crop{.width = 300, .height = 201, .channels = 3, .pixels = {}, .pixels_16 = {}};
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t y = 0; y < 201; ++y) {
            const auto row =
                image.pixels.begin() + static_cast<std::ptrdiff_t>((c * 400 + 61 + y) * 512 + 37);
            crop.pixels.insert(crop.pixels.end(), row, row + 300);
        }
    }
    PictureScratch scratch;
    std::vector<float> out(3 * 48 * 48);
    PictureMaker(options).make(crop, {}, scratch, out);
    std::ranges::transform(out, out.begin(), [](float value) { return value * 255.0F; });
    expect_parity("linear 8 bits, 300 x 201 to 48", out, array("linear"), 1.0);
}

} // namespace
} // namespace suite::data
