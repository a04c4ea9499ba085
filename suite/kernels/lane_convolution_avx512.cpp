#include "suite/kernels/lane_convolution_loops.hpp"

namespace suite::kernels::detail {

using Avx512Tile =
    Tile<16, 4, 5, 2, 3>; // 20 sums, 5 values and a weight in 32 registers; 18 sums for the weights

const LaneConvolutionParts lane_parts_avx512{gather<Avx512Tile>, weight_gradient<Avx512Tile>};

} // namespace suite::kernels::detail
