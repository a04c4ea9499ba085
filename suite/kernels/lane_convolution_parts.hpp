// The inner loops of suite/kernels/lane_convolution.cpp, compiled once per instruction set. Private.
//
// The files lane_convolution_*.cpp have their own compiler options, so nothing but plain pointers may be used
// there: an inline function of the standard library compiled with AVX-512 could be the one that the linker
// keeps for everybody.
#pragma once

#include <cstddef>

namespace suite::kernels::detail {

/// One tap of the kernel: which input pixel it reads, relative to the output pixel's place in the input, and
/// where its weight lies (floats from a channel pair's first weight).
struct LaneTap {
    std::ptrdiff_t row;
    std::ptrdiff_t column;
    std::ptrdiff_t weight;
};

/// out[o][r][c] = sum over i, taps of weight[o][i][tap] * in[i][r * step + tap.row][c * step + tap.column]
/// with zeros around `in`; the taps that read them are left out. A tap reaches at most one pixel beyond `in`
/// on any side. Strides in floats.
struct LaneGather {
    const float* in; ///< square maps, dense
    const float* weight;
    float* out;
    const LaneTap* taps;
    std::size_t tap_count;
    std::size_t in_channels;
    std::size_t out_channels;
    std::size_t rows;
    std::size_t columns;
    std::size_t in_side;
    std::size_t step;
    std::ptrdiff_t out_channel, out_row, out_column;
    std::ptrdiff_t weight_out, weight_in;
};

/// gradient[o][i][kh][kw] += sum over blocks, pixels, lanes of dy[o] * x[i shifted], zeros around x left out.
struct LaneWeightGradient {
    const float* x; ///< dense maps, blocks behind each other
    const float* dy;
    float* gradient;
    std::size_t blocks, in_channels, out_channels, kernel, stride;
    std::size_t in_side, side; ///< of x, of dy
};

struct LaneConvolutionParts {
    void (*gather)(const LaneGather& work);
    void (*weight_gradient)(const LaneWeightGradient& work);
};

extern const LaneConvolutionParts lane_parts_base;
#if defined(__x86_64__)
extern const LaneConvolutionParts lane_parts_avx2;
extern const LaneConvolutionParts lane_parts_avx512;
#endif

} // namespace suite::kernels::detail
