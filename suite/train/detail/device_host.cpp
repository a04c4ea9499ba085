// Host memory as a device: everything happens at once.
#include <cassert>

#include <ATen/ops/from_blob.h>

#include "suite/train/detail/device_runtime.hpp"

namespace suite::train::detail {
namespace {

class HostRuntime final : public DeviceRuntime {
public:
    [[nodiscard]] at::Device device() const override { return at::kCPU; }
    [[nodiscard]] bool captures_graphs() const override { return false; }
    [[nodiscard]] KernelMaker kernels() const override { return make_aten_kernels; }
    void allow_tf32(bool) override {}
    void prefetch(std::span<const float>) override {}
    void forget_prefetched() override {}
    void upload(std::span<const float> values, const at::Tensor& room) override {
        room.copy_(at::from_blob(const_cast<float*>(values.data()), room.sizes(), room.options()));
    }
    void synchronise() override {}
    void capture(const std::function<void()>&) override { assert(false && "a host captures no graphs"); }
    void replay() override { assert(false && "a host captures no graphs"); }
};

} // namespace

std::unique_ptr<DeviceRuntime> make_host_runtime() {
    return std::make_unique<HostRuntime>();
}

} // namespace suite::train::detail
