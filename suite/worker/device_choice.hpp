// Where this process trains: on a GPU when the build and the machine have one, else on the host.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "suite/dist/device.hpp"
#include "suite/dist/handshake.hpp"
#include "suite/dist/pinned_resource.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/engine.hpp"

namespace suite::worker {

enum class EngineKind {
    cpu,
    cuda,
    device_on_host, ///< the device's engine in host memory: how tests reach it; no option leads here
};

struct DeviceChoice {
    EngineKind engine = EngineKind::cpu;
    dist::Device device;
    std::string reason; ///< why the host, when that was not asked for
};

/// What of the node's devices this process may take.
struct DeviceView {
    int first = 0;        ///< that of this run's first rank; other runs of the node take those before
    bool has_own = false; ///< the launcher shows each rank its own device only
};

/// `wanted`: cpu, cuda, or auto or nothing: a GPU where there is one. Local rank r takes device r beyond the
/// view's first, round again at the last, in the order of bus ids, as dist::place_ranks counts them. Throws
/// Error(usage) for another word, Error(environment) when cuda is wanted and cannot be had, or there are
/// fewer devices than ranks. `api` may be null.
[[nodiscard]] DeviceChoice choose_device(dist::NcclApi* api, std::string_view wanted,
                                         const dist::LocalRank& local, const DeviceView& view = {});
/// The same with the linked libraries. CUDA_VISIBLE_DEVICES that names one device is an own view: so
/// launchers show each rank its own.
[[nodiscard]] DeviceChoice choose_device(std::string_view wanted, int first_gpu,
                                         const dist::LocalRank& local);

/// "cpu", or "cuda 0, NVIDIA H200", or "device engine on the host".
[[nodiscard]] std::string to_string(const DeviceChoice& choice);
/// What decides whether a state may be taken up: another program, library, instruction set or device may
/// compute other bits.
[[nodiscard]] std::string text_of_build(const DeviceChoice& choice);
/// device, and for a GPU driver and nccl, as records say it.
[[nodiscard]] std::map<std::string, std::string> provenance_of(const DeviceChoice& choice);

/// Where images lie that wait for the device; null for the heap, where nothing is to be copied. `api`: of the
/// device; outlives it.
[[nodiscard]] std::unique_ptr<dist::PinnedResource> image_memory(const DeviceChoice& choice,
                                                                 dist::NcclApi* api);

/// What the trainer makes its engine with; `images`: that memory, which outlives the engine. It throws
/// Error(environment) for a precision that the host does not have.
[[nodiscard]] std::function<std::unique_ptr<train::Engine>(const plan::RunConfig&, std::size_t)>
engine_maker(const DeviceChoice& choice, dist::PinnedResource* images = nullptr);

/// Gradients travel between GPUs by NCCL, beside `host`; null where they lie in host memory or there is one
/// rank. Collective; `host` outlives it.
[[nodiscard]] std::unique_ptr<dist::Communicator>
gradient_communicator(const DeviceChoice& choice, dist::Communicator& host, double deadline_seconds);

} // namespace suite::worker
