// The loops themselves, as templates on the vector width and register tile. Included by each instruction
// set's file.
#pragma once

#include "suite/kernels/lane_convolution_parts.hpp"

namespace suite::kernels::detail {
namespace {

constexpr std::size_t lanes = 16;

/// `width` floats in a register, `tile_out` output channels times up to `tile_pixels` pixels of them at a
/// time, `tile_weight` output channels times a kernel row in the weight gradient.
template<std::size_t width, std::size_t tile_out_, std::size_t tile_pixels_, std::size_t tile_weight_>
struct Tile {
    typedef float Vector __attribute__((vector_size(width * sizeof(float))));
    static constexpr std::size_t vector_width = width;
    static constexpr std::size_t out = tile_out_;
    static constexpr std::size_t pixels = tile_pixels_;
    static constexpr std::size_t weight = tile_weight_;
};

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
    Vector sums[outs][pixels] = {};
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        for (std::size_t t = 0; t < work.tap_count; ++t) {
            const float* from = in + work.taps[t].in;
            const float* factor = weight + work.taps[t].weight;
            Vector values[pixels];
#pragma GCC unroll 8
            for (std::size_t p = 0; p < pixels; ++p) {
                values[p] = load<Vector>(from + static_cast<std::ptrdiff_t>(p) * work.in_column);
            }
#pragma GCC unroll 8
            for (std::size_t o = 0; o < outs; ++o) {
                const float w = factor[static_cast<std::ptrdiff_t>(o) * work.weight_out];
#pragma GCC unroll 8
                for (std::size_t p = 0; p < pixels; ++p) {
                    sums[o][p] += values[p] * w;
                }
            }
        }
        in += work.in_channel;
        weight += work.weight_in;
    }
#pragma GCC unroll 8
    for (std::size_t o = 0; o < outs; ++o) {
#pragma GCC unroll 8
        for (std::size_t p = 0; p < pixels; ++p) {
            float* to = out + static_cast<std::ptrdiff_t>(o) * work.out_channel +
                        static_cast<std::ptrdiff_t>(p) * work.out_column;
            __builtin_memcpy(to, &sums[o][p], sizeof(Vector));
        }
    }
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

/// Sums of one input channel and kernel row against `outs` output channels; lane sums added pairwise.
template<typename T, std::size_t outs, std::size_t taps>
void weight_tile(const LaneWeightGradient& work, const float* x, const float* dy, float* gradient,
                 std::ptrdiff_t gradient_out) {
    using Vector = typename T::Vector;
    const std::ptrdiff_t step = work.stride * static_cast<std::ptrdiff_t>(lanes);
    float totals[outs][taps] = {};
    for (std::size_t part = 0; part < lanes; part += T::vector_width) {
        Vector sums[outs][taps] = {};
        for (std::size_t block = 0; block < work.blocks; ++block) {
            const float* d = dy + static_cast<std::ptrdiff_t>(block) * work.dy_block + part;
            for (std::size_t row = 0; row < work.side; ++row) {
                const float* in = x + static_cast<std::ptrdiff_t>(block) * work.x_block +
                                  static_cast<std::ptrdiff_t>(row) * work.stride * work.x_row + part;
                for (std::size_t column = 0; column < work.side; ++column, d += lanes, in += step) {
                    Vector values[taps];
#pragma GCC unroll 8
                    for (std::size_t t = 0; t < taps; ++t) {
                        values[t] = load<Vector>(in + t * lanes);
                    }
#pragma GCC unroll 8
                    for (std::size_t o = 0; o < outs; ++o) {
                        const Vector g = load<Vector>(d + static_cast<std::ptrdiff_t>(o) * work.dy_channel);
#pragma GCC unroll 8
                        for (std::size_t t = 0; t < taps; ++t) {
                            sums[o][t] += g * values[t];
                        }
                    }
                }
            }
        }
        for (std::size_t o = 0; o < outs; ++o) {
            for (std::size_t t = 0; t < taps; ++t) {
                for (std::size_t lane = 0; lane < T::vector_width; ++lane) {
                    totals[o][t] += sums[o][t][lane];
                }
            }
        }
    }
    for (std::size_t o = 0; o < outs; ++o) {
        for (std::size_t t = 0; t < taps; ++t) {
            gradient[static_cast<std::ptrdiff_t>(o) * gradient_out + static_cast<std::ptrdiff_t>(t)] +=
                totals[o][t];
        }
    }
}

template<typename T, std::size_t outs, std::size_t taps>
void weight_channels(const LaneWeightGradient& work, std::size_t first) {
    const auto weights_per_in = static_cast<std::ptrdiff_t>(work.kernel * work.kernel);
    const auto weights_per_out = static_cast<std::ptrdiff_t>(work.in_channels) * weights_per_in;
    const float* dy = work.dy + static_cast<std::ptrdiff_t>(first) * work.dy_channel;
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        for (std::size_t row = 0; row < work.kernel; ++row) {
            const float* x = work.x + static_cast<std::ptrdiff_t>(channel) * work.x_channel +
                             static_cast<std::ptrdiff_t>(row) * work.x_row;
            weight_tile<T, outs, taps>(work, x, dy,
                                       work.gradient + static_cast<std::ptrdiff_t>(first) * weights_per_out +
                                           static_cast<std::ptrdiff_t>(channel) * weights_per_in +
                                           static_cast<std::ptrdiff_t>(row * work.kernel),
                                       weights_per_out);
        }
    }
}

template<typename T, std::size_t taps>
void weight_gradient_taps(const LaneWeightGradient& work) {
    std::size_t first = 0;
    for (; first + T::weight <= work.out_channels; first += T::weight) {
        weight_channels<T, T::weight, taps>(work, first);
    }
    for (; first < work.out_channels; ++first) {
        weight_channels<T, 1, taps>(work, first);
    }
}

template<typename T>
void weight_gradient(const LaneWeightGradient& work) {
    if (work.kernel == 1) {
        weight_gradient_taps<T, 1>(work);
    } else {
        weight_gradient_taps<T, 3>(work);
    }
}

} // namespace
} // namespace suite::kernels::detail
