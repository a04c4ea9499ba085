#include <algorithm>
#include <cassert>

#include "suite/base/clock.hpp"
#include "suite/train/reduce/bucket_plan.hpp"

namespace suite::train {
namespace {

constexpr std::size_t smallest_bytes = 1024;
constexpr std::size_t largest_bytes = std::size_t{64} << 20; // beyond it time is in proportion to the bytes
constexpr std::size_t growth = 4;
constexpr std::size_t repetitions = 7; // and one before them that warms up

/// Median seconds of the slowest rank.
double seconds_of(dist::Communicator& communicator, dist::Buffer values) {
    std::vector<double> seconds;
    for (std::size_t i = 0; i <= repetitions; ++i) {
        communicator.barrier();
        const double began = monotonic_seconds();
        communicator.all_reduce(values, dist::Reduction::sum);
        seconds.push_back(monotonic_seconds() - began);
    }
    communicator.host().all_reduce(dist::buffer(std::span<double>(seconds)), dist::Reduction::maximum);
    const auto middle = seconds.begin() + 1 + repetitions / 2;
    std::nth_element(seconds.begin() + 1, middle, seconds.end());
    return *middle;
}

} // namespace

std::size_t measured_bucket_bytes(dist::Communicator& communicator, dist::Buffer arena) {
    assert(arena.element == dist::Element::float32);
    const std::size_t largest = std::min(arena.bytes(), largest_bytes);
    if (communicator.size() == 1 || largest <= smallest_bytes) {
        return arena.bytes();
    }
    std::vector<ReductionTiming> timings;
    for (std::size_t bytes = smallest_bytes;; bytes = std::min(bytes * growth, largest)) {
        const dist::Buffer values{arena.data, bytes / sizeof(float), arena.element};
        timings.push_back({bytes, seconds_of(communicator, values)});
        if (bytes == largest) {
            return bucket_bytes_for(fit_reduction_curve(timings), arena.bytes());
        }
    }
}

} // namespace suite::train
