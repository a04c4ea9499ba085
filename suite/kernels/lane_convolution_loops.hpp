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
    static constexpr std::size_t point_outs = 8; ///< of a kernel of one tap: enough sums that none waits
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

/// Keeps a loaded vector in a register. g++ would rather load it again in each multiplication, and loads are
/// what the weight gradient then waits for.
template<typename Vector>
inline __attribute__((always_inline)) void keep_in_register([[maybe_unused]] Vector& vector) {
#if defined(__x86_64__)
    asm("" : "+v"(vector));
#endif
}

/// A tap as one register tile sees it.
struct TileTap {
    enum class Pixels { all, all_but_first, all_but_last };
    std::ptrdiff_t in; ///< where the tile's first pixel that has this tap reads
    std::ptrdiff_t weight;
    Pixels pixels;
};
constexpr std::size_t most_taps = 9;

/// The taps of the tile of `count` pixels that begins at (row, column); how many.
inline std::size_t tile_taps(const LaneGather& work, std::size_t row, std::size_t column, std::size_t count,
                             TileTap (&taps)[most_taps]) {
    const auto side = static_cast<std::ptrdiff_t>(work.in_side);
    const auto step = static_cast<std::ptrdiff_t>(work.step);
    std::size_t found = 0;
    for (std::size_t t = 0; t < work.tap_count; ++t) {
        const std::ptrdiff_t y = static_cast<std::ptrdiff_t>(row) * step + work.taps[t].row;
        const std::ptrdiff_t x = static_cast<std::ptrdiff_t>(column) * step + work.taps[t].column;
        const bool first = x >= 0;
        const bool last = x + static_cast<std::ptrdiff_t>(count - 1) * step < side;
        if (y < 0 || y >= side || (count == 1 && !(first && last))) {
            continue;
        }
        taps[found++] = {(y * side + (first ? x : x + step)) * static_cast<std::ptrdiff_t>(lanes),
                         work.taps[t].weight,
                         !first  ? TileTap::Pixels::all_but_first
                         : !last ? TileTap::Pixels::all_but_last
                                 : TileTap::Pixels::all};
    }
    return found;
}

/// One tap and input channel onto the pixels `first` to `first + count - 1` of a tile's sums.
template<typename T, std::size_t outs, std::size_t pixels, std::size_t first, std::size_t count>
inline __attribute__((always_inline)) void add_tap(typename T::Vector (&sums)[outs * pixels],
                                                   const float* from, std::ptrdiff_t in_column,
                                                   const float* factor, std::ptrdiff_t weight_out) {
    using Vector = typename T::Vector;
    Vector values[count];
    unrolled<count>(SUITE_UNROLLED {
        values[index] = load<Vector>(from + static_cast<std::ptrdiff_t>(index) * in_column);
    });
    unrolled<outs * count>(SUITE_UNROLLED {
        constexpr std::size_t o = index / count;
        sums[o * pixels + first + index % count] +=
            values[index % count] * factor[static_cast<std::ptrdiff_t>(o) * weight_out];
    });
}

