// What the engine asks of its device besides tensors: a stream, copies to and fro, graphs, kernels. Private
// to suite/train.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "suite/train/device.hpp"
#include "suite/train/model/kernels.hpp"

namespace suite::train {

class DeviceRuntime {
public:
    virtual ~DeviceRuntime() = default;
    [[nodiscard]] virtual at::Device device() const = 0;
    [[nodiscard]] virtual bool captures_graphs() const = 0;
    [[nodiscard]] virtual KernelMaker kernels() const = 0;

    /// TF32 or not for float32 convolutions and matrix products of this process.
    virtual void allow_tf32(bool allowed) = 0;
    /// Begins to copy images for the upload() of the same array.
    virtual void prefetch(std::span<const float> values) = 0;
    /// Returns once no copy reads this array any more; what was prefetched and not uploaded will not be.
    virtual void done_with(std::span<const float> values) = 0;
    /// there = values, in the order of the device's work; `values` stay as they are until done_with(), or
    /// what the device had to do is done.
    virtual void upload(std::span<const float> values, const at::Tensor& there) = 0;
    /// Whether images need no copy: the device is the host.
    [[nodiscard]] virtual bool reads_in_place() const = 0;
    /// Waits for what the device has to do.
    virtual void synchronise() = 0;
    /// Runs `work` into a graph, which replay() then runs. Work may allocate, but not read on the host.
    virtual void capture(const std::function<void()>& work) = 0;
    virtual void replay() = 0;
};

[[nodiscard]] std::unique_ptr<DeviceRuntime> make_host_runtime(const DeviceOptions& options);
/// Throws Error(environment) in builds without the CUDA parts.
[[nodiscard]] std::unique_ptr<DeviceRuntime> make_cuda_runtime(const DeviceOptions& options);

} // namespace suite::train
