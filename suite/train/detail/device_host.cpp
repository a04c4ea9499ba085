// Host memory as a device: everything happens at once, but for copies through a table that says otherwise.
#include <cassert>
#include <optional>

#include <ATen/ops/from_blob.h>

#include "suite/dist/staging.hpp"
#include "suite/train/detail/device_runtime.hpp"

namespace suite::train::detail {
namespace {

constexpr dist::StreamHandle compute = nullptr;

class HostRuntime final : public DeviceRuntime {
public:
    explicit HostRuntime(dist::PinnedResource* images) {
        if (images != nullptr) {
            staged_.emplace(*images);
        }
    }
    [[nodiscard]] at::Device device() const override { return at::kCPU; }
    [[nodiscard]] bool captures_graphs() const override { return false; }
    [[nodiscard]] KernelMaker kernels() const override { return make_aten_kernels; }
    void allow_tf32(bool) override {}
    void prefetch(std::span<const float> values) override {
        if (staged_) {
            staged_->begin(std::as_bytes(values));
        }
    }
    void done_with(std::span<const float> values) override {
        if (staged_) {
            staged_->done_with(std::as_bytes(values));
        }
    }
    void upload(std::span<const float> values, const at::Tensor& room) override;
    void synchronise() override {}
    void capture(const std::function<void()>&) override { assert(false && "a host captures no graphs"); }
    void replay() override { assert(false && "a host captures no graphs"); }

private:
    std::optional<dist::StagedUpload> staged_;
};

void HostRuntime::upload(std::span<const float> values, const at::Tensor& room) {
    const void* from = staged_ ? staged_->take(std::as_bytes(values), compute) : values.data();
    room.copy_(at::from_blob(const_cast<void*>(from), room.sizes(), room.options()));
    if (staged_) {
        staged_->release(compute);
    }
}

} // namespace

std::unique_ptr<DeviceRuntime> make_host_runtime(const DeviceOptions& options) {
    return std::make_unique<HostRuntime>(options.images);
}

} // namespace suite::train::detail
