// The linked libraries behind the table. No decisions here: what a result means is decided above, where tests
// reach.
#include <algorithm>
#include <cstring>

#include <cuda_runtime_api.h>
#include <nccl.h>

#include "suite/dist/nccl_api.hpp"

namespace suite::dist {
namespace {

static_assert(static_cast<int>(CudaResult::memory_allocation) == cudaErrorMemoryAllocation);
static_assert(static_cast<int>(CudaResult::stub_library) == cudaErrorStubLibrary);
static_assert(static_cast<int>(CudaResult::insufficient_driver) == cudaErrorInsufficientDriver);
static_assert(static_cast<int>(CudaResult::no_device) == cudaErrorNoDevice);
static_assert(static_cast<int>(CudaResult::not_ready) == cudaErrorNotReady);
static_assert(static_cast<int>(NcclResult::unhandled_cuda_error) == ncclUnhandledCudaError);
static_assert(static_cast<int>(NcclResult::system_error) == ncclSystemError);
static_assert(static_cast<int>(NcclResult::internal_error) == ncclInternalError);
static_assert(static_cast<int>(NcclResult::invalid_argument) == ncclInvalidArgument);
static_assert(static_cast<int>(NcclResult::invalid_usage) == ncclInvalidUsage);
static_assert(static_cast<int>(NcclResult::remote_error) == ncclRemoteError);
static_assert(static_cast<int>(NcclResult::in_progress) == ncclInProgress);
static_assert(sizeof(NcclId) == sizeof(ncclUniqueId));

CudaResult result(cudaError_t error) {
    // The runtime keeps the last error, and the next launch check would take it for its own.
    if (error != cudaSuccess) {
        static_cast<void>(cudaGetLastError());
    }
    return static_cast<CudaResult>(error);
}
NcclResult result(ncclResult_t error) {
    return static_cast<NcclResult>(error);
}

cudaStream_t native(StreamHandle stream) {
    return reinterpret_cast<cudaStream_t>(stream);
}
cudaEvent_t native(EventHandle event) {
    return reinterpret_cast<cudaEvent_t>(event);
}
ncclComm_t native(NcclHandle comm) {
    return reinterpret_cast<ncclComm_t>(comm);
}

ncclDataType_t native(Element element) {
    switch (element) {
    case Element::byte:
        return ncclUint8;
    case Element::int64:
        return ncclInt64;
    case Element::uint64:
        return ncclUint64;
    case Element::float32:
        return ncclFloat32;
    case Element::float64:
        return ncclFloat64;
    case Element::float16:
        return ncclFloat16;
    case Element::bfloat16:
        return ncclBfloat16;
    }
    return ncclUint8;
}

ncclRedOp_t native(Reduction reduction) {
    switch (reduction) {
    case Reduction::sum:
        return ncclSum;
    case Reduction::minimum:
        return ncclMin;
    case Reduction::maximum:
        return ncclMax;
    }
    return ncclSum;
}

class LinkedApi final : public NcclApi {
public:
    CudaResult device_count(int& count) override { return result(cudaGetDeviceCount(&count)); }
    CudaResult set_device(int device) override { return result(cudaSetDevice(device)); }
    CudaResult device_name(int device, std::string& name) override;
    CudaResult driver_version(int& version) override { return result(cudaDriverGetVersion(&version)); }
    CudaResult create_stream(StreamHandle& stream, bool urgent) override;
    CudaResult destroy_stream(StreamHandle stream) override {
        return result(cudaStreamDestroy(native(stream)));
    }
    CudaResult create_event(EventHandle& event) override;
    CudaResult destroy_event(EventHandle event) override { return result(cudaEventDestroy(native(event))); }
    CudaResult record_event(EventHandle event, StreamHandle stream) override {
        return result(cudaEventRecord(native(event), native(stream)));
    }
    CudaResult query_event(EventHandle event) override { return result(cudaEventQuery(native(event))); }
    CudaResult stream_wait_event(StreamHandle stream, EventHandle event) override {
        return result(cudaStreamWaitEvent(native(stream), native(event), 0));
    }
    CudaResult allocate_device(void** memory, std::size_t bytes) override {
        return result(cudaMalloc(memory, bytes));
    }
    CudaResult free_device(void* memory) override { return result(cudaFree(memory)); }
    CudaResult allocate_pinned(void** memory, std::size_t bytes) override {
        return result(cudaHostAlloc(memory, bytes, cudaHostAllocPortable));
    }
    CudaResult free_pinned(void* memory) override { return result(cudaFreeHost(memory)); }
    CudaResult copy(void* to, const void* from, std::size_t bytes, StreamHandle stream) override {
        return result(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, native(stream)));
    }
    std::string text(CudaResult error) override {
        const auto code = static_cast<cudaError_t>(error);
        return std::string(cudaGetErrorName(code)) + " (" + cudaGetErrorString(code) + ")";
    }

