#include "suite/kernels/lane_convolution_loops.hpp"

namespace suite::kernels::detail {

using Avx2Tile = Tile<8, 4, 3, 4, 1>; // 12 sums, 3 values and a weight in 16 registers

const LaneConvolutionParts lane_parts_avx2{gather<Avx2Tile>, weight_gradient<Avx2Tile>};

} // namespace suite::kernels::detail
