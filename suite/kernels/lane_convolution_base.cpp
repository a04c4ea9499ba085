#include "suite/kernels/lane_convolution_loops.hpp"

namespace suite::kernels::detail {

using BaseTile = Tile<4, 4, 3, 4, 1>; // 12 sums, 3 values and a weight in 16 registers

const LaneConvolutionParts lane_parts_base{gather<BaseTile>, weight_gradient<BaseTile>};

} // namespace suite::kernels::detail
