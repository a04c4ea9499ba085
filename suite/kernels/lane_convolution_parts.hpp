// The inner loops of suite/kernels/lane_convolution.cpp, compiled once per instruction set. Private.
//
// The files lane_convolution_*.cpp have their own compiler options, so nothing but plain pointers may be used
// there: an inline function of the standard library compiled with AVX-512 could be the one that the linker
// keeps for everybody.
#pragma once

#include <cstddef>

namespace suite::kernels::detail {

/// Where one tap of the kernel reads: offsets in floats from the first input and weight element of a channel
/// pair.
struct LaneTap {
    std::ptrdiff_t in;
    std::ptrdiff_t weight;
};

/// out[o][r][c] = sum over i, taps of weight[o][i][tap] * in[i][r][c shifted by the tap]; strides in floats.
struct LaneGather {
    const float* in;
    const float* weight;
    float* out;
    const LaneTap* taps;
    std::size_t tap_count;
    std::size_t in_channels;
    std::size_t out_channels;
    std::size_t rows;
    std::size_t columns;
    std::ptrdiff_t in_channel, in_row, in_column;
    std::ptrdiff_t out_channel, out_row, out_column;
    std::ptrdiff_t weight_out, weight_in;
};

/// gradient[o][i][kh][kw] += sum over blocks, pixels, lanes of dy[o] * x[i shifted].
struct LaneWeightGradient {
    const float* x; ///< padded maps, blocks behind each other
    const float* dy;
    float* gradient;
    std::size_t blocks, in_channels, out_channels, kernel, side; ///< side of dy
    std::ptrdiff_t x_block, x_channel, x_row, stride;
    std::ptrdiff_t dy_block, dy_channel;
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
