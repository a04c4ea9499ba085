#include "suite/dist/pinned_resource.hpp"

#include <cassert>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "suite/base/log.hpp"
#include "suite/dist/device.hpp"

namespace suite::dist {
namespace {

// Of the runtime: pinned memory begins at a page. Of the tests' table: as operator new gives it.
constexpr std::size_t largest_alignment = 16;

} // namespace

bool PinnedResource::holds(std::span<const std::byte> values) const {
    const std::lock_guard lock(mutex_);
    const auto behind = pinned_.upper_bound(values.data());
    if (behind == pinned_.begin()) {
        return false;
    }
    const auto [begin, bytes] = *std::prev(behind);
    const auto offset = static_cast<std::size_t>(values.data() - begin);
    return offset < bytes && values.size() <= bytes - offset;
}

void PinnedResource::tell(CudaResult result, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(has_told_, true)) {
        log_warning(fmt::format("cudaHostAlloc({} bytes): found {}, expected pinned memory. Images go to the "
                                "device by way of pageable memory, which is slower. Fix: raise ulimit -l and "
                                "the job's memory, or let fewer processes share the machine",
                                bytes, api_.text(result)));
    }
}

void* PinnedResource::do_allocate(std::size_t bytes, std::size_t alignment) {
    assert(alignment <= largest_alignment);
    // A thread that never chose one would make a context on the first device of the machine.
    check_cuda(api_, api_.set_device(device_), fmt::format("cudaSetDevice({})", device_));
    void* memory = nullptr;
    const CudaResult result = api_.allocate_pinned(&memory, bytes);
    if (result == CudaResult::memory_allocation) {
        tell(result, bytes);
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    check_cuda(api_, result, fmt::format("cudaHostAlloc({} bytes)", bytes));
    PinnedMemory owner(api_, memory);
    const std::lock_guard lock(mutex_);
    pinned_.emplace(static_cast<const std::byte*>(memory), bytes);
    return owner.release();
}

void PinnedResource::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
    const std::unique_lock lock(mutex_);
    if (pinned_.erase(static_cast<const std::byte*>(memory)) > 0) {
        const PinnedMemory owner(api_, memory);
        return;
    }
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
}

} // namespace suite::dist
