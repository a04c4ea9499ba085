// The CUDA kernels alone against the CPU kernels, at sizes of real layers too.
#include "suite/kernels/device_kernels.hpp"

#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include "suite/base/philox.hpp"
#include "suite/kernels/group_norm.hpp"
#include "suite/kernels/optimizer.hpp"
#include "suite/kernels/weight_standardise.hpp"
#include "suite/train/engine.hpp"
#include "tests/gpu/gpu_test.hpp"
#include "tests/suite/train/engine_pair.hpp"

namespace suite::kernels {
namespace {

using GpuKernels = test::GpuTest;
using test::relative_difference;

device::Stream stream() {
    return train::device_stream();
}

std::vector<float> values_of(std::size_t count, std::uint64_t sample, double sd = 1.0) {
    PhiloxStream random({.seed = 21, .sample = sample});
    std::vector<float> values(count);
    for (float& value : values) {
        value = static_cast<float>(sd * random.normal());
    }
    return values;
}

at::Tensor to_device(std::vector<float>& values) {
    return at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())},
                         at::TensorOptions(at::kFloat))
        .to(at::kCUDA);
}

std::vector<float> to_host(const at::Tensor& tensor) {
    const at::Tensor host = tensor.to(at::kCPU).to(at::kFloat).contiguous();
    return {host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel()};
}

/// Rows of one length, one behind the other.
at::Tensor row_table(std::int64_t rows, std::int32_t length, std::vector<device::Row>& host) {
    for (std::int64_t row = 0; row < rows; ++row) {
        host.push_back({.offset = row * length, .packed = row * length, .length = length});
    }
    return at::from_blob(host.data(), {static_cast<std::int64_t>(host.size() * sizeof(device::Row))},
                         at::TensorOptions(at::kByte))
        .to(at::kCUDA);
}

TEST_F(GpuKernels, StandardiseAndBackAgreeWithTheCpu) {
    for (const std::int32_t length : {27, 576, 18432}) { // a stem, a 3x3 of 64, a 3x3 of 2048 channels
        const std::int64_t rows = 33;
        const auto count = static_cast<std::size_t>(rows * length);
        auto weights = values_of(count, 1, 0.2);
        auto gradients = values_of(count, 2);
        std::vector<float> expected(count);
        std::vector<float> expected_sd(static_cast<std::size_t>(rows));
        standardise_weights(weights, static_cast<std::size_t>(rows), 1e-10, expected, expected_sd);
        auto expected_gradient = gradients;
        standardise_weights_backward(expected_gradient, static_cast<std::size_t>(rows), expected,
                                     expected_sd);

        std::vector<device::Row> host;
        const at::Tensor table = row_table(rows, length, host);
        const auto* row = static_cast<const device::Row*>(table.const_data_ptr());
        const at::Tensor w = to_device(weights);
        const at::Tensor g = to_device(gradients);
        const at::Tensor out = at::empty_like(w);
        const at::Tensor sd = at::empty({rows}, w.options());
        ASSERT_EQ(device::standardise_weights(row, host.size(), w.const_data_ptr<float>(), 1e-10F,
                                              out.mutable_data_ptr<float>(), sd.mutable_data_ptr<float>(),
                                              stream()),
                  0);
        ASSERT_EQ(device::standardise_weights_backward(row, host.size(), g.mutable_data_ptr<float>(),
                                                       out.const_data_ptr<float>(),
                                                       sd.const_data_ptr<float>(), stream()),
                  0);
        EXPECT_LE(relative_difference(to_host(out), expected), 1e-5) << length;
        EXPECT_LE(relative_difference(to_host(g), expected_gradient), 1e-5) << length;
    }
}

