// A table of NCCL and CUDA functions that does little but write down what was called, in order. Each call
// can be told to fail; events are ready unless told otherwise.
#pragma once

#include <algorithm>
#include <cstring>
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
        return cuda("record_event " + name(event) + " on " + name(stream));
    }
    CudaResult query_event(EventHandle) override {
        if (events_pending != 0) {
            events_pending -= events_pending > 0 ? 1 : 0;
            return CudaResult::not_ready;
        }
        return cuda("query_event");
    }
    CudaResult stream_wait_event(StreamHandle stream, EventHandle event) override {
        return cuda("stream_wait_event " + name(stream) + " for " + name(event));
    }
    CudaResult allocate_device(void** memory, std::size_t bytes) override {
        return allocated(memory, bytes, "allocate_device");
    }
    CudaResult free_device(void* memory) override { return freed(memory, "free_device"); }
    CudaResult allocate_pinned(void** memory, std::size_t bytes) override {
        return allocated(memory, bytes, "allocate_pinned");
    }
    CudaResult free_pinned(void* memory) override { return freed(memory, "free_pinned"); }
    /// Copies at once: the memory is the host's.
    CudaResult copy(void* to, const void* from, std::size_t bytes, StreamHandle stream) override {
        const CudaResult result = cuda("copy " + std::to_string(bytes) + " on " + name(stream));
        if (result == CudaResult::success) {
            std::memmove(to, from, bytes);
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

    [[nodiscard]] static std::string first_word(const std::string& call) {
        return call.substr(0, call.find(' '));
    }
    CudaResult cuda(const std::string& call) {
        const std::scoped_lock lock(mutex_);
        calls_.push_back(call);
        const auto found = cuda_results.find(first_word(call));
        return found == cuda_results.end() ? CudaResult::success : found->second;
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
