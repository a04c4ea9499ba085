#include "suite/kernels/weight_standardise.hpp"

#include <string>

#include "tests/suite/kernels/golden.hpp"

namespace suite::kernels {
namespace {

using test::as_floats;
using test::expect_close;

class WeightStandardiseTest : public testing::TestWithParam<int> {};

TEST_P(WeightStandardiseTest, ForwardAndBackwardAgreeWithTorch) {
    const auto golden = test::read_golden("weight_standardise.txt");
    const std::string length = std::to_string(GetParam());
    const auto weights = as_floats(golden.at("w" + length));
    auto gradient = as_floats(golden.at("y_gradient" + length));
    std::vector<float> standardised(weights.size());
    std::vector<float> inverse_sd(4);

    standardise_weights(weights, 4, 1e-10, standardised, inverse_sd);
    standardise_weights_backward(gradient, 4, standardised, inverse_sd);

    expect_close(standardised, golden.at("y" + length), 2e-6, "standardised");
    expect_close(gradient, golden.at("w_gradient" + length), 2e-6, "gradient");
}

INSTANTIATE_TEST_SUITE_P(Lengths, WeightStandardiseTest, testing::Values(3, 27, 150));

TEST(StandardiseWeights, EpsilonStandsInsideTheRoot) {
    // A constant filter has variance 0: 0 / sqrt(0 + 1e-10) = 0, with 1 / sqrt(1e-10) = 1e5.
    const std::vector<float> weights(20, 0.25F);
    std::vector<float> standardised(20, 1.0F);
    std::vector<float> inverse_sd(1);
    standardise_weights(weights, 1, 1e-10, standardised, inverse_sd);
    EXPECT_NEAR(inverse_sd[0], 1e5F, 1.0F);
    for (const float value : standardised) {
        EXPECT_EQ(value, 0.0F);
    }
}

} // namespace
} // namespace suite::kernels
