#include "suite/kernels/lane_maps.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "suite/kernels/lanes.hpp"

namespace suite::kernels {
namespace {

static_assert(lane_images == lane_count);

SUITE_INLINE void store_lanes(float* to, Lanes lanes) {
    std::memcpy(to, &lanes, sizeof lanes);
}

SUITE_INLINE Lanes square_root(Lanes lanes) {
    for (std::size_t i = 0; i < lane_count; ++i) {
        lanes[i] = std::sqrt(lanes[i]);
    }
    return lanes;
}

/// Lanes added pairwise.
SUITE_INLINE float across(Lanes lanes) {
    LaneSum sum;
    sum.parts[0] = lanes;
    return sum.total();
}

/// Sum over `count` pixels of term(load, pixel).
template<typename Term>
SUITE_INLINE Lanes sum_pixels(std::size_t count, const Term& term) {
    Lanes parts[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (std::size_t part = 0; part < 4; ++part) {
            parts[part] += term((i + part) * lane_count);
        }
    }
    for (; i < count; ++i) {
        parts[0] += term(i * lane_count);
    }
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

SUITE_EVERY_ISA void forward(const GroupNormShape& shape, const float* x, const float* scale,
                             const float* shift, float* y, float* statistics) {
    const std::size_t channels = shape.channels / shape.groups;
    const std::size_t size = channels * shape.area;
    const Lanes zero{};
    for (std::size_t block = 0; block < shape.images / lane_count * shape.groups; ++block) {
        const float* in = x + block * size * lane_count;
        float* out = y + block * size * lane_count;
        const auto count = static_cast<float>(size);
        const Lanes mean =
            sum_pixels(size, [&](std::size_t i) SUITE_INLINE_LAMBDA { return load_lanes(in + i); }) / count;
        const Lanes variance = sum_pixels(size, [&](std::size_t i) SUITE_INLINE_LAMBDA {
            const Lanes apart = load_lanes(in + i) - mean;
            return apart * apart;
        });
        const Lanes inverse = 1.0F / square_root(variance / count + static_cast<float>(shape.epsilon));
        store_lanes(statistics + 2 * block * lane_count, mean);
        store_lanes(statistics + (2 * block + 1) * lane_count, inverse);
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t channel = (block % shape.groups) * channels + c;
            const Lanes slope = inverse * scale[channel];
            const std::size_t end = (c + 1) * shape.area * lane_count;
            for (std::size_t i = c * shape.area * lane_count; i < end; i += lane_count) {
                const Lanes value = (load_lanes(in + i) - mean) * slope + shift[channel];
                store_lanes(out + i, value < zero ? zero : value); // keeps NaN
            }
        }
    }
}

/// The arrays of one image block and group.
struct GroupPointers {
    const float* x;
    const float* y;
    const float* dy;
    const float* addend;
    float* dx;
    Lanes mean;
    Lanes inverse;
};

SUITE_INLINE void group_backward(const GroupNormShape& shape, const GroupPointers& at, std::size_t first,
                                 const float* scale, float* dscale, float* dshift) {
    const std::size_t channels = shape.channels / shape.groups;
    const Lanes zero{};
    Lanes total{};
    Lanes total_times_x{};
    for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t begin = c * shape.area * lane_count;
        const auto passed = [&](std::size_t i) SUITE_INLINE_LAMBDA {
            return load_lanes(at.y + begin + i) > zero ? load_lanes(at.dy + begin + i) : zero;
        };
        const Lanes plain = sum_pixels(shape.area, passed);
        const Lanes weighted = sum_pixels(shape.area, [&](std::size_t i) SUITE_INLINE_LAMBDA {
            return passed(i) * (load_lanes(at.x + begin + i) - at.mean);
        });
        dshift[first + c] += across(plain);
        dscale[first + c] += across(weighted * at.inverse);
        total += scale[first + c] * plain;
        total_times_x += scale[first + c] * weighted;
    }
    const Lanes share = at.inverse / static_cast<float>(channels * shape.area);
    const Lanes pull = -share * at.inverse * at.inverse * total_times_x;
    const Lanes offset = -share * total;
    for (std::size_t c = 0; c < channels; ++c) {
        const Lanes slope = at.inverse * scale[first + c];
        const std::size_t end = (c + 1) * shape.area * lane_count;
        for (std::size_t i = c * shape.area * lane_count; i < end; i += lane_count) {
            const Lanes passed = load_lanes(at.y + i) > zero ? load_lanes(at.dy + i) : zero;
            const Lanes own = slope * passed + (pull * (load_lanes(at.x + i) - at.mean) + offset);
            store_lanes(at.dx + i, at.addend == nullptr ? own : load_lanes(at.addend + i) + own);
        }
    }
}

SUITE_EVERY_ISA void backward(const GroupNormShape& shape, const GroupNormBackward& arrays) {
    const std::size_t size = shape.channels / shape.groups * shape.area * lane_count;
    for (std::size_t block = 0; block < shape.images / lane_count * shape.groups; ++block) {
        const float* statistics = arrays.statistics.data() + 2 * block * lane_count;
        const GroupPointers at{.x = arrays.x.data() + block * size,
                               .y = arrays.y.data() + block * size,
                               .dy = arrays.y_gradient.data() + block * size,
                               .addend =
                                   arrays.addend.empty() ? nullptr : arrays.addend.data() + block * size,
                               .dx = arrays.x_gradient.data() + block * size,
                               .mean = load_lanes(statistics),
                               .inverse = load_lanes(statistics + lane_count)};
        group_backward(shape, at, block % shape.groups * (shape.channels / shape.groups), arrays.scale.data(),
                       arrays.scale_gradient.data(), arrays.shift_gradient.data());
    }
}

} // namespace

