#include "suite/dist/staging.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace suite::dist {
namespace {

bool is_same(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.data() == b.data() && a.size() == b.size();
}

} // namespace

StagedUpload::StagedUpload(PinnedResource& memory)
    : api_(memory.api()),
      memory_(memory),
      stream_(make_stream(api_, false)),
      slots_{Slot(memory), Slot(memory)} {
    for (Slot& slot : slots_) {
        slot.copied = make_event(api_);
        slot.used = make_event(api_);
    }
}

StagedUpload::~StagedUpload() {
    for (const Slot& slot : slots_) {
        static_cast<void>(end_of_copy(slot)); // a device that fails says so to those who ask it for results
    }
}

/// Waits for the slot's copy; an event that was never recorded is ready.
CudaResult StagedUpload::end_of_copy(const Slot& slot) noexcept {
    CudaResult state = api_.query_event(slot.copied.get());
    while (state == CudaResult::not_ready) {
        std::this_thread::sleep_for(std::chrono::microseconds(5));
        state = api_.query_event(slot.copied.get());
    }
    return state;
}

void StagedUpload::wait_until_copied(const Slot& slot) {
    check_cuda(api_, end_of_copy(slot), "copying a batch to the device");
}

/// The values where a copy may begin at once: where they are, or in the slot's own memory.
std::span<const std::byte> StagedUpload::pinned(Slot& slot, std::span<const std::byte> values) {
    if (memory_.holds(values)) {
        return values;
    }
    if (slot.staged.size() < values.size()) {
        slot.staged.resize(values.size());
    }
    std::memcpy(slot.staged.data(), values.data(), values.size());
    return std::span(slot.staged).first(values.size());
}

void StagedUpload::copy(Slot& slot, std::span<const std::byte> values) {
    slot.state = State::free;
    wait_until_copied(slot);
    if (slot.capacity < values.size()) {
        slot.device = make_device_memory(api_, values.size());
        slot.capacity = values.size();
    }
    const std::span<const std::byte> from = pinned(slot, values);
    slot.source = values;
    check_cuda(api_, api_.stream_wait_event(stream_.get(), slot.used.get()), "cudaStreamWaitEvent");
    check_cuda(api_, api_.copy(slot.device.get(), from.data(), from.size(), stream_.get()),
               "cudaMemcpyAsync");
    check_cuda(api_, api_.record_event(slot.copied.get(), stream_.get()), "cudaEventRecord");
    slot.state = State::begun;
}

StagedUpload::Slot* StagedUpload::begun(std::span<const std::byte> values) {
    const auto found = std::ranges::find_if(
        slots_, [&](const Slot& slot) { return slot.state == State::begun && is_same(slot.source, values); });
    return found == slots_.end() ? nullptr : &*found;
}

StagedUpload::Slot* StagedUpload::free_slot() {
    const auto found = std::ranges::find(slots_, State::free, &Slot::state);
    return found == slots_.end() ? nullptr : &*found;
}

void StagedUpload::begin(std::span<const std::byte> values) {
    if (begun(values) != nullptr) {
        return;
    }
    if (Slot* slot = free_slot(); slot != nullptr) {
        copy(*slot, values);
    }
}

const void* StagedUpload::take(std::span<const std::byte> values, StreamHandle stream) {
    Slot* slot = begun(values);
    if (slot == nullptr) {
        slot = free_slot();
        if (slot == nullptr) { // announced, but something else came: the announced is copied again
            slot = &slots_.front();
        }
        copy(*slot, values);
    }
    check_cuda(api_, api_.stream_wait_event(stream, slot->copied.get()), "cudaStreamWaitEvent");
    slot->state = State::taken;
    return slot->device.get();
}

void StagedUpload::release(StreamHandle stream) {
    for (Slot& slot : slots_) {
        if (slot.state == State::taken) {
            check_cuda(api_, api_.record_event(slot.used.get(), stream), "cudaEventRecord");
            slot.state = State::free;
        }
    }
}

void StagedUpload::done_with(std::span<const std::byte> values) {
    for (Slot& slot : slots_) {
        if (values.empty() || !is_same(slot.source, values)) {
            continue;
        }
        wait_until_copied(slot);
        slot.source = {};
        if (slot.state == State::begun) {
            slot.state = State::free;
        }
    }
}

} // namespace suite::dist