/// One register tile: `outs` output channels x `pixels` pixels, all input channels, all taps.
template<typename T, std::size_t outs, std::size_t pixels>
__attribute__((noinline)) void gather_tile(const LaneGather& work, const TileTap* taps, std::size_t tap_count,
                                           const float* in, const float* weight, float* out) {
    using Vector = typename T::Vector;
    const auto in_column = static_cast<std::ptrdiff_t>(work.step * lanes);
    const auto in_channel = static_cast<std::ptrdiff_t>(work.in_side * work.in_side * lanes);
    Vector sums[outs * pixels] = {};
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        for (const TileTap* tap = taps; tap != taps + tap_count; ++tap) {
            const float* from = in + tap->in;
            const float* factor = weight + tap->weight;
            if constexpr (pixels > 1) {
                if (tap->pixels != TileTap::Pixels::all) {
                    tap->pixels == TileTap::Pixels::all_but_first
                        ? add_tap<T, outs, pixels, 1, pixels - 1>(sums, from, in_column, factor,
                                                                  work.weight_out)
                        : add_tap<T, outs, pixels, 0, pixels - 1>(sums, from, in_column, factor,
                                                                  work.weight_out);
                    continue;
                }
            }
            add_tap<T, outs, pixels, 0, pixels>(sums, from, in_column, factor, work.weight_out);
        }
        in += in_channel;
        weight += work.weight_in;
    }
    unrolled<outs * pixels>(SUITE_UNROLLED {
        float* to = out + static_cast<std::ptrdiff_t>(index / pixels) * work.out_channel +
                    static_cast<std::ptrdiff_t>(index % pixels) * work.out_column;
        const Vector sum = sums[index];
        __builtin_memcpy(to, &sum, sizeof sum);
    });
}

/// The same pixels of all output channels, T::out channels at a time: the input stays in the nearest cache.
template<typename T, std::size_t pixels>
void gather_pixels(const LaneGather& work, const TileTap* taps, std::size_t tap_count, std::size_t part,
                   float* out) {
    const float* in = work.in + part;
    const float* weight = work.weight;
    std::size_t done = 0;
    for (; done + T::out <= work.out_channels; done += T::out) {
        gather_tile<T, T::out, pixels>(work, taps, tap_count, in, weight, out);
        weight += static_cast<std::ptrdiff_t>(T::out) * work.weight_out;
        out += static_cast<std::ptrdiff_t>(T::out) * work.out_channel;
    }
    for (; done < work.out_channels; ++done) {
        gather_tile<T, 1, pixels>(work, taps, tap_count, in, weight, out);
        weight += work.weight_out;
        out += work.out_channel;
    }
}

template<typename T, std::size_t pixels>
void gather_run(const LaneGather& work, std::size_t row, std::size_t column, std::size_t count) {
    if constexpr (pixels > 1) {
        if (count != pixels) {
            return gather_run<T, pixels - 1>(work, row, column, count);
        }
    }
    TileTap taps[most_taps];
    const std::size_t tap_count = tile_taps(work, row, column, count, taps);
    float* out = work.out + static_cast<std::ptrdiff_t>(row) * work.out_row +
                 static_cast<std::ptrdiff_t>(column) * work.out_column;
    for (std::size_t part = 0; part < lanes; part += T::vector_width) {
        gather_pixels<T, pixels>(work, taps, tap_count, part, out + part);
    }
}

/// Each row in tiles of at most T::pixels pixels, as even as they can be.
template<typename T>
void gather(const LaneGather& work) {
    for (std::size_t row = 0; row < work.rows; ++row) {
        std::size_t tiles = (work.columns + T::pixels - 1) / T::pixels;
        for (std::size_t done = 0; done < work.columns; --tiles) {
            const std::size_t count = (work.columns - done + tiles - 1) / tiles;
            gather_run<T, T::pixels>(work, row, done, count);
            done += count;
        }
    }
}

/// The first `first` and the last `last` of three taps in a row or column fall outside the map.
template<bool first_, bool last_>
struct Missing {
    static constexpr bool first = first_;
    static constexpr bool last = last_;
};

/// body(Missing) for what is outside at `at` of `side` output pixels; only kernels of three taps reach out.
template<std::size_t taps, typename Body>
inline __attribute__((always_inline)) void with_missing(const LaneWeightGradient& work, std::size_t at,
                                                        const Body& body) {
    if constexpr (taps == 1) {
        body(Missing<false, false>{});
    } else {
        const bool last = at * work.stride + 1 >= work.in_side;
        if (at == 0) {
            last ? body(Missing<true, true>{}) : body(Missing<true, false>{});
        } else {
            last ? body(Missing<false, true>{}) : body(Missing<false, false>{});
        }
    }
}