void images_to_lanes(std::span<const float> images, std::size_t count, std::span<float> maps) {
    const std::size_t elements = images.size() / count;
    assert(maps.size() == lane_blocks(count) * elements * lane_count);
    for (std::size_t block = 0; block < lane_blocks(count); ++block) {
        const std::size_t here = std::min(lane_count, count - block * lane_count);
        const float* from = images.data() + block * lane_count * elements;
        float* to = maps.data() + block * lane_count * elements;
        if (here < lane_count) {
            std::fill_n(to, lane_count * elements, 0.0F);
        }
        for (std::size_t i = 0; i < elements; ++i) {
            for (std::size_t lane = 0; lane < here; ++lane) {
                to[i * lane_count + lane] = from[lane * elements + i];
            }
        }
    }
}

void lane_group_norm_relu(const GroupNormShape& shape, std::span<const float> x, std::span<const float> scale,
                          std::span<const float> shift, std::span<float> y, std::span<float> statistics) {
    assert(shape.images % lane_count == 0 && shape.channels % shape.groups == 0);
    assert(x.size() == shape.elements() && y.size() == x.size() && statistics.size() == shape.statistics());
    forward(shape, x.data(), scale.data(), shift.data(), y.data(), statistics.data());
}

void lane_group_norm_relu_backward(const GroupNormShape& shape, const GroupNormBackward& arrays) {
    assert(arrays.x.size() == shape.elements() && arrays.x_gradient.size() == shape.elements());
    assert(arrays.addend.empty() || arrays.addend.size() == shape.elements());
    backward(shape, arrays);
}

void lane_average(std::span<const float> maps, std::size_t channels, std::size_t area,
                  std::span<float> averages) {
    const std::size_t count = averages.size() / channels;
    assert(maps.size() == lane_blocks(count) * channels * area * lane_count);
    for (std::size_t image = 0; image < count; ++image) {
        const float* from =
            maps.data() + image / lane_count * channels * area * lane_count + image % lane_count;
        for (std::size_t c = 0; c < channels; ++c) {
            float sum = 0.0F;
            for (std::size_t i = 0; i < area; ++i) {
                sum += from[(c * area + i) * lane_count];
            }
            averages[image * channels + c] = sum / static_cast<float>(area);
        }
    }
}

void lane_average_backward(std::span<const float> average_gradient, std::size_t channels, std::size_t area,
                           std::span<float> map_gradient) {
    const std::size_t count = average_gradient.size() / channels;
    assert(map_gradient.size() == lane_blocks(count) * channels * area * lane_count);
    for (std::size_t block = 0; block < lane_blocks(count); ++block) {
        for (std::size_t c = 0; c < channels; ++c) {
            float values[lane_count] = {};
            for (std::size_t lane = 0; lane < std::min(lane_count, count - block * lane_count); ++lane) {
                values[lane] =
                    average_gradient[(block * lane_count + lane) * channels + c] / static_cast<float>(area);
            }
            float* to = map_gradient.data() + (block * channels + c) * area * lane_count;
            for (std::size_t i = 0; i < area; ++i) {
                std::copy_n(values, lane_count, to + i * lane_count);
            }
        }
    }
}

} // namespace suite::kernels
