#include "suite/train/reduce/bucket_plan.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace suite::train {
namespace {

constexpr std::size_t smallest_bucket_bytes = 4096;
// Ranks on one host: 5 us and 5 GB/s, between the latency of one call and that of a call that is advanced
// from outside (Open MPI on two cores: 0.5 us, 8 GB/s for calls that block).
constexpr ReductionCurve host_curve{.latency_seconds = 5e-6, .seconds_per_byte = 1.0 / 5e9};
// NCCL between nodes: two network hops of 14 us and 8.4 us (its src/graph/tuning.cc), at 88 GB/s a node.
constexpr ReductionCurve device_curve{.latency_seconds = 36.4e-6, .seconds_per_byte = 1.0 / 88e9};

/// The tensors at the arena's beginning whose gradients come last: as many as fit the smallest bucket, at
/// least one. Where they end.
std::size_t end_of_tail(std::span<const Slice> tensors) {
    std::size_t end = 0;
    for (const Slice& tensor : tensors) {
        const std::size_t next = tensor.offset + tensor.count;
        if (end > 0 && next * sizeof(float) > smallest_bucket_bytes) {
            break;
        }
        end = next;
    }
    return end;
}

} // namespace

std::vector<Slice> bucket_plan(std::span<const Slice> tensors, std::size_t bucket_bytes) {
    std::vector<Slice> buckets;
    const std::size_t tail_end = end_of_tail(tensors);
    const std::size_t arena = tensors.empty() ? 0 : tensors.back().offset + tensors.back().count;
    bool is_full = true;
    for (auto tensor = tensors.rbegin(); tensor != tensors.rend(); ++tensor) {
        const bool begins_tail = tensor->offset + tensor->count == tail_end;
        if (is_full || (begins_tail && arena * sizeof(float) > bucket_bytes)) {
            buckets.push_back({tensor->offset, 0});
        }
        Slice& bucket = buckets.back();
        bucket.offset = tensor->offset;
        bucket.count += tensor->count;
        is_full = bucket.count * sizeof(float) >= bucket_bytes;
    }
    return buckets;
}

ReductionCurve fit_reduction_curve(std::span<const ReductionTiming> timings) {
    assert(timings.size() >= 2);
    // With u = 1 / t and v = n / t: minimise sum (a u + b v - 1)^2.
    double uu = 0.0;
    double uv = 0.0;
    double vv = 0.0;
    double u_sum = 0.0;
    double v_sum = 0.0;
    for (const ReductionTiming& timing : timings) {
        const double u = 1.0 / timing.seconds;
        const double v = static_cast<double>(timing.bytes) / timing.seconds;
        uu += u * u;
        uv += u * v;
        vv += v * v;
        u_sum += u;
        v_sum += v;
    }
    const double determinant = uu * vv - uv * uv;
    const ReductionCurve free{(u_sum * vv - v_sum * uv) / determinant,
                              (v_sum * uu - u_sum * uv) / determinant};
    if (free.latency_seconds < 0.0) {
        return {0.0, v_sum / vv};
    }
    return free.seconds_per_byte < 0.0 ? ReductionCurve{u_sum / uu, 0.0} : free;
}

std::size_t bucket_bytes_for(const ReductionCurve& curve, std::size_t arena_bytes) {
    const std::size_t least = std::min(smallest_bucket_bytes, arena_bytes);
    if (curve.seconds_per_byte <= 0.0) {
        return arena_bytes;
    }
    const double best =
        std::sqrt(static_cast<double>(arena_bytes) * curve.latency_seconds / curve.seconds_per_byte);
    return best >= static_cast<double>(arena_bytes) ? arena_bytes
                                                    : std::max(least, static_cast<std::size_t>(best));
}

std::size_t default_bucket_bytes(dist::Backend backend, std::size_t arena_bytes) {
    return bucket_bytes_for(backend == dist::Backend::nccl ? device_curve : host_curve, arena_bytes);
}

} // namespace suite::train
