#include "suite/kernels/optimizer.hpp"

#include <algorithm>
#include <string>

#include "tests/suite/kernels/golden.hpp"

namespace suite::kernels {
namespace {

using test::Arrays;
using test::as_floats;
using test::expect_close;

struct NamedRows {
    std::string name;
    ParameterRows rows;
};

/// The tensors of the golden files, one behind the other: 4-D, 1-D of zeros, 1-D, 2-D, long rows, the head.
const std::vector<NamedRows> tensors = {
    {"conv", {0, 6, 27, true}},     {"beta", {162, 1, 7, true}},   {"gamma", {169, 1, 70, true}},
    {"matrix", {239, 3, 11, true}}, {"wide", {272, 2, 150, true}}, {"head", {572, 5, 4, false}},
};
constexpr std::size_t arena_size = 592;

std::vector<float> arena(const Arrays& golden, const std::string& prefix) {
    std::vector<float> values(arena_size);
    for (const NamedRows& tensor : tensors) {
        const auto part = as_floats(golden.at(prefix + tensor.name));
        std::ranges::copy(part, values.begin() + static_cast<std::ptrdiff_t>(tensor.rows.offset));
    }
    return values;
}

std::vector<ParameterRows> rows() {
    std::vector<ParameterRows> result;
    for (const NamedRows& tensor : tensors) {
        result.push_back(tensor.rows);
    }
    return result;
}

struct Case {
    std::string file;
    SgdSettings settings;
};

class SgdStepTest : public testing::TestWithParam<Case> {};

TEST_P(SgdStepTest, EveryStepAgreesWithTorchAndNumpy) {
    const auto golden = test::read_golden(GetParam().file);
    auto weights = arena(golden, "start:");
    std::vector<float> momentum(arena_size, 0.0F);
    for (int step = 0; step < 6; ++step) {
        const std::string number = std::to_string(step);
        sgd_step(weights, arena(golden, "gradient" + number + ":"), momentum, rows(), GetParam().settings);
        for (const NamedRows& tensor : tensors) {
            const auto part =
                std::span(weights).subspan(tensor.rows.offset, tensor.rows.rows * tensor.rows.row_length);
            expect_close(part, golden.at("weight" + number + ":" + tensor.name), 2e-6, tensor.name + number);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Goldens, SgdStepTest,
    testing::Values(
        Case{"agc_nesterov.txt", {.learning_rate = 0.04F, .weight_decay = 1e-4F}},
        Case{"agc_heavy_ball.txt",
             {.learning_rate = 0.5F, .momentum = 0.8F, .nesterov = false, .clip = 0.05F, .epsilon = 1e-2F}},
        Case{"sgd_nesterov.txt", {.learning_rate = 0.1F, .weight_decay = 1e-3F, .adaptive_clip = false}}),
    [](const auto& that) { return that.param.file.substr(0, that.param.file.find('.')); });

TEST(SgdStep, LeavesGradientsBelowTheThresholdAlone) {
    // ||W|| = 5, so gradients up to norm 0.05 pass unchanged: W - lr * (1 + momentum) * G on the first step.
    std::vector<float> weights = {3.0F, 4.0F};
    std::vector<float> momentum(2, 0.0F);
    const std::vector<float> gradient = {0.03F, 0.0399F};
    const std::vector<ParameterRows> one = {{0, 1, 2, true}};
    sgd_step(weights, gradient, momentum, one, {.learning_rate = 1.0F});
    EXPECT_FLOAT_EQ(weights[0], 3.0F - 1.9F * 0.03F);
    EXPECT_FLOAT_EQ(weights[1], 4.0F - 1.9F * 0.0399F);
}

TEST(SgdStep, ClipsAZeroVectorToTheSmallestNorm) {
    // max_norm = 0.01 * 1e-3 (paper.md#adaptive-gradient-clipping).
    std::vector<float> weights = {0.0F, 0.0F};
    std::vector<float> momentum(2, 0.0F);
    const std::vector<float> gradient = {30.0F, 40.0F};
    const std::vector<ParameterRows> one = {{0, 1, 2, true}};
    sgd_step(weights, gradient, momentum, one, {.learning_rate = 1.0F, .momentum = 0.0F});
    EXPECT_NEAR(l2_norm(weights), 1e-5F, 1e-11F);
}

TEST(L2Norm, OfLongAndShortRows) {
    EXPECT_EQ(l2_norm({}), 0.0F);
    for (const std::size_t count : {1UL, 15UL, 16UL, 17UL, 63UL, 64UL, 65UL, 1000UL}) {
        EXPECT_FLOAT_EQ(l2_norm(std::vector<float>(count, 2.0F)),
                        2.0F * std::sqrt(static_cast<float>(count)));
    }
}

} // namespace
} // namespace suite::kernels
