// How fast the communicator sums buffers of each size: the bound that a step's exposed communication is held
// against.
#pragma once

#include <cstddef>
#include <vector>

#include "suite/dist/communicator.hpp"
#include "suite/store/scaling_section.hpp"

namespace suite::worker {

/// Sizes from 1 KiB by fours up to `largest_bytes` and that size itself, float32, sums. A time is the median
/// of the slowest rank's times; algorithm bandwidth = bytes / time; bus bandwidth = that times 2 (N − 1) / N,
/// which is what a link carries in a ring (nccl-tests, doc/PERFORMANCE.md). Inputs have exactly known sums;
/// elements that come out otherwise are counted. Collective; in the memory of the communicator. Nothing for
/// one rank. Below a second.
[[nodiscard]] std::vector<store::ScalingSweep> all_reduce_sweep(dist::Communicator& communicator,
                                                                std::size_t largest_bytes);

} // namespace suite::worker
