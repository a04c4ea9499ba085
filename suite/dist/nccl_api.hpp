// The functions of the CUDA runtime and of NCCL that the suite calls, as a table. The real one links both
// libraries (preset cuda); tests put a recording fake behind it. Own types throughout, so that everything
// above this table compiles and is tested without either library.
//
// Each function is one call of the library and returns its result; errors become Errors further up.
// Thread-safe where the libraries are: NCCL calls on one communicator are the caller's to serialise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "suite/dist/communicator.hpp"

namespace suite::dist {

/// cudaError_t: the values that are told apart. Numbers are the runtime's own.
enum class CudaResult : int {
    success = 0,
    memory_allocation = 2,    ///< no more memory, of the device or to be pinned
    stub_library = 34,        ///< the toolkit's stub stands in for the driver
    insufficient_driver = 35, ///< also: no driver at all
    no_device = 100,
    not_ready = 600,
};

/// ncclResult_t.
enum class NcclResult : int {
    success = 0,
    unhandled_cuda_error = 1,
    system_error = 2,
    internal_error = 3,
    invalid_argument = 4,
    invalid_usage = 5,
    remote_error = 6,
    in_progress = 7,
};

using StreamHandle = struct StreamTag*; ///< cudaStream_t; null = the default stream
using EventHandle = struct EventTag*;   ///< cudaEvent_t
using NcclHandle = struct NcclTag*;     ///< ncclComm_t
using NcclId = std::array<std::byte, 128>;

class NcclApi {
public:
    virtual ~NcclApi() = default;

    // ------------------------------------------------------------ CUDA runtime
    /// `count` is left as it is when this fails, as the CUDA runtime leaves it.
    virtual CudaResult device_count(int& count) = 0;
    virtual CudaResult set_device(int device) = 0;
    virtual CudaResult device_name(int device, std::string& name) = 0;
    virtual CudaResult driver_version(int& version) = 0; ///< 13000 for 13.0; 0 without a driver
    /// A stream that does not wait for the default stream; `urgent`: of the highest priority.
    virtual CudaResult create_stream(StreamHandle& stream, bool urgent) = 0;
    virtual CudaResult destroy_stream(StreamHandle stream) = 0;
    virtual CudaResult create_event(EventHandle& event) = 0; ///< without timing
    virtual CudaResult destroy_event(EventHandle event) = 0;
    virtual CudaResult record_event(EventHandle event, StreamHandle stream) = 0;
    virtual CudaResult query_event(EventHandle event) = 0; ///< not_ready while work before it is under way
    virtual CudaResult stream_wait_event(StreamHandle stream, EventHandle event) = 0;
    virtual CudaResult allocate_device(void** memory, std::size_t bytes) = 0;
    virtual CudaResult free_device(void* memory) = 0;
    virtual CudaResult allocate_pinned(void** memory, std::size_t bytes) = 0;
    virtual CudaResult free_pinned(void* memory) = 0;
    virtual CudaResult copy(void* to, const void* from, std::size_t bytes, StreamHandle stream) = 0;
    virtual std::string text(CudaResult result) = 0;

    // ------------------------------------------------------------ NCCL
    virtual int nccl_version() = 0;             ///< 22809 for 2.28.9
    virtual NcclResult make_id(NcclId& id) = 0; ///< needs no device
    /// A communicator whose calls do not block: each may return in_progress, to be asked for with
    /// async_error.
    virtual NcclResult comm_init(NcclHandle& comm, int size, const NcclId& id, int rank) = 0;
    virtual NcclResult comm_async_error(NcclHandle comm, NcclResult& error) = 0;
    virtual NcclResult comm_finalize(NcclHandle comm) = 0;
    virtual NcclResult comm_destroy(NcclHandle comm) = 0;
    virtual NcclResult comm_abort(NcclHandle comm) = 0;
    virtual NcclResult group_start() = 0;
    virtual NcclResult group_end() = 0;
    virtual NcclResult all_reduce(Buffer values, Reduction reduction, NcclHandle comm,
                                  StreamHandle stream) = 0;
    virtual NcclResult broadcast(Buffer values, int root, NcclHandle comm, StreamHandle stream) = 0;
    virtual NcclResult all_gather(Buffer mine, Buffer all, NcclHandle comm, StreamHandle stream) = 0;
    virtual NcclResult send(Buffer values, int peer, NcclHandle comm, StreamHandle stream) = 0;
    virtual NcclResult receive(Buffer values, int peer, NcclHandle comm, StreamHandle stream) = 0;
    /// NCCL's words for a result, with its last error when there is one. `comm` may be null.
    virtual std::string text(NcclResult result, NcclHandle comm) = 0;
};

/// The linked libraries; null in a build without them (preset release). Loads no driver.
[[nodiscard]] NcclApi* linked_nccl_api() noexcept;

} // namespace suite::dist