/// Adds one pixel to the sums of `rows` rows of the kernel, of which `rows_missing` and `columns_missing`
/// are outside. `in` is the pixel under the kernel's centre, or under its only row if `rows` is 1.
template<typename T, std::size_t outs, std::size_t rows, std::size_t taps, typename RowsMissing,
         typename ColumnsMissing>
inline __attribute__((always_inline)) void add_pixel(typename T::Vector (&sums)[outs * rows * taps],
                                                     const float* in, std::ptrdiff_t x_row, const float* d,
                                                     std::ptrdiff_t dy_channel) {
    using Vector = typename T::Vector;
    Vector gradients[outs];
    unrolled<outs>(SUITE_UNROLLED {
        gradients[index] = load<Vector>(d + static_cast<std::ptrdiff_t>(index) * dy_channel);
    });
    unrolled<rows * taps>(SUITE_UNROLLED {
        constexpr std::size_t kh = index / taps;
        constexpr std::size_t kw = index % taps;
        constexpr bool row_inside =
            rows == 1 || !((RowsMissing::first && kh == 0) || (RowsMissing::last && kh == rows - 1));
        if constexpr (row_inside && !(ColumnsMissing::first && kw == 0) &&
                      !(ColumnsMissing::last && kw == taps - 1)) {
            constexpr auto down = static_cast<std::ptrdiff_t>(kh) - static_cast<std::ptrdiff_t>(rows / 2);
            constexpr auto right = static_cast<std::ptrdiff_t>(kw) - static_cast<std::ptrdiff_t>(taps / 2);
            Vector value = load<Vector>(in + down * x_row + right * static_cast<std::ptrdiff_t>(lanes));
            keep_in_register(value);
            unrolled<outs>([&](auto o) __attribute__((always_inline)) {
                sums[(kh * taps + kw) * outs + o] += gradients[o] * value;
            });
        }
    });
}

