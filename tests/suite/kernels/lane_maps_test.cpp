#include "suite/kernels/lane_maps.hpp"

#include <numeric>
#include <string>

#include "tests/suite/kernels/golden.hpp"

namespace suite::kernels {
namespace {

using test::Arrays;
using test::as_floats;
using test::expect_close;

std::vector<float> to_lanes(const std::vector<double>& images, std::size_t count) {
    std::vector<float> maps(lane_blocks(count) * images.size() / count * lane_images);
    images_to_lanes(as_floats(images), count, maps);
    return maps;
}

/// The inverse of images_to_lanes, by its definition.
std::vector<float> from_lanes(const std::vector<float>& maps, std::size_t count) {
    const std::size_t elements = maps.size() / lane_blocks(count) / lane_images;
    std::vector<float> images(count * elements);
    for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t i = 0; i < elements; ++i) {
            images[n * elements + i] = maps[(n / lane_images * elements + i) * lane_images + n % lane_images];
        }
    }
    return images;
}

TEST(LaneMaps, FillUpTheLastBlockWithZeros) {
    std::vector<double> images(18 * 2);
    std::iota(images.begin(), images.end(), 1.0);
    const auto maps = to_lanes(images, 18);
    ASSERT_EQ(maps.size(), 64U);
    EXPECT_EQ(maps[0], 1.0F);
    EXPECT_EQ(maps[1], 3.0F); // the second image
    EXPECT_EQ(maps[16], 2.0F);
    EXPECT_EQ(maps[33], 35.0F);
    EXPECT_EQ(maps[34], 0.0F);
    expect_close(from_lanes(maps, 18), images, 0.0, "images");
}

TEST(LaneMaps, AverageAndItsBackwardPassAreTransposes) {
    std::vector<double> images(3 * 2 * 4);
    std::iota(images.begin(), images.end(), 0.0);
    std::vector<float> averages(6);
    lane_average(to_lanes(images, 3), 2, 4, averages);
    EXPECT_EQ(averages, (std::vector<float>{1.5F, 5.5F, 9.5F, 13.5F, 17.5F, 21.5F}));
    std::vector<float> gradient(2 * 4 * lane_images, 9.0F);
    lane_average_backward(averages, 2, 4, gradient);
    EXPECT_EQ(gradient[0], 1.5F / 4);
    EXPECT_EQ(gradient[3 * lane_images + 2], 17.5F / 4); // image 2, channel 0
    EXPECT_EQ(gradient[4 * lane_images + 1], 13.5F / 4);
    EXPECT_EQ(gradient[3], 0.0F); // no such image
}

class LaneGroupNormTest : public testing::TestWithParam<int> {};

TEST_P(LaneGroupNormTest, AgreesWithTorch) {
    const Arrays golden = test::read_golden("group_norm.txt");
    const std::string side = std::to_string(GetParam());
    const GroupNormShape shape{.images = lane_images,
                               .channels = 6,
                               .area = static_cast<std::size_t>(GetParam() * GetParam()),
                               .groups = 2};
    const auto x = to_lanes(golden.at("x" + side), 3);
    const auto dy = to_lanes(golden.at("y_gradient" + side), 3);
    const auto scale = as_floats(golden.at("scale" + side));
    const auto shift = as_floats(golden.at("shift" + side));
    std::vector<float> y(shape.elements());
    std::vector<float> statistics(shape.statistics());
    std::vector<float> dscale(6, 0.0F);
    std::vector<float> dshift(6, 0.0F);
    std::vector<float> dx(shape.elements(), 2.0F);

    lane_group_norm_relu(shape, x, scale, shift, y, statistics);
    lane_group_norm_relu_backward(shape, {x, y, statistics, scale, dy, dx, dscale, dshift, dx});

    expect_close(from_lanes(y, 3), golden.at("y" + side), 2e-6, "y");
    auto expected = golden.at("x_gradient" + side);
    for (double& value : expected) {
        value += 2.0; // the addend
    }
    expect_close(from_lanes(dx, 3), expected, 2e-5, "x_gradient");
    expect_close(dscale, golden.at("scale_gradient" + side), 1e-5, "scale_gradient");
    expect_close(dshift, golden.at("shift_gradient" + side), 1e-5, "shift_gradient");
}

INSTANTIATE_TEST_SUITE_P(Sides, LaneGroupNormTest, testing::Values(1, 2, 5, 9));

} // namespace
} // namespace suite::kernels
