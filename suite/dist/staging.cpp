#include "suite/dist/staging.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace suite::dist {

StagedUpload::StagedUpload(NcclApi& api) : api_(api), stream_(make_stream(api, false)) {
    for (Slot& slot : slots_) {
        slot.copied = make_event(api);
        slot.used = make_event(api);
    }
}

void StagedUpload::wait_until_copied(const Slot& slot) {
    CudaResult state = api_.query_event(slot.copied.get());
    while (state == CudaResult::not_ready) {
        std::this_thread::sleep_for(std::chrono::microseconds(5));
        state = api_.query_event(slot.copied.get());
    }
    check_cuda(api_, state, "copying a batch to the device");
}

void StagedUpload::copy(Slot& slot, std::span<const std::byte> values) {
    wait_until_copied(slot); // an event that was never recorded is ready
    if (slot.capacity < values.size()) {
        slot.capacity = values.size();
        slot.pinned = make_pinned_memory(api_, slot.capacity);
        slot.device = make_device_memory(api_, slot.capacity);
    }
    std::memcpy(slot.pinned.get(), values.data(), values.size());
    check_cuda(api_, api_.stream_wait_event(stream_.get(), slot.used.get()), "cudaStreamWaitEvent");
    check_cuda(api_, api_.copy(slot.device.get(), slot.pinned.get(), values.size(), stream_.get()),
               "cudaMemcpyAsync");
    check_cuda(api_, api_.record_event(slot.copied.get(), stream_.get()), "cudaEventRecord");
    slot.state = State::begun;
    slot.source = values;
}

StagedUpload::Slot* StagedUpload::begun(std::span<const std::byte> values) {
    const auto found = std::ranges::find_if(slots_, [&](const Slot& slot) {
        return slot.state == State::begun && slot.source.data() == values.data() &&
               slot.source.size() == values.size();
    });
    return found == slots_.end() ? nullptr : &*found;
}

StagedUpload::Slot* StagedUpload::free_slot() {
    const auto found = std::ranges::find(slots_, State::free, &Slot::state);
    return found == slots_.end() ? nullptr : &*found;
}

void StagedUpload::begin(std::span<const std::byte> values) {
    Slot* slot = free_slot();
    if (slot != nullptr && begun(values) == nullptr) {
        copy(*slot, values);
    }
}

void StagedUpload::forget() {
    for (Slot& slot : slots_) {
        slot.state = State::free;
    }
}

const void* StagedUpload::take(std::span<const std::byte> values, StreamHandle stream) {
    Slot* slot = begun(values);
    if (slot == nullptr) {
        slot = free_slot();
        if (slot == nullptr) { // announced, but something else came
            forget();
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

} // namespace suite::dist
