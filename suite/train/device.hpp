// Where a training computes, and in which numbers.
#pragma once

#include "suite/dist/pinned_resource.hpp"
#include "suite/train/precision.hpp"

namespace suite::train {

struct DeviceOptions {
    bool cuda = false;          ///< false: host memory
    int index = 0;              ///< of the GPU, made current by dist::select_device
    bool capture_graphs = true; ///< replay passes as CUDA graphs where that is legal
    bool own_kernels = true;    ///< false: ATen's operators instead of ours
    bool lanes = true;          ///< on the host: LaneModel for the networks that it runs
    Precision precision =
        Precision::float32;           ///< in host memory the halves are for tests: CPUs are slow at them
    LossScale::Settings loss_scale{}; ///< of float16
    /// Images in this memory are copied from where they lie; it outlives the engine. Null: a memory of the
    /// engine's own, for copies of all images; in host memory: nothing is copied ahead. The host's copies go
    /// through the table of this memory, as they would to a GPU.
    dist::PinnedResource* images = nullptr;
};

/// The stream that the engine of this thread computes on: what NcclOptions::current_stream wants to know.
[[nodiscard]] dist::StreamHandle device_stream();

} // namespace suite::train
