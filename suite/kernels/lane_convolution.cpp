#include "suite/kernels/lane_convolution.hpp"

#include <array>
#include <cassert>

#include "suite/kernels/lane_convolution_parts.hpp"

namespace suite::kernels {
namespace {

using detail::LaneGather;
using detail::LaneTap;

constexpr auto lanes = static_cast<std::ptrdiff_t>(lane_images);

const detail::LaneConvolutionParts& parts() {
#if defined(__x86_64__)
    static const detail::LaneConvolutionParts& best =
        __builtin_cpu_supports("avx512f")                                 ? detail::lane_parts_avx512
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? detail::lane_parts_avx2
                                                                          : detail::lane_parts_base;
    return best;
#else
    return detail::lane_parts_base;
#endif
}

std::ptrdiff_t distance(std::size_t count) {
    return static_cast<std::ptrdiff_t>(count);
}

void check(const LaneConvolutionShape& shape, std::span<const float> x, std::span<const float> weight,
           std::span<const float> y) {
    assert(shape.stride == 1 || shape.stride == 2);
    assert(shape.kernel == 1 || shape.kernel == 3);
    assert(x.size() == shape.in_elements() && y.size() == shape.out_elements());
    assert(weight.size() == shape.weight_elements());
    static_cast<void>(shape), static_cast<void>(x), static_cast<void>(weight), static_cast<void>(y);
}

/// The taps of one pass, never more than a kernel of 3 x 3 has.
struct Taps {
    std::array<LaneTap, 9> list;
    std::size_t count = 0;

    void add(LaneTap tap) { list[count++] = tap; }
};

Taps forward_taps(std::size_t kernel) {
    Taps taps;
    const auto side = distance(kernel);
    for (std::ptrdiff_t kh = 0; kh < side; ++kh) {
        for (std::ptrdiff_t kw = 0; kw < side; ++kw) {
            taps.add({kh - side / 2, kw - side / 2, kh * side + kw});
        }
    }
    return taps;
}

/// Input positions y = parity (mod stride) receive tap kh from output row (y + kernel / 2 - kh) / stride,
/// when that is a whole number; likewise columns.
Taps backward_taps(const LaneConvolutionShape& shape, std::size_t y_parity, std::size_t x_parity) {
    const auto kernel = distance(shape.kernel);
    const auto stride = distance(shape.stride);
    Taps taps;
    for (std::ptrdiff_t kh = 0; kh < kernel; ++kh) {
        for (std::ptrdiff_t kw = 0; kw < kernel; ++kw) {
            const std::ptrdiff_t y = distance(y_parity) + kernel / 2 - kh;
            const std::ptrdiff_t x = distance(x_parity) + kernel / 2 - kw;
            if (y % stride == 0 && x % stride == 0) {
                taps.add({y / stride, x / stride, kh * kernel + kw});
            }
        }
    }
    return taps;
}

} // namespace

void lane_convolution(const LaneConvolutionShape& shape, std::span<const float> x,
                      std::span<const float> weight, std::span<float> y) {
    check(shape, x, weight, y);
    const Taps taps = forward_taps(shape.kernel);
    const std::ptrdiff_t out_row = distance(shape.out_side()) * lanes;
    const std::ptrdiff_t out_channel = distance(shape.out_side()) * out_row;
    for (std::size_t block = 0; block < shape.blocks; ++block) {
        parts().gather({.in = x.data() + block * (x.size() / shape.blocks),
                        .weight = weight.data(),
                        .out = y.data() + block * (y.size() / shape.blocks),
                        .taps = taps.list.data(),
                        .tap_count = taps.count,
                        .in_channels = shape.in_channels,
                        .out_channels = shape.out_channels,
                        .rows = shape.out_side(),
                        .columns = shape.out_side(),
                        .in_side = shape.side,
                        .step = shape.stride,
                        .out_channel = out_channel,
                        .out_row = out_row,
                        .out_column = lanes,
                        .weight_out = distance(shape.in_channels * shape.kernel * shape.kernel),
                        .weight_in = distance(shape.kernel * shape.kernel)});
    }
}

void lane_convolution_backward_data(const LaneConvolutionShape& shape, std::span<const float> y_gradient,
                                    std::span<const float> weight, std::span<float> x_gradient) {
    check(shape, x_gradient, weight, y_gradient);
    const std::size_t stride = shape.stride;
    const std::ptrdiff_t row = distance(shape.side) * lanes;
    const std::ptrdiff_t channel = distance(shape.side) * row;
    for (std::size_t phase = 0; phase < stride * stride; ++phase) {
        const std::size_t y_parity = phase / stride;
        const std::size_t x_parity = phase % stride;
        const Taps taps = backward_taps(shape, y_parity, x_parity);
        for (std::size_t block = 0; block < shape.blocks; ++block) {
            parts().gather({.in = y_gradient.data() + block * (y_gradient.size() / shape.blocks),
                            .weight = weight.data(),
                            .out = x_gradient.data() + block * (x_gradient.size() / shape.blocks) +
                                   distance(y_parity) * row + distance(x_parity) * lanes,
                            .taps = taps.list.data(),
                            .tap_count = taps.count,
                            .in_channels = shape.out_channels,
                            .out_channels = shape.in_channels,
                            .rows = (shape.side - y_parity + stride - 1) / stride,
                            .columns = (shape.side - x_parity + stride - 1) / stride,
                            .in_side = shape.out_side(),
                            .step = 1,
                            .out_channel = channel,
                            .out_row = distance(stride) * row,
                            .out_column = distance(stride) * lanes,
                            .weight_out = distance(shape.kernel * shape.kernel),
                            .weight_in = distance(shape.in_channels * shape.kernel * shape.kernel)});
        }
    }
}

void lane_convolution_backward_weight(const LaneConvolutionShape& shape, std::span<const float> x,
                                      std::span<const float> y_gradient, std::span<float> weight_gradient) {
    check(shape, x, weight_gradient, y_gradient);
    parts().weight_gradient({.x = x.data(),
                             .dy = y_gradient.data(),
                             .gradient = weight_gradient.data(),
                             .blocks = shape.blocks,
                             .in_channels = shape.in_channels,
                             .out_channels = shape.out_channels,
                             .kernel = shape.kernel,
                             .stride = shape.stride,
                             .in_side = shape.side,
                             .side = shape.out_side()});
}

} // namespace suite::kernels