    int nccl_version() override;
    NcclResult make_id(NcclId& id) override;
    NcclResult comm_init(NcclHandle& comm, int size, const NcclId& id, int rank) override;
    NcclResult comm_async_error(NcclHandle comm, NcclResult& error) override;
    NcclResult comm_finalize(NcclHandle comm) override { return result(ncclCommFinalize(native(comm))); }
    NcclResult comm_destroy(NcclHandle comm) override { return result(ncclCommDestroy(native(comm))); }
    NcclResult comm_abort(NcclHandle comm) override { return result(ncclCommAbort(native(comm))); }
    NcclResult group_start() override { return result(ncclGroupStart()); }
    NcclResult group_end() override { return result(ncclGroupEnd()); }
    NcclResult all_reduce(Buffer values, Reduction reduction, NcclHandle comm, StreamHandle stream) override {
        return result(ncclAllReduce(values.data, values.data, values.count, native(values.element),
                                    native(reduction), native(comm), native(stream)));
    }
    NcclResult broadcast(Buffer values, int root, NcclHandle comm, StreamHandle stream) override {
        return result(ncclBroadcast(values.data, values.data, values.count, native(values.element), root,
                                    native(comm), native(stream)));
    }
    NcclResult all_gather(Buffer mine, Buffer all, NcclHandle comm, StreamHandle stream) override {
        return result(ncclAllGather(mine.data, all.data, mine.count, native(mine.element), native(comm),
                                    native(stream)));
    }
    NcclResult send(Buffer values, int peer, NcclHandle comm, StreamHandle stream) override {
        return result(
            ncclSend(values.data, values.count, native(values.element), peer, native(comm), native(stream)));
    }
    NcclResult receive(Buffer values, int peer, NcclHandle comm, StreamHandle stream) override {
        return result(
            ncclRecv(values.data, values.count, native(values.element), peer, native(comm), native(stream)));
    }
    std::string text(NcclResult error, NcclHandle comm) override;
};

CudaResult LinkedApi::device_name(int device, std::string& name) {
    cudaDeviceProp properties{};
    const CudaResult found = result(cudaGetDeviceProperties(&properties, device));
    if (found == CudaResult::success) {
        name = properties.name;
    }
    return found;
}

CudaResult LinkedApi::create_stream(StreamHandle& stream, bool urgent) {
    int least = 0;
    int greatest = 0;
    if (const CudaResult asked = result(cudaDeviceGetStreamPriorityRange(&least, &greatest));
        asked != CudaResult::success) {
        return asked;
    }
    cudaStream_t made = nullptr;
    const CudaResult done =
        result(cudaStreamCreateWithPriority(&made, cudaStreamNonBlocking, urgent ? greatest : least));
    stream = reinterpret_cast<StreamHandle>(made);
    return done;
}

CudaResult LinkedApi::create_event(EventHandle& event) {
    cudaEvent_t made = nullptr;
    const CudaResult done = result(cudaEventCreateWithFlags(&made, cudaEventDisableTiming));
    event = reinterpret_cast<EventHandle>(made);
    return done;
}

int LinkedApi::nccl_version() {
    int version = 0;
    return ncclGetVersion(&version) == ncclSuccess ? version : 0;
}

NcclResult LinkedApi::make_id(NcclId& id) {
    ncclUniqueId made{};
    const NcclResult done = result(ncclGetUniqueId(&made));
    std::memcpy(id.data(), &made, sizeof made);
    return done;
}

NcclResult LinkedApi::comm_init(NcclHandle& comm, int size, const NcclId& id, int rank) {
    ncclUniqueId native_id{};
    std::memcpy(&native_id, id.data(), sizeof native_id);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    ncclComm_t made = nullptr;
    const NcclResult done = result(ncclCommInitRankConfig(&made, size, native_id, rank, &config));
    comm = reinterpret_cast<NcclHandle>(made);
    return done;
}

NcclResult LinkedApi::comm_async_error(NcclHandle comm, NcclResult& error) {
    ncclResult_t state = ncclSuccess;
    const NcclResult asked = result(ncclCommGetAsyncError(native(comm), &state));
    error = result(state);
    return asked;
}

std::string LinkedApi::text(NcclResult error, NcclHandle comm) {
    std::string words = ncclGetErrorString(static_cast<ncclResult_t>(error));
    const char* last = ncclGetLastError(native(comm));
    if (last != nullptr && *last != '\0') {
        words += std::string(": ") + last;
    }
    return words;
}

} // namespace

NcclApi* linked_nccl_api() noexcept {
    static LinkedApi api;
    return &api;
}

} // namespace suite::dist
