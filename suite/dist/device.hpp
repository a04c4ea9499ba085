// A CUDA device for a rank, and owners of what lives on it. Move-only; nothing here needs CUDA to compile.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "suite/dist/nccl_api.hpp"

namespace suite::dist {

/// Throws Error(environment) naming the call and the runtime's words.
void check_cuda(NcclApi& api, CudaResult result, std::string_view call);

/// What a process sees of devices.
struct DeviceSurvey {
    int count = 0;
    std::string reason;    ///< why there is none: "no NVIDIA driver", …; empty when there are some
    int driver = 0;        ///< CUDA version of the driver, 13000 for 13.0; 0 = no driver
    bool compiled = false; ///< this build has the CUDA parts
};
/// Never throws: a missing driver, the toolkit's stub driver and a driver without a device all mean none.
/// `api` may be null.
[[nodiscard]] DeviceSurvey survey_devices(NcclApi* api);

struct Device {
    int index = 0;
    std::string name; ///< "NVIDIA H200"
    int driver = 0;
};
/// Device `first` + `local_rank` of this node's for a rank, round again at the last, made current. Throws
/// Error(environment) when there is none, or fewer than ranks: NCCL refuses two ranks on one device. `api`
/// may be null.
[[nodiscard]] Device select_device(NcclApi* api, int local_rank, int local_ranks, int first = 0);

/// Owner of a C resource of the CUDA runtime.
template<typename Handle, CudaResult (NcclApi::*destroy)(Handle)>
class DeviceHandle {
public:
    DeviceHandle() = default;
    DeviceHandle(NcclApi& api, Handle handle) : api_(&api), handle_(handle) {}
    DeviceHandle(DeviceHandle&& other) noexcept
        : api_(other.api_), handle_(std::exchange(other.handle_, nullptr)) {}
    DeviceHandle& operator=(DeviceHandle&& other) noexcept {
        std::swap(api_, other.api_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Errors are not looked at: they are those of work that was reported elsewhere.
    ~DeviceHandle() {
        if (handle_ != nullptr) {
            static_cast<void>((api_->*destroy)(handle_));
        }
    }
    [[nodiscard]] Handle get() const noexcept { return handle_; }
    /// The caller owns it from here on.
    [[nodiscard]] Handle release() noexcept { return std::exchange(handle_, nullptr); }

private:
    NcclApi* api_ = nullptr;
    Handle handle_ = nullptr;
};

using Stream = DeviceHandle<StreamHandle, &NcclApi::destroy_stream>;
using Event = DeviceHandle<EventHandle, &NcclApi::destroy_event>;
using DeviceMemory = DeviceHandle<void*, &NcclApi::free_device>;
using PinnedMemory = DeviceHandle<void*, &NcclApi::free_pinned>;

// Each throws Error(environment).
[[nodiscard]] Stream make_stream(NcclApi& api, bool urgent);
[[nodiscard]] Event make_event(NcclApi& api);
[[nodiscard]] DeviceMemory make_device_memory(NcclApi& api, std::size_t bytes);

} // namespace suite::dist
