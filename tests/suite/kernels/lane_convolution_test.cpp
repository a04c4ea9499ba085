#include "suite/kernels/lane_convolution.hpp"

#include <string>
#include <tuple>

#include "suite/base/philox.hpp"
#include "suite/kernels/lane_convolution_parts.hpp"
#include "tests/suite/kernels/golden.hpp"

namespace suite::kernels {
namespace {

using test::expect_close;

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
    PhiloxStream random({.seed = seed, .purpose = Purpose::content});
    std::vector<float> values(count);
    for (float& value : values) {
        value = random.uniform(-1.0F, 1.0F);
    }
    return values;
}

/// in channels, out channels, side, kernel, stride.
class LaneConvolutionTest : public testing::TestWithParam<std::tuple<int, int, int, int, int>> {
protected:
    const LaneConvolutionShape shape_{.blocks = 2,
                                      .in_channels = static_cast<std::size_t>(std::get<0>(GetParam())),
                                      .out_channels = static_cast<std::size_t>(std::get<1>(GetParam())),
                                      .side = static_cast<std::size_t>(std::get<2>(GetParam())),
                                      .kernel = static_cast<std::size_t>(std::get<3>(GetParam())),
                                      .stride = static_cast<std::size_t>(std::get<4>(GetParam()))};
    const std::vector<float> x_ = noise(shape_.in_elements(), 1);
    const std::vector<float> weight_ = noise(shape_.weight_elements(), 2);
    const std::vector<float> dy_ = noise(shape_.out_elements(), 3);

    /// Calls visit(x index, weight index, y index) for every product of the definition of a convolution.
    template<typename Visit>
    void for_each_product(const Visit& visit) const {
        const auto side = static_cast<std::ptrdiff_t>(shape_.side);
        for (std::size_t y_index = 0; y_index < shape_.out_elements(); ++y_index) {
            const std::size_t lane = y_index % lane_images;
            std::size_t rest = y_index / lane_images;
            const std::size_t column = rest % shape_.out_side();
            rest /= shape_.out_side();
            const std::size_t row = rest % shape_.out_side();
            rest /= shape_.out_side();
            const std::size_t out = rest % shape_.out_channels;
            const std::size_t block = rest / shape_.out_channels;
            for (std::size_t w = 0; w < shape_.in_channels * shape_.kernel * shape_.kernel; ++w) {
                const std::size_t in = w / (shape_.kernel * shape_.kernel);
                const auto border = static_cast<std::ptrdiff_t>(shape_.kernel / 2);
                const auto y =
                    static_cast<std::ptrdiff_t>(row * shape_.stride + w / shape_.kernel % shape_.kernel) -
                    border;
                const auto x =
                    static_cast<std::ptrdiff_t>(column * shape_.stride + w % shape_.kernel) - border;
                if (y >= 0 && y < side && x >= 0 && x < side) {
                    const auto pixel = static_cast<std::size_t>(y * side + x);
                    visit(((block * shape_.in_channels + in) * shape_.side * shape_.side + pixel) *
                                  lane_images +
                              lane,
                          out * shape_.in_channels * shape_.kernel * shape_.kernel + w, y_index);
                }
            }
        }
    }
};

TEST_P(LaneConvolutionTest, ForwardIsTheSumOfItsProducts) {
    std::vector<double> expected(shape_.out_elements(), 0.0);
    for_each_product(
        [&](std::size_t x, std::size_t w, std::size_t y) { expected[y] += double{x_[x]} * weight_[w]; });
    std::vector<float> y(shape_.out_elements(), 9.0F);
    lane_convolution(shape_, x_, weight_, y);
    expect_close(y, expected, 2e-6, "y");
}

TEST_P(LaneConvolutionTest, BackwardDataIsTheTransposedSum) {
    std::vector<double> expected(shape_.in_elements(), 0.0);
    for_each_product(
        [&](std::size_t x, std::size_t w, std::size_t y) { expected[x] += double{dy_[y]} * weight_[w]; });
    std::vector<float> dx(shape_.in_elements(), 9.0F);
    lane_convolution_backward_data(shape_, dy_, weight_, dx);
    expect_close(dx, expected, 2e-6, "dx");
}

TEST_P(LaneConvolutionTest, BackwardWeightIsAdded) {
    std::vector<double> expected(shape_.weight_elements(), 0.5);
    for_each_product(
        [&](std::size_t x, std::size_t w, std::size_t y) { expected[w] += double{dy_[y]} * x_[x]; });
    std::vector<float> dw(shape_.weight_elements(), 0.5F);
    lane_convolution_backward_weight(shape_, x_, dy_, dw);
    expect_close(dw, expected, 5e-6, "dw");
}

INSTANTIATE_TEST_SUITE_P(Shapes, LaneConvolutionTest,
                         testing::Combine(testing::Values(1, 3, 8), testing::Values(2, 9, 16),
                                          testing::Values(1, 2, 3, 4, 5, 7, 14), testing::Values(1, 3),
                                          testing::Values(1, 2)));
// The layers of laptop-large at 28 pixels.
INSTANTIATE_TEST_SUITE_P(Laptop, LaneConvolutionTest,
                         testing::Values(std::tuple{3, 16, 28, 3, 2}, std::tuple{16, 16, 14, 3, 1},
                                         std::tuple{16, 32, 14, 3, 2}, std::tuple{16, 32, 14, 1, 2},
                                         std::tuple{32, 32, 7, 3, 1}, std::tuple{32, 64, 7, 3, 2},
                                         std::tuple{32, 64, 7, 1, 2}, std::tuple{64, 64, 4, 3, 1}));

/// in channels, out channels, side, stride of a convolution with a kernel of 3 x 3, by one instruction set.
class LanePartsTest : public testing::TestWithParam<std::tuple<int, int, int, int>> {
protected:
    const LaneConvolutionShape shape_{.blocks = 2,
                                      .in_channels = static_cast<std::size_t>(std::get<0>(GetParam())),
                                      .out_channels = static_cast<std::size_t>(std::get<1>(GetParam())),
                                      .side = static_cast<std::size_t>(std::get<2>(GetParam())),
                                      .stride = static_cast<std::size_t>(std::get<3>(GetParam()))};
    const std::vector<float> x_ = noise(shape_.in_elements(), 1);
    const std::vector<float> weight_ = noise(shape_.weight_elements(), 2);
    const std::vector<float> dy_ = noise(shape_.out_elements(), 3);

