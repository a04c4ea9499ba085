// Slices of the gradient arena that are reduced together: pure arithmetic.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "suite/dist/communicator.hpp"
#include "suite/train/reduce/gradient_arena.hpp"

namespace suite::train {

/// The arena cut into buckets, from its end to its beginning: about the order in which backward finishes
/// them. Each takes tensors until it holds `bucket_bytes` or more (float32), so one is never split. Nothing
/// is left to hide the last one behind: with more than one bucket it has only the first tensors, of 4 KiB or
/// less together (or the first alone).
[[nodiscard]] std::vector<Slice> bucket_plan(std::span<const Slice> tensors, std::size_t bucket_bytes);

/// An all-reduce of n bytes takes about latency_seconds + n * seconds_per_byte.
struct ReductionCurve {
    double latency_seconds = 0.0;
    double seconds_per_byte = 0.0;
};
struct ReductionTiming {
    std::size_t bytes = 0;
    double seconds = 0.0;
};
/// Least squares of the relative errors, neither parameter below 0. At least two different sizes, seconds
/// above 0.
[[nodiscard]] ReductionCurve fit_reduction_curve(std::span<const ReductionTiming> timings);

/// The size b that makes what an arena of `arena_bytes` costs beyond its bytes least: latency of arena / b
/// buckets, and the last bucket that nothing is left to hide behind: sqrt(arena * latency /
/// seconds_per_byte), at least 4 KiB, at most the arena.
[[nodiscard]] std::size_t bucket_bytes_for(const ReductionCurve& curve, std::size_t arena_bytes);

/// That size for a curve of the backend which is fixed, so that a repeated run has the same buckets.
[[nodiscard]] std::size_t default_bucket_bytes(dist::Backend backend, std::size_t arena_bytes);

/// That size for the curve of these ranks, measured now: sums of the first bytes of `arena` (float32), from
/// 1 KiB by fours up to the whole of it or 64 MiB, medians of the slowest rank's times. What the arena held
/// is lost. The same on every rank, another from run to run; the whole arena for one rank. Collective; below
/// a second.
[[nodiscard]] std::size_t measured_bucket_bytes(dist::Communicator& communicator, dist::Buffer arena);

} // namespace suite::train
