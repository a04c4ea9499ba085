// The loops themselves, as templates on the vector width and register tile. Included by each instruction
// set's file.
#pragma once

#include <utility>

#include "suite/kernels/lane_convolution_parts.hpp"

namespace suite::kernels::detail {
namespace {

constexpr std::size_t lanes = 16;

/// `width` floats in a register, `tile_out` output channels times up to `tile_pixels` pixels of them at a
/// time, `weight_outs` output channels times `weight_rows` rows of the kernel in the weight gradient.
template<std::size_t width, std::size_t tile_out_, std::size_t tile_pixels_, std::size_t weight_outs_,
         std::size_t weight_rows_>
struct Tile {
    typedef float Vector __attribute__((vector_size(width * sizeof(float))));
    static constexpr std::size_t vector_width = width;
    static constexpr std::size_t out = tile_out_;
    static constexpr std::size_t pixels = tile_pixels_;
    static constexpr std::size_t weight_outs = weight_outs_;
    static constexpr std::size_t weight_rows = weight_rows_;
};

/// body(0), body(1), … body(count - 1) with constants for arguments, so that arrays of sums become registers.
template<typename Body, std::size_t... index>
inline __attribute__((always_inline)) void unrolled(std::index_sequence<index...>, const Body& body) {
    (body(std::integral_constant<std::size_t, index>{}), ...);
}
template<std::size_t count, typename Body>
inline __attribute__((always_inline)) void unrolled(const Body& body) {
    unrolled(std::make_index_sequence<count>{}, body);
}
#define SUITE_UNROLLED [&](auto index) __attribute__((always_inline))

template<typename Vector>
inline __attribute__((always_inline)) Vector load(const float* from) {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector); // one unaligned load
    return vector;
}

/// One register tile: `outs` output channels x `pixels` pixels, all input channels, all taps.
template<typename T, std::size_t outs, std::size_t pixels>
void gather_tile(const LaneGather& work, const float* in, const float* weight, float* out) {
    using Vector = typename T::Vector;
    Vector sums[outs * pixels] = {};
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        for (std::size_t t = 0; t < work.tap_count; ++t) {
            const float* from = in + work.taps[t].in;
            const float* factor = weight + work.taps[t].weight;
            Vector values[pixels];
            unrolled<pixels>(SUITE_UNROLLED {
                values[index] = load<Vector>(from + static_cast<std::ptrdiff_t>(index) * work.in_column);
            });
            unrolled<outs * pixels>(SUITE_UNROLLED {
                constexpr std::size_t o = index / pixels;
                const float w = factor[static_cast<std::ptrdiff_t>(o) * work.weight_out];
                sums[index] += values[index % pixels] * w;
            });
        }
        in += work.in_channel;
        weight += work.weight_in;
    }
    unrolled<outs * pixels>(SUITE_UNROLLED {
        float* to = out + static_cast<std::ptrdiff_t>(index / pixels) * work.out_channel +
                    static_cast<std::ptrdiff_t>(index % pixels) * work.out_column;
        const Vector sum = sums[index];
        __builtin_memcpy(to, &sum, sizeof sum);
    });
}

/// A row in tiles of at most T::pixels pixels, as even as they can be.
template<typename T, std::size_t outs, std::size_t pixels>
void gather_run(const LaneGather& work, std::size_t count, const float* in, const float* weight, float* out) {
    if constexpr (pixels > 1) {
        if (count != pixels) {
            return gather_run<T, outs, pixels - 1>(work, count, in, weight, out);
        }
    }
    gather_tile<T, outs, pixels>(work, in, weight, out);
}

template<typename T, std::size_t outs>
void gather_row(const LaneGather& work, const float* in, const float* weight, float* out) {
    std::size_t tiles = (work.columns + T::pixels - 1) / T::pixels;
    for (std::size_t done = 0; done < work.columns; --tiles) {
        const std::size_t count = (work.columns - done + tiles - 1) / tiles;
        gather_run<T, outs, T::pixels>(work, count, in + static_cast<std::ptrdiff_t>(done) * work.in_column,
                                       weight, out + static_cast<std::ptrdiff_t>(done) * work.out_column);
        done += count;
    }
}

template<typename T, std::size_t outs>
void gather_channels(const LaneGather& work, std::size_t first) {
    const float* weight = work.weight + static_cast<std::ptrdiff_t>(first) * work.weight_out;
    for (std::size_t row = 0; row < work.rows; ++row) {
        const float* in = work.in + static_cast<std::ptrdiff_t>(row) * work.in_row;
        float* out = work.out + static_cast<std::ptrdiff_t>(first) * work.out_channel +
                     static_cast<std::ptrdiff_t>(row) * work.out_row;
        for (std::size_t part = 0; part < lanes; part += T::vector_width) {
            gather_row<T, outs>(work, in + part, weight, out + part);
        }
    }
}

