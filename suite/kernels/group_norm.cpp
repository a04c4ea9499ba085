#include "suite/kernels/group_norm.hpp"

#include <cassert>
#include <cmath>

#include "suite/kernels/lanes.hpp"

namespace suite::kernels {
namespace {

SUITE_INLINE float mean_of(const float* x, std::size_t count) {
    LaneSum sum;
    for_each_lanes(count, [&](std::size_t part, auto load, std::size_t i)
                              SUITE_INLINE_LAMBDA { sum.parts[part] += load(x + i); });
    return sum.total() / static_cast<float>(count);
}

/// Around a mean that was taken before: two passes over data in the cache, no cancellation.
SUITE_INLINE float variance_of(const float* x, std::size_t count, float mean) {
    LaneSum sum;
    const Lanes centre = Lanes{} + mean;
    for_each_lanes(count, [&](std::size_t part, auto load, std::size_t i) SUITE_INLINE_LAMBDA {
        const Lanes distance = load.keep(load(x + i) - centre);
        sum.parts[part] += distance * distance;
    });
    return sum.total() / static_cast<float>(count);
}

SUITE_INLINE void normalise_channel(const float* __restrict x, float* __restrict y, std::size_t area,
                                    float slope, float mean, float shift) {
    for (std::size_t i = 0; i < area; ++i) {
        const float value = (x[i] - mean) * slope + shift;
        y[i] = value < 0.0F ? 0.0F : value; // keeps NaN
    }
}

SUITE_EVERY_ISA void forward(const GroupNormShape& shape, const float* x, const float* scale,
                             const float* shift, float* y, float* statistics) {
    const std::size_t channels = shape.channels / shape.groups;
    const std::size_t size = channels * shape.area;
    for (std::size_t block = 0; block < shape.images * shape.groups; ++block) {
        const float* in = x + block * size;
        const float mean = mean_of(in, size);
        const float inverse =
            1.0F / std::sqrt(variance_of(in, size, mean) + static_cast<float>(shape.epsilon));
        statistics[2 * block] = mean;
        statistics[2 * block + 1] = inverse;
        const std::size_t first = (block % shape.groups) * channels;
        for (std::size_t c = 0; c < channels; ++c) {
            normalise_channel(in + c * shape.area, y + block * size + c * shape.area, shape.area,
                              scale[first + c] * inverse, mean, shift[first + c]);
        }
    }
}

struct ChannelSums {
    float gradient = 0.0F;         ///< sum of the gradient behind the ReLU
    float gradient_times_x = 0.0F; ///< the same times (x - mean)
};

SUITE_INLINE ChannelSums channel_sums(const float* x, const float* y, const float* dy, std::size_t area,
                                      float mean) {
    LaneSum plain;
    LaneSum weighted;
    const Lanes centre = Lanes{} + mean;
    const Lanes zero{};
    for_each_lanes(area, [&](std::size_t part, auto load, std::size_t i) SUITE_INLINE_LAMBDA {
        const Lanes passed = load(y + i) > zero ? load(dy + i) : zero; // zero behind the end
        plain.parts[part] += passed;
        weighted.parts[part] += passed * (load(x + i) - centre);
    });
    return {plain.total(), weighted.total()};
}

/// dx = addend + slope * dy' + pull * (x - mean) + offset, with dy' the gradient where the ReLU let it
/// through.
SUITE_INLINE void channel_gradient(const float* x, const float* y, const float* dy, const float* addend,
                                   float* dx, std::size_t area, float slope, float pull, float mean,
                                   float offset) {
    if (addend == nullptr) {
#pragma GCC ivdep
        for (std::size_t i = 0; i < area; ++i) {
            const float passed = y[i] > 0.0F ? dy[i] : 0.0F;
            dx[i] = slope * passed + (pull * (x[i] - mean) + offset);
        }
        return;
    }
#pragma GCC ivdep
    for (std::size_t i = 0; i < area; ++i) {
        const float passed = y[i] > 0.0F ? dy[i] : 0.0F;
        dx[i] = addend[i] + (slope * passed + (pull * (x[i] - mean) + offset));
    }
}

SUITE_EVERY_ISA void backward(const GroupNormShape& shape, const float* x, const float* y,
                              const float* statistics, const float* scale, const float* dy,
                              const float* addend, float* dscale, float* dshift, float* dx) {
    const std::size_t channels = shape.channels / shape.groups;
    const std::size_t size = channels * shape.area;
    for (std::size_t block = 0; block < shape.images * shape.groups; ++block) {
        const float mean = statistics[2 * block];
        const float inverse = statistics[2 * block + 1];
        const std::size_t first = (block % shape.groups) * channels;
        float total = 0.0F;
        float total_times_x = 0.0F;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t at = block * size + c * shape.area;
            const ChannelSums sums = channel_sums(x + at, y + at, dy + at, shape.area, mean);
            dshift[first + c] += sums.gradient;
            dscale[first + c] += sums.gradient_times_x * inverse;
            total += scale[first + c] * sums.gradient;
            total_times_x += scale[first + c] * sums.gradient_times_x;
        }
        const float share = inverse / static_cast<float>(size);
        const float pull = -share * inverse * inverse * total_times_x;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t at = block * size + c * shape.area;
            channel_gradient(x + at, y + at, dy + at, addend == nullptr ? nullptr : addend + at, dx + at,
                             shape.area, scale[first + c] * inverse, pull, mean, -share * total);
        }
    }
}

} // namespace

void group_norm_relu(const GroupNormShape& shape, std::span<const float> x, std::span<const float> scale,
                     std::span<const float> shift, std::span<float> y, std::span<float> statistics) {
    assert(shape.groups > 0 && shape.channels % shape.groups == 0);
    assert(x.size() == shape.elements() && y.size() == x.size() && statistics.size() == shape.statistics());
    forward(shape, x.data(), scale.data(), shift.data(), y.data(), statistics.data());
}

void group_norm_relu_backward(const GroupNormShape& shape, const GroupNormBackward& arrays) {
    assert(arrays.x.size() == shape.elements() && arrays.x_gradient.size() == shape.elements());
    assert(arrays.addend.empty() || arrays.addend.size() == shape.elements());
    backward(shape, arrays.x.data(), arrays.y.data(), arrays.statistics.data(), arrays.scale.data(),
             arrays.y_gradient.data(), arrays.addend.empty() ? nullptr : arrays.addend.data(),
             arrays.scale_gradient.data(), arrays.shift_gradient.data(), arrays.x_gradient.data());
}

} // namespace suite::kernels
