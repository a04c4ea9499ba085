#include "suite/worker/all_reduce_sweep.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "suite/base/clock.hpp"
#include "suite/dist/device.hpp"
#include "suite/train/device.hpp"

namespace suite::worker {
namespace {

constexpr std::size_t smallest_bytes = 1024;
constexpr std::size_t growth = 4;
// A size is repeated for this long, within these bounds: on a crowded machine a sum can take a time slice.
constexpr double seconds_per_size = 0.05;
constexpr std::size_t fewest_repetitions = 3;
constexpr std::size_t most_repetitions = 101;

std::vector<std::size_t> sizes_up_to(std::size_t largest) {
    std::vector<std::size_t> sizes;
    for (std::size_t bytes = smallest_bytes; bytes < largest; bytes *= growth) {
        sizes.push_back(bytes);
    }
    sizes.push_back(std::max(smallest_bytes, largest / sizeof(float) * sizeof(float)));
    return sizes;
}

/// Floats in the memory of a communicator: these themselves, or a copy of them on this rank's device.
class SweepRoom {
public:
    SweepRoom(const dist::Communicator& communicator, std::size_t count) : values_(count) {
        if (communicator.backend() == dist::Backend::nccl) {
            device_ = dist::make_device_memory(*dist::linked_nccl_api(), count * sizeof(float));
        }
    }
    [[nodiscard]] dist::Buffer fill(float value) {
        std::fill(values_.begin(), values_.end(), value);
        copy(device_.get(), values_.data());
        return device_.get() == nullptr ? dist::buffer(values_)
                                        : dist::Buffer{device_.get(), values_.size(), dist::Element::float32};
    }
    [[nodiscard]] std::int64_t count_other_than(float expected) {
        copy(values_.data(), device_.get());
        return std::count_if(values_.begin(), values_.end(),
                             [expected](float value) { return value != expected; });
    }

private:
    // Pageable memory: the call returns when the host may read or write it again.
    void copy(void* to, const void* from) {
        if (device_.get() != nullptr) {
            dist::NcclApi& api = *dist::linked_nccl_api();
            dist::check_cuda(api, api.copy(to, from, values_.size() * sizeof(float), train::device_stream()),
                             "cudaMemcpyAsync");
        }
    }
    std::vector<float> values_;
    dist::DeviceMemory device_;
};

/// Seconds of one sum on the slowest rank after all have begun together, and of all so far at this size: the
/// same on every rank, so that all stop together.
struct Timed {
    double sum = 0.0;
    double so_far = 0.0;
};

Timed timed_sum(dist::Communicator& communicator, SweepRoom& room, float mine, double begun) {
    const dist::Buffer values = room.fill(mine);
    communicator.barrier();
    const double started = monotonic_seconds();
    communicator.all_reduce(values, dist::Reduction::sum);
    const double ended = monotonic_seconds();
    std::array<double, 2> seconds{ended - started, ended - begun};
    communicator.host().all_reduce(dist::buffer(std::span<double>(seconds)), dist::Reduction::maximum);
    return {.sum = seconds[0], .so_far = seconds[1]};
}

/// Repeated sums at one size, the first left out: it touches pages and connections.
std::vector<double> timed_sums(dist::Communicator& communicator, SweepRoom& room, float mine) {
    const double begun = monotonic_seconds();
    static_cast<void>(timed_sum(communicator, room, mine, begun));
    std::vector<double> seconds;
    for (Timed timed; seconds.size() < fewest_repetitions ||
                      (seconds.size() < most_repetitions && timed.so_far < seconds_per_size);) {
        timed = timed_sum(communicator, room, mine, begun);
        seconds.push_back(timed.sum);
    }
    return seconds;
}

} // namespace

std::vector<store::ScalingSweep> all_reduce_sweep(dist::Communicator& communicator,
                                                  std::size_t largest_bytes) {
    std::vector<store::ScalingSweep> sweep;
    const int ranks = communicator.size();
    for (const std::size_t bytes : ranks > 1 ? sizes_up_to(largest_bytes) : std::vector<std::size_t>{}) {
        SweepRoom room(communicator, bytes / sizeof(float));
        const auto mine = static_cast<float>(communicator.rank() + 1);
        const float expected = static_cast<float>(ranks) * static_cast<float>(ranks + 1) / 2.0F;
        std::vector<double> seconds = timed_sums(communicator, room, mine);
        const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
        std::nth_element(seconds.begin(), middle, seconds.end());
        const double median = std::max(1e-9, *middle);
        const double bandwidth = static_cast<double>(bytes) / median;
        sweep.push_back({.bytes = static_cast<std::int64_t>(bytes),
                         .seconds = median,
                         .algorithm_bandwidth = bandwidth,
                         .bus_bandwidth = bandwidth * 2.0 * (ranks - 1) / ranks,
                         .wrong = room.count_other_than(expected)});
    }
    return sweep;
}

} // namespace suite::worker