    [[nodiscard]] std::vector<float> forward(const detail::LaneConvolutionParts& parts) const {
        std::vector<float> y(shape_.out_elements());
        std::vector<detail::LaneTap> taps;
        for (std::ptrdiff_t tap = 0; tap < 9; ++tap) {
            taps.push_back({tap / 3 - 1, tap % 3 - 1, tap});
        }
        const auto row = static_cast<std::ptrdiff_t>(shape_.out_side() * lane_images);
        for (std::size_t block = 0; block < shape_.blocks; ++block) {
            parts.gather({.in = x_.data() + block * x_.size() / shape_.blocks,
                          .weight = weight_.data(),
                          .out = y.data() + block * y.size() / shape_.blocks,
                          .taps = taps.data(),
                          .tap_count = taps.size(),
                          .in_channels = shape_.in_channels,
                          .out_channels = shape_.out_channels,
                          .rows = shape_.out_side(),
                          .columns = shape_.out_side(),
                          .in_side = shape_.side,
                          .step = shape_.stride,
                          .out_channel = row * static_cast<std::ptrdiff_t>(shape_.out_side()),
                          .out_row = row,
                          .out_column = lane_images,
                          .weight_out = static_cast<std::ptrdiff_t>(shape_.in_channels * 9),
                          .weight_in = 9});
        }
        return y;
    }

    [[nodiscard]] std::vector<float> weight_gradient(const detail::LaneConvolutionParts& parts) const {
        std::vector<float> gradient(shape_.weight_elements());
        parts.weight_gradient({.x = x_.data(),
                               .dy = dy_.data(),
                               .gradient = gradient.data(),
                               .blocks = shape_.blocks,
                               .in_channels = shape_.in_channels,
                               .out_channels = shape_.out_channels,
                               .kernel = 3,
                               .stride = shape_.stride,
                               .in_side = shape_.side,
                               .side = shape_.out_side()});
        return gradient;
    }
};

std::vector<const detail::LaneConvolutionParts*> parts_that_run_here() {
    std::vector<const detail::LaneConvolutionParts*> parts{&detail::lane_parts_base};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        parts.push_back(&detail::lane_parts_avx2);
    }
    if (__builtin_cpu_supports("avx512f")) {
        parts.push_back(&detail::lane_parts_avx512);
    }
#endif
    return parts;
}

/// The instruction set that lane_convolution chose is held to float64 above, the others to it.
TEST_P(LanePartsTest, EveryInstructionSetGivesTheSameUpToRounding) {
    std::vector<float> y(shape_.out_elements());
    lane_convolution(shape_, x_, weight_, y);
    std::vector<float> gradient(shape_.weight_elements());
    lane_convolution_backward_weight(shape_, x_, dy_, gradient);
    for (const detail::LaneConvolutionParts* parts : parts_that_run_here()) {
        expect_close(forward(*parts), {y.begin(), y.end()}, 2e-6, "y");
        expect_close(weight_gradient(*parts), {gradient.begin(), gradient.end()}, 5e-6, "dw");
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LanePartsTest,
                         testing::Combine(testing::Values(1, 5), testing::Values(1, 4, 9),
                                          testing::Values(1, 2, 3, 4, 7, 14), testing::Values(1, 2)));

} // namespace
} // namespace suite::kernels
