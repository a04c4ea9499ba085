// A table of NCCL and CUDA functions that does little but write down what was called, in order. Each call
// can be told to fail, at once or from a later one on; events are ready unless told otherwise. Copies happen
// at once or, with late_copies, at the last moment that the order of calls allows, and what is freed or
// overwritten before is noticed.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "suite/dist/nccl_api.hpp"

namespace suite::dist::test {

class RecordingApi final : public NcclApi {
public:
    std::map<std::string, CudaResult> cuda_results;
    std::map<std::string, NcclResult> nccl_results;
    std::map<std::string, int> calls_before_failure; ///< of cuda_results: so many succeed first
    bool late_copies = false;
    std::vector<NcclResult> async_errors; ///< answers to come, the last for good; empty = success
    int devices = 2;
    int events_pending = 0; ///< queries that are answered not_ready; negative: all

    [[nodiscard]] std::vector<std::string> calls() const {
        const std::scoped_lock lock(mutex_);
        return calls_;
    }
    [[nodiscard]] long count(const std::string& name) const {
        const std::scoped_lock lock(mutex_);
        return std::ranges::count_if(calls_, [&](const std::string& call) { return call.starts_with(name); });
    }
    void forget() {
        const std::scoped_lock lock(mutex_);
        calls_.clear();
    }
    /// Created and not destroyed: streams, events, memory.
    [[nodiscard]] int alive() const {
        const std::scoped_lock lock(mutex_);
        return alive_;
    }
    /// Most pinned memory that there was at a time.
    [[nodiscard]] std::size_t most_pinned_bytes() const {
        const std::scoped_lock lock(mutex_);
        return most_pinned_bytes_;
    }
    /// Of late copies: how many had their memory freed before they happened.
    [[nodiscard]] int lost_copies() const {
        const std::scoped_lock lock(mutex_);
        return lost_copies_;
    }

    CudaResult device_count(int& number) override {
        const CudaResult result = cuda("device_count");
        if (result == CudaResult::success) {
            number = devices;
        }
        return result;
    }
    CudaResult set_device(int device) override { return cuda("set_device " + std::to_string(device)); }
    CudaResult device_name(int, std::string& name) override {
        name = "Recorder";
        return cuda("device_name");
    }
    CudaResult driver_version(int& version) override {
        version = 13000;
        return cuda("driver_version");
    }
    CudaResult create_stream(StreamHandle& stream, bool urgent) override {
        return made(stream, urgent ? "create_stream urgent" : "create_stream");
    }
    CudaResult destroy_stream(StreamHandle) override { return gone("destroy_stream"); }
    CudaResult create_event(EventHandle& event) override { return made(event, "create_event"); }
    CudaResult destroy_event(EventHandle) override { return gone("destroy_event"); }
    CudaResult record_event(EventHandle event, StreamHandle stream) override {
        const CudaResult result = cuda("record_event " + name(event) + " on " + name(stream));
        if (result == CudaResult::success) {
            const std::scoped_lock lock(mutex_);
            copies_before_[event] = copies_begun_;
        }
        return result;
    }
    CudaResult query_event(EventHandle event) override {
        if (events_pending != 0) {
            events_pending -= events_pending > 0 ? 1 : 0;
            return CudaResult::not_ready;
        }
        const CudaResult result = cuda("query_event");
        if (result == CudaResult::success) {
            catch_up(event);
        }
        return result;
    }
    /// What the default stream does happens on the host, right after this call.
    CudaResult stream_wait_event(StreamHandle stream, EventHandle event) override {
        const CudaResult result = cuda("stream_wait_event " + name(stream) + " for " + name(event));
        if (result == CudaResult::success && stream == nullptr) {
            catch_up(event);
        }
        return result;
    }
    CudaResult allocate_device(void** memory, std::size_t bytes) override {
        return allocated(memory, bytes, "allocate_device");
    }
    CudaResult free_device(void* memory) override { return freed(memory, "free_device"); }
    CudaResult allocate_pinned(void** memory, std::size_t bytes) override {
        const CudaResult result = allocated(memory, bytes, "allocate_pinned");
        if (result == CudaResult::success) {
            const std::scoped_lock lock(mutex_);
            pinned_[*memory] = bytes;
            pinned_bytes_ += bytes;
            most_pinned_bytes_ = std::max(most_pinned_bytes_, pinned_bytes_);
        }
        return result;
    }
    CudaResult free_pinned(void* memory) override {
        {
            const std::scoped_lock lock(mutex_);
            const auto block = pinned_.extract(memory);
            pinned_bytes_ -= block.mapped();
            lost_copies_ += static_cast<int>(std::ranges::count_if(late_, [&](const Copy& copy) {
                const auto* begin = static_cast<const std::byte*>(block.key());
                const auto* from = static_cast<const std::byte*>(copy.from);
                return from >= begin && from < begin + block.mapped();
            }));
        }
        return freed(memory, "free_pinned");
    }
    /// The memory is the host's.
    CudaResult copy(void* to, const void* from, std::size_t bytes, StreamHandle stream) override {
        const CudaResult result = cuda("copy " + std::to_string(bytes) + " on " + name(stream));
        if (result == CudaResult::success) {
            const std::scoped_lock lock(mutex_);
            late_.push_back({to, from, bytes});
            ++copies_begun_;
            if (!late_copies) {
                copy_until(copies_begun_);
            }
        }
        return result;
    }
    std::string text(CudaResult result) override {
        return "cuda error " + std::to_string(static_cast<int>(result));
    }