/// Sums of one input channel and `rows` x `taps` of the kernel against `outs` output channels over one
/// vector's width; the rows begin at `row_of_kernel`.
template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_sums(const LaneWeightGradient& work, std::size_t row_of_kernel, const float* x, const float* dy,
                 typename T::Vector (&out)[outs * rows * taps]) {
    using Vector = typename T::Vector;
    const auto x_row = static_cast<std::ptrdiff_t>(work.in_side * lanes);
    const auto dy_channel = static_cast<std::ptrdiff_t>(work.side * work.side * lanes);
    const auto step = static_cast<std::ptrdiff_t>(work.stride * lanes);
    Vector sums[outs * rows * taps] = {};
    for (std::size_t block = 0; block < work.blocks; ++block) {
        const float* d = dy + block * work.out_channels * work.side * work.side * lanes;
        const float* map = x + block * work.in_channels * work.in_side * work.in_side * lanes;
        for (std::size_t row = 0; row < work.side; ++row, d += work.side * lanes) {
            // With one row of the kernel at a time, the map's row under it; it may not exist.
            const std::size_t below = row * work.stride + (rows < taps ? row_of_kernel : 1);
            if (rows < taps && (below == 0 || below > work.in_side)) {
                continue;
            }
            const float* in = map + static_cast<std::ptrdiff_t>(below - 1) * x_row;
            with_missing<taps>(
                work, row, [&](auto rows_missing) __attribute__((always_inline)) {
                    const auto pixel = [&](std::size_t column) __attribute__((always_inline)) {
                        with_missing<taps>(
                            work, column, [&](auto missing) __attribute__((always_inline)) {
                                add_pixel<T, outs, rows, taps, decltype(rows_missing), decltype(missing)>(
                                    sums, in + static_cast<std::ptrdiff_t>(column) * step, x_row,
                                    d + column * lanes, dy_channel);
                            });
                    };
                    pixel(0);
                    for (std::size_t column = 1; column + 1 < work.side; ++column) {
                        add_pixel<T, outs, rows, taps, decltype(rows_missing), Missing<false, false>>(
                            sums, in + static_cast<std::ptrdiff_t>(column) * step, x_row, d + column * lanes,
                            dy_channel);
                    }
                    if (work.side > 1) {
                        pixel(work.side - 1);
                    }
                });
        }
    }
    unrolled<outs * rows * taps>(SUITE_UNROLLED { out[index] = sums[index]; });
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

/// Two vectors of sums still `length` lanes long, to one of sums half as long: those of `a` before those of
/// `b`.
template<std::size_t width, std::size_t length, typename Vector, std::size_t... lane>
inline __attribute__((always_inline)) Vector fold_two(Vector a, Vector b, std::index_sequence<lane...>) {
    constexpr auto half = length / 2;
    return __builtin_shufflevector(a, b, (lane / half * length + lane % half)...) +
           __builtin_shufflevector(a, b, (lane / half * length + lane % half + half)...);
}

/// As many sums as a vector has lanes, at once: the same additions in the same order as fold() of each.
template<std::size_t width, std::size_t length, typename Vector>
inline __attribute__((always_inline)) Vector fold_all(const Vector* sums) {
    if constexpr (length == width * 2) {
        return *sums;
    } else {
        return fold_two<width, length>(fold_all<width, length * 2>(sums),
                                       fold_all<width, length * 2>(sums + width / length),
                                       std::make_index_sequence<width>{});
    }
}

/// The lanes of those sums, added to the gradient, which begins at `row_of_kernel`.
template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_tile(const LaneWeightGradient& work, std::size_t row_of_kernel, const float* x, const float* dy,
                 float* gradient, std::ptrdiff_t gradient_out) {
    constexpr std::size_t width = T::vector_width;
    constexpr std::size_t count = outs * rows * taps;
    constexpr std::size_t together = count / width * width;
    float totals[count] = {};
    for (std::size_t part = 0; part < lanes; part += width) {
        typename T::Vector sums[count];
        weight_sums<T, outs, rows, taps>(work, row_of_kernel, x + part, dy + part, sums);
        for (std::size_t i = 0; i < together; i += width) {
            const auto folded = fold_all<width, 2>(sums + i);
            const auto sum = load<typename T::Vector>(totals + i) + folded;
            __builtin_memcpy(totals + i, &sum, sizeof sum);
        }
        for (std::size_t i = together; i < count; ++i) {
            totals[i] += fold<width>(reinterpret_cast<const float*>(sums + i));
        }
    }
    unrolled<count>(SUITE_UNROLLED {
        constexpr auto out = static_cast<std::ptrdiff_t>(index % outs);
        gradient[out * gradient_out + static_cast<std::ptrdiff_t>(index / outs)] += totals[index];
    });
}

template<typename T, std::size_t outs, std::size_t rows, std::size_t taps>
void weight_channels(const LaneWeightGradient& work, std::size_t first) {
    const auto weights_per_in = static_cast<std::ptrdiff_t>(taps * taps);
    const auto weights_per_out = static_cast<std::ptrdiff_t>(work.in_channels) * weights_per_in;
    const float* dy = work.dy + first * work.side * work.side * lanes;
    float* gradient = work.gradient + static_cast<std::ptrdiff_t>(first) * weights_per_out;
    for (std::size_t channel = 0; channel < work.in_channels; ++channel) {
        const float* x = work.x + channel * work.in_side * work.in_side * lanes;
        for (std::size_t row = 0; row < taps; row += rows) {
            weight_tile<T, outs, rows, taps>(
                work, row, x, dy, gradient + static_cast<std::ptrdiff_t>(row * taps), weights_per_out);
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
        weight_gradient_taps<T, T::point_outs, 1, 1>(work);
    } else {
        weight_gradient_taps<T, T::weight_outs, T::weight_rows, 3>(work);
    }
}

#undef SUITE_UNROLLED
} // namespace
} // namespace suite::kernels::detail
