#include "suite/kernels/lane_convolution.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

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

/// The first float from `data` on that begins a cache line: no vector then straddles two.
float* on_cache_line(float* data) {
    constexpr std::uintptr_t line = lane_images * sizeof(float);
    const auto address = reinterpret_cast<std::uintptr_t>(data);
    return data + (line - address % line) % line / sizeof(float);
}

/// Maps with a border of zeros, so that no loop has to look where a map ends.
class Padded {
public:
    Padded(std::span<const float> maps, std::size_t channels_of_all_blocks, std::size_t side,
           std::size_t border)
        : row_((side + 2 * border) * lane_images), channel_(row_ * (side + 2 * border)) {
        if (border == 0) {
            data_ = maps.data();
            return;
        }
        copy_.assign(channels_of_all_blocks * channel_ + lane_images, 0.0F);
        float* start = on_cache_line(copy_.data());
        const std::size_t run = side * lane_images;
        for (std::size_t channel = 0; channel < channels_of_all_blocks; ++channel) {
            for (std::size_t y = 0; y < side; ++y) {
                std::copy_n(maps.data() + (channel * side + y) * run, run,
                            start + channel * channel_ + (y + border) * row_ + border * lane_images);
            }
        }
        data_ = start;
    }
    [[nodiscard]] const float* data() const { return data_; }
    [[nodiscard]] std::ptrdiff_t row() const { return distance(row_); }
    [[nodiscard]] std::ptrdiff_t channel() const { return distance(channel_); }

private:
    std::size_t row_;
    std::size_t channel_;
    std::vector<float> copy_;
    const float* data_ = nullptr;
};

void check(const LaneConvolutionShape& shape, std::span<const float> x, std::span<const float> weight,
           std::span<const float> y) {
    assert(shape.stride == 1 || shape.stride == 2);
    assert(shape.kernel == 1 || shape.kernel == 3);
    assert(x.size() == shape.in_elements() && y.size() == shape.out_elements());
    assert(weight.size() == shape.weight_elements());
    static_cast<void>(shape), static_cast<void>(x), static_cast<void>(weight), static_cast<void>(y);
}

std::vector<LaneTap> forward_taps(std::size_t kernel, std::ptrdiff_t row) {
    std::vector<LaneTap> taps;
    for (std::size_t kh = 0; kh < kernel; ++kh) {
        for (std::size_t kw = 0; kw < kernel; ++kw) {
            taps.push_back({distance(kh) * row + distance(kw) * lanes, distance(kh * kernel + kw)});
        }
    }
    return taps;
}

/// Input positions y = parity (mod stride) receive tap kh from output row (y + kernel / 2 - kh) / stride,
/// when that is a whole number; likewise columns. `row` and the offsets are those of the padded output
/// gradient.
std::vector<LaneTap> backward_taps(const LaneConvolutionShape& shape, std::size_t y_parity,
                                   std::size_t x_parity, std::ptrdiff_t row) {
    const auto kernel = distance(shape.kernel);
    const auto stride = distance(shape.stride);
    const std::ptrdiff_t border = kernel / 2;
    std::vector<LaneTap> taps;
    for (std::ptrdiff_t kh = 0; kh < kernel; ++kh) {
        for (std::ptrdiff_t kw = 0; kw < kernel; ++kw) {
            const std::ptrdiff_t y = distance(y_parity) + border - kh;
            const std::ptrdiff_t x = distance(x_parity) + border - kw;
            if (y % stride == 0 && x % stride == 0) {
                taps.push_back(
                    {(y / stride + border) * row + (x / stride + border) * lanes, kh * kernel + kw});
            }
        }
    }
    return taps;
}

} // namespace

void lane_convolution(const LaneConvolutionShape& shape, std::span<const float> x,
                      std::span<const float> weight, std::span<float> y) {
    check(shape, x, weight, y);
    const Padded in(x, shape.blocks * shape.in_channels, shape.side, shape.kernel / 2);
    const auto taps = forward_taps(shape.kernel, in.row());
    const auto stride = distance(shape.stride);
    const std::ptrdiff_t out_row = distance(shape.out_side()) * lanes;
    const std::ptrdiff_t out_channel = distance(shape.out_side()) * out_row;
    for (std::size_t block = 0; block < shape.blocks; ++block) {
        parts().gather({.in = in.data() + distance(block * shape.in_channels) * in.channel(),
                        .weight = weight.data(),
                        .out = y.data() + distance(block * shape.out_channels) * out_channel,
                        .taps = taps.data(),
                        .tap_count = taps.size(),
                        .in_channels = shape.in_channels,
                        .out_channels = shape.out_channels,
                        .rows = shape.out_side(),
                        .columns = shape.out_side(),
                        .in_channel = in.channel(),
                        .in_row = stride * in.row(),
                        .in_column = stride * lanes,
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
    const Padded dy(y_gradient, shape.blocks * shape.out_channels, shape.out_side(), shape.kernel / 2);
    const std::ptrdiff_t row = distance(shape.side) * lanes;
    const std::ptrdiff_t channel = distance(shape.side) * row;
    for (std::size_t phase = 0; phase < stride * stride; ++phase) {
        const std::size_t y_parity = phase / stride;
        const std::size_t x_parity = phase % stride;
        const auto taps = backward_taps(shape, y_parity, x_parity, dy.row());
        for (std::size_t block = 0; block < shape.blocks; ++block) {
            parts().gather({.in = dy.data() + distance(block * shape.out_channels) * dy.channel(),
                            .weight = weight.data(),
                            .out = x_gradient.data() + distance(block * shape.in_channels) * channel +
                                   distance(y_parity) * row + distance(x_parity) * lanes,
                            .taps = taps.data(),
                            .tap_count = taps.size(),
                            .in_channels = shape.out_channels,
                            .out_channels = shape.in_channels,
                            .rows = (shape.side - y_parity + stride - 1) / stride,
                            .columns = (shape.side - x_parity + stride - 1) / stride,
                            .in_channel = dy.channel(),
                            .in_row = dy.row(),
                            .in_column = lanes,
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
    const Padded in(x, shape.blocks * shape.in_channels, shape.side, shape.kernel / 2);
    const std::ptrdiff_t dy_channel = distance(shape.out_side() * shape.out_side()) * lanes;
    parts().weight_gradient({.x = in.data(),
                             .dy = y_gradient.data(),
                             .gradient = weight_gradient.data(),
                             .blocks = shape.blocks,
                             .in_channels = shape.in_channels,
                             .out_channels = shape.out_channels,
                             .kernel = shape.kernel,
                             .side = shape.out_side(),
                             .x_block = distance(shape.in_channels) * in.channel(),
                             .x_channel = in.channel(),
                             .x_row = in.row(),
                             .stride = distance(shape.stride),
                             .dy_block = distance(shape.out_channels) * dy_channel,
                             .dy_channel = dy_channel});
}

} // namespace suite::kernels
