// The engine of a device: a CUDA GPU in builds that have the CUDA parts, or the host's memory through the
// same code, which is how the tests reach it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "suite/dist/pinned_resource.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/precision.hpp"

namespace suite::train {

struct DeviceOptions {
    bool cuda = true;           ///< false: host memory, ATen's CPU operators
    int index = 0;              ///< of the GPU, made current by dist::select_device
    bool capture_graphs = true; ///< replay passes as CUDA graphs where that is legal
    bool own_kernels = true;    ///< false: ATen's operators instead of ours
    Precision precision =
        Precision::float32;           ///< in host memory the halves are for tests: CPUs are slow at them
    LossScale::Settings loss_scale{}; ///< of float16
    /// Images in this memory are copied from where they lie; it outlives the engine. Null: a memory of the
    /// engine's own, for copies of all images; in host memory: nothing is copied ahead. The host's copies go
    /// through the table of this memory, as they would to a GPU.
    dist::PinnedResource* images = nullptr;
};

/// Throws Error(environment) when a GPU is asked for and the build has no CUDA parts.
[[nodiscard]] std::unique_ptr<Engine> make_device_engine(const plan::RunConfig& config, std::size_t outputs,
                                                         const DeviceOptions& options);

/// The stream that the engine of this thread computes on: what NcclOptions::current_stream wants to know.
[[nodiscard]] dist::StreamHandle device_stream();

} // namespace suite::train
