#include "suite/kernels/group_norm.hpp"

#include <limits>
#include <string>

#include "tests/suite/kernels/golden.hpp"

namespace suite::kernels {
namespace {

using test::Arrays;
using test::as_floats;
using test::expect_close;

class GroupNormTest : public testing::TestWithParam<int> {
protected:
    const Arrays golden_ = test::read_golden("group_norm.txt");
    const std::string side_ = std::to_string(GetParam());
    const GroupNormShape shape_{.images = 3,
                                .channels = 6,
                                .area = static_cast<std::size_t>(GetParam() * GetParam()),
                                .groups = 2,
                                .epsilon = 1e-5};
    std::vector<float> y_ = std::vector<float>(shape_.elements());
    std::vector<float> statistics_ = std::vector<float>(shape_.statistics());

    std::vector<float> input(const std::string& name) const { return as_floats(golden_.at(name + side_)); }
    void forward() { group_norm_relu(shape_, input("x"), input("scale"), input("shift"), y_, statistics_); }
};

TEST_P(GroupNormTest, ForwardAgreesWithTorch) {
    forward();
    expect_close(y_, golden_.at("y" + side_), 2e-6, "y");
}

TEST_P(GroupNormTest, BackwardAgreesWithTorchAndAddsToParameterGradients) {
    forward();
    const auto x = input("x");
    const auto scale = input("scale");
    auto gradient = input("y_gradient");
    std::vector<float> scale_gradient(6, 0.0F);
    std::vector<float> shift_gradient(6, 2.5F);
    group_norm_relu_backward(shape_, {.x = x,
                                      .y = y_,
                                      .statistics = statistics_,
                                      .scale = scale,
                                      .y_gradient = gradient,
                                      .addend = {},
                                      .scale_gradient = scale_gradient,
                                      .shift_gradient = shift_gradient,
                                      .x_gradient = gradient});
    expect_close(gradient, golden_.at("x_gradient" + side_), 2e-5, "x_gradient");
    expect_close(scale_gradient, golden_.at("scale_gradient" + side_), 1e-5, "scale_gradient");
    std::vector<double> expected_shift = golden_.at("shift_gradient" + side_);
    for (double& value : expected_shift) {
        value += 2.5;
    }
    expect_close(shift_gradient, expected_shift, 1e-5, "shift_gradient");
}

TEST_P(GroupNormTest, AddendIsAddedToTheInputGradient) {
    forward();
    const auto x = input("x");
    const auto scale = input("scale");
    const auto gradient = input("y_gradient");
    std::vector<float> sink(6, 0.0F);
    std::vector<float> addend(shape_.elements(), 3.0F);
    group_norm_relu_backward(shape_, {x, y_, statistics_, scale, gradient, addend, sink, sink, addend});
    std::vector<double> expected = golden_.at("x_gradient" + side_);
    for (double& value : expected) {
        value += 3.0;
    }
    expect_close(addend, expected, 2e-5, "x_gradient");
}

INSTANTIATE_TEST_SUITE_P(Sides, GroupNormTest, testing::Values(1, 2, 5, 9));

TEST(GroupNormRelu, KeepsNotANumber) {
    const GroupNormShape shape{.images = 1, .channels = 2, .area = 20, .groups = 2};
    std::vector<float> x(40, 1.0F);
    x[3] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> ones(2, 1.0F);
    std::vector<float> y(40);
    std::vector<float> statistics(shape.statistics());
    group_norm_relu(shape, x, ones, ones, y, statistics);
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_FLOAT_EQ(y[39], 1.0F); // the other group is not touched
}

} // namespace
} // namespace suite::kernels