    int nccl_version() override { return 22809; }
    NcclResult make_id(NcclId& id) override {
        id.fill(std::byte{7});
        return nccl("make_id");
    }
    NcclResult comm_init(NcclHandle& comm, int size, const NcclId& id, int rank) override {
        comm = reinterpret_cast<NcclHandle>(std::uintptr_t{0xC0});
        return nccl("comm_init " + std::to_string(rank) + " of " + std::to_string(size) + " id " +
                    std::to_string(static_cast<int>(id[127])));
    }
    NcclResult comm_async_error(NcclHandle, NcclResult& error) override {
        const std::scoped_lock lock(mutex_);
        error = NcclResult::success;
        if (!async_errors.empty()) {
            error = async_errors.front();
            if (async_errors.size() > 1) {
                async_errors.erase(async_errors.begin());
            }
        }
        return NcclResult::success;
    }
    NcclResult comm_finalize(NcclHandle) override { return nccl("comm_finalize"); }
    NcclResult comm_destroy(NcclHandle) override { return nccl("comm_destroy"); }
    NcclResult comm_abort(NcclHandle) override { return nccl("comm_abort"); }
    NcclResult group_start() override { return nccl("group_start"); }
    NcclResult group_end() override { return nccl("group_end"); }
    NcclResult all_reduce(Buffer values, Reduction, NcclHandle, StreamHandle stream) override {
        return nccl("all_reduce " + std::to_string(values.count) + " on " + name(stream));
    }
    NcclResult broadcast(Buffer values, int root, NcclHandle, StreamHandle) override {
        return nccl("broadcast " + std::to_string(values.count) + " from " + std::to_string(root));
    }
    NcclResult all_gather(Buffer mine, Buffer, NcclHandle, StreamHandle) override {
        return nccl("all_gather " + std::to_string(mine.count));
    }
    NcclResult send(Buffer values, int peer, NcclHandle, StreamHandle) override {
        return nccl("send " + std::to_string(values.count) + " to " + std::to_string(peer));
    }
    NcclResult receive(Buffer values, int peer, NcclHandle, StreamHandle) override {
        return nccl("receive " + std::to_string(values.count) + " from " + std::to_string(peer));
    }
    std::string text(NcclResult result, NcclHandle) override {
        return "nccl error " + std::to_string(static_cast<int>(result));
    }

    /// Handles are numbered as they are made: "#1", "#2"; null is "default".
    template<typename Handle>
    [[nodiscard]] static std::string name(Handle handle) {
        return handle == nullptr ? "default" : "#" + std::to_string(reinterpret_cast<std::uintptr_t>(handle));
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::uintptr_t made_ = 0;
    int alive_ = 0;

    struct Copy {
        void* to;
        const void* from;
        std::size_t bytes;
    };
    std::deque<Copy> late_; ///< the last copies begun, not done
    std::size_t copies_begun_ = 0;
    std::map<EventHandle, std::size_t> copies_before_; ///< begun when the event was recorded
    std::map<void*, std::size_t> pinned_;
    std::size_t pinned_bytes_ = 0;
    std::size_t most_pinned_bytes_ = 0;
    int lost_copies_ = 0;

    /// Under the lock.
    void copy_until(std::size_t number) {
        for (; copies_begun_ - late_.size() < number; late_.pop_front()) {
            std::memmove(late_.front().to, late_.front().from, late_.front().bytes);
        }
    }
    void catch_up(EventHandle event) {
        const std::scoped_lock lock(mutex_);
        copy_until(copies_before_[event]);
    }

    [[nodiscard]] static std::string first_word(const std::string& call) {
        return call.substr(0, call.find(' '));
    }
    CudaResult cuda(const std::string& call) {
        const std::scoped_lock lock(mutex_);
        calls_.push_back(call);
        const auto found = cuda_results.find(first_word(call));
        if (found == cuda_results.end() || calls_before_failure[found->first]-- > 0) {
            return CudaResult::success;
        }
        return found->second;
    }
    NcclResult nccl(const std::string& call) {
        const std::scoped_lock lock(mutex_);
        calls_.push_back(call);
        const auto found = nccl_results.find(first_word(call));
        return found == nccl_results.end() ? NcclResult::success : found->second;
    }
    template<typename Handle>
    CudaResult made(Handle& handle, const std::string& call) {
        const CudaResult result = cuda(call);
        if (result == CudaResult::success) {
            const std::scoped_lock lock(mutex_);
            handle = reinterpret_cast<Handle>(++made_);
            ++alive_;
        }
        return result;
    }
    CudaResult allocated(void** memory, std::size_t bytes, const std::string& call) {
        const CudaResult result = cuda(call);
        if (result == CudaResult::success) {
            const std::scoped_lock lock(mutex_);
            *memory = new std::byte[bytes];
            ++alive_;
        }
        return result;
    }
    CudaResult freed(void* memory, const std::string& call) {
        delete[] static_cast<std::byte*>(memory);
        return gone(call);
    }
    CudaResult gone(const std::string& call) {
        const CudaResult result = cuda(call);
        const std::scoped_lock lock(mutex_);
        --alive_;
        return result;
    }
};

} // namespace suite::dist::test