template<typename T>
void gather(const LaneGather& work) {
    std::size_t first = 0;
    for (; first + T::out <= work.out_channels; first += T::out) {
        gather_channels<T, T::out>(work, first);
    }
    for (; first < work.out_channels; ++first) {
        gather_channels<T, 1>(work, first);
    }
}

/// Sums of one input channel and `rows` x `taps` of the kernel against `outs` output channels over one
/// vector's width.
template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_sums(const LaneWeightGradient& work, const float* x, const float* dy,
                 float (&out)[outs * rows * taps][T::vector_width]) {
    using Vector = typename T::Vector;
    Vector sums[outs * rows * taps] = {};
    const std::ptrdiff_t step = work.stride * static_cast<std::ptrdiff_t>(lanes);
    for (std::size_t block = 0; block < work.blocks; ++block) {
        const float* d = dy + static_cast<std::ptrdiff_t>(block) * work.dy_block;
        for (std::size_t row = 0; row < work.side; ++row) {
            const float* in = x + static_cast<std::ptrdiff_t>(block) * work.x_block +
                              static_cast<std::ptrdiff_t>(row) * work.stride * work.x_row;
            for (std::size_t column = 0; column < work.side; ++column, d += lanes, in += step) {
                Vector gradients[outs];
                unrolled<outs>(SUITE_UNROLLED {
                    gradients[index] = load<Vector>(d + static_cast<std::ptrdiff_t>(index) * work.dy_channel);
                });
                unrolled<outs * rows * taps>(SUITE_UNROLLED {
                    constexpr std::size_t t = index / outs; // one load of x serves all output channels
                    const Vector value = load<Vector>(
                        in + static_cast<std::ptrdiff_t>(t / taps) * work.x_row + t % taps * lanes);
                    sums[index] += gradients[index % outs] * value;
                });
            }
        }
    }
    unrolled<outs * rows * taps>(SUITE_UNROLLED {
        const Vector sum = sums[index];
        __builtin_memcpy(out[index], &sum, sizeof sum);
    });
}

template<std::size_t width>
struct VectorOf {
    typedef float Type __attribute__((vector_size(width * sizeof(float))));
};

/// Lanes added pairwise, in vectors as long as they last.
template<std::size_t count>
inline __attribute__((always_inline)) float fold(const float* values) {
    if constexpr (count == 2) {
        return values[0] + values[1];
    } else {
        using Half = typename VectorOf<count / 2>::Type;
        const Half sum = load<Half>(values) + load<Half>(values + count / 2);
        return fold<count / 2>(reinterpret_cast<const float*>(&sum)); // a vector may be read as its floats
    }
}

/// The lanes of those sums, added to the gradient.
template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_tile(const LaneWeightGradient& work, const float* x, const float* dy, float* gradient,
                 std::ptrdiff_t gradient_out) {
    float totals[outs * rows * taps] = {};
    for (std::size_t part = 0; part < lanes; part += T::vector_width) {
        float sums[outs * rows * taps][T::vector_width];
        weight_sums<T, outs, rows, taps>(work, x + part, dy + part, sums);
        for (std::size_t i = 0; i < outs * rows * taps; ++i) {
            totals[i] += fold<T::vector_width>(sums[i]);
        }
    }
    for (std::size_t i = 0; i < outs * rows * taps; ++i) {
        const auto out = static_cast<std::ptrdiff_t>(i % outs);
        gradient[out * gradient_out + static_cast<std::ptrdiff_t>(i / outs)] += totals[i];
    }
}

template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_channels(const LaneWeightGradient& work, std::size_t first) {
    const auto weights_per_in = static_cast<std::ptrdiff_t>(taps * taps);
    const auto weights_per_out = static_cast<std::ptrdiff_t>(work.in_channels) * weights_per_in;
    const float* dy = work.dy + static_cast<std::ptrdiff_t>(first) * work.dy_channel;
    float* gradient = work.gradient + static_cast<std::ptrdiff_t>(first) * weights_per_out;
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        for (std::size_t row = 0; row < taps; row += rows) {
            const float* x = work.x + static_cast<std::ptrdiff_t>(channel) * work.x_channel +
                             static_cast<std::ptrdiff_t>(row) * work.x_row;
            weight_tile<T, outs, rows, taps>(work, x, dy, gradient + static_cast<std::ptrdiff_t>(row * taps),
                                             weights_per_out);
        }
        gradient += weights_per_in;
    }
}

template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_gradient_taps(const LaneWeightGradient& work) {
    std::size_t first = 0;
    for (; first + outs <= work.out_channels; first += outs) {
        weight_channels<T, outs, rows, taps>(work, first);
    }
    for (; first < work.out_channels; ++first) {
        weight_channels<T, 1, rows, taps>(work, first);
    }
}

template<typename T>
void weight_gradient(const LaneWeightGradient& work) {
    if (work.kernel == 1) {
        weight_gradient_taps<T, T::weight_outs, 1, 1>(work);
    } else {
        weight_gradient_taps<T, T::weight_outs, T::weight_rows, 3>(work);
    }
}

#undef SUITE_UNROLLED
} // namespace
} // namespace suite::kernels::detail