TEST_F(GpuKernels, TheOptimiserAgreesWithTheCpu) {
    const std::int32_t length = 4608;
    const std::int64_t rows = 17;
    const auto count = static_cast<std::size_t>(rows * length);
    auto weights = values_of(count, 3);
    auto gradients = values_of(count, 4);
    auto momentum = values_of(count, 5, 0.1);
    const SgdSettings settings{.learning_rate = 0.05F, .weight_decay = 1e-4F};
    const ParameterRows tensor{.rows = static_cast<std::size_t>(rows), .row_length = length};
    auto expected = weights;
    auto expected_momentum = momentum;
    sgd_step(expected, gradients, expected_momentum, {&tensor, 1}, settings);

    std::vector<device::Row> host;
    const at::Tensor table = row_table(rows, length, host);
    std::vector<float> scalars{0.05F, 1.0F};
    const at::Tensor w = to_device(weights);
    const at::Tensor g = to_device(gradients);
    const at::Tensor m = to_device(momentum);
    const at::Tensor step = to_device(scalars);
    ASSERT_EQ(device::sgd_step(static_cast<const device::Row*>(table.const_data_ptr()), host.size(),
                               w.mutable_data_ptr<float>(), g.const_data_ptr<float>(),
                               m.mutable_data_ptr<float>(), {.weight_decay = 1e-4F},
                               static_cast<const device::StepScalars*>(step.const_data_ptr()), nullptr,
                               stream()),
              0);
    EXPECT_LE(relative_difference(to_host(w), expected), 1e-6);
    EXPECT_LE(relative_difference(to_host(m), expected_momentum), 1e-5);
}

TEST_F(GpuKernels, NormAndReluAgreeWithTheCpuBothWays) {
    const GroupNormShape shape{.images = 5, .channels = 64, .area = 28 * 28, .groups = 32};
    auto x = values_of(shape.elements(), 6);
    auto scale = values_of(shape.channels, 7);
    auto shift = values_of(shape.channels, 8);
    auto y_gradient = values_of(shape.elements(), 9);
    std::vector<float> y(shape.elements());
    std::vector<float> statistics(shape.statistics());
    group_norm_relu(shape, x, scale, shift, y, statistics);
    std::vector<float> expected(shape.elements());
    std::vector<float> scale_gradient(shape.channels);
    std::vector<float> shift_gradient(shape.channels);
    group_norm_relu_backward(
        shape, {x, y, statistics, scale, y_gradient, {}, scale_gradient, shift_gradient, expected});

    const device::NormShape device_shape{5, 64, 28 * 28, 32, 1e-5F};
    const at::Tensor dx = to_device(x);
    const at::Tensor dscale = to_device(scale);
    const at::Tensor dshift = to_device(shift);
    const at::Tensor dy_gradient = to_device(y_gradient);
    const at::Tensor dy = at::empty_like(dx);
    const at::Tensor found = at::empty_like(dx);
    const at::Tensor dstatistics = at::empty({5 * 32 * 2}, dx.options());
    const at::Tensor sums = at::empty({5 * 64 * 2}, dx.options());
    const at::Tensor found_scale = at::zeros({64}, dx.options());
    const at::Tensor found_shift = at::zeros({64}, dx.options());
    ASSERT_EQ(device::group_norm_relu(device_shape, device::MapElement::float32, dx.const_data_ptr(),
                                      dscale.const_data_ptr<float>(), dshift.const_data_ptr<float>(),
                                      dy.mutable_data_ptr(), dstatistics.mutable_data_ptr<float>(), stream()),
              0);
    ASSERT_EQ(device::group_norm_relu_backward(device_shape, device::MapElement::float32,
                                               {.x = dx.const_data_ptr(),
                                                .y = dy.const_data_ptr(),
                                                .statistics = dstatistics.const_data_ptr<float>(),
                                                .scale = dscale.const_data_ptr<float>(),
                                                .y_gradient = dy_gradient.const_data_ptr(),
                                                .sums = sums.mutable_data_ptr<float>(),
                                                .scale_gradient = found_scale.mutable_data_ptr<float>(),
                                                .shift_gradient = found_shift.mutable_data_ptr<float>(),
                                                .x_gradient = found.mutable_data_ptr()},
                                               stream()),
              0);
    EXPECT_LE(relative_difference(to_host(dy), y), 1e-5);
    EXPECT_LE(relative_difference(to_host(found), expected), 1e-4);
    EXPECT_LE(relative_difference(to_host(found_scale), scale_gradient), 1e-4);
    EXPECT_LE(relative_difference(to_host(found_shift), shift_gradient), 1e-4);
}

} // namespace
} // namespace suite::kernels
