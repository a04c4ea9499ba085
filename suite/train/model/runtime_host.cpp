// Host memory as a device: everything happens at once, but for copies through a table that says otherwise.
#include <cassert>
#include <optional>

#include <ATen/ops/from_blob.h>

#include "suite/dist/staging.hpp"
#include "suite/train/model/runtime.hpp"

namespace suite::train {
namespace {

constexpr dist::StreamHandle compute = nullptr;

class HostRuntime final : public DeviceRuntime {
public:
    explicit HostRuntime(const DeviceOptions& options) : own_kernels_(options.own_kernels) {
        if (options.images != nullptr) {
            staged_.emplace(*options.images);
        }
    }
    [[nodiscard]] at::Device device() const override { return at::kCPU; }
    [[nodiscard]] bool captures_graphs() const override { return false; }
    [[nodiscard]] KernelMaker kernels() const override {
        return own_kernels_ ? make_host_kernels : make_aten_kernels;
    }
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
    void upload(std::span<const float> values, const at::Tensor& there) override;
    [[nodiscard]] bool reads_in_place() const override { return !staged_; }
    void synchronise() override {}
    void capture(const std::function<void()>&) override { assert(false && "a host captures no graphs"); }
    void replay() override { assert(false && "a host captures no graphs"); }

private:
    bool own_kernels_;
    std::optional<dist::StagedUpload> staged_;
};

void HostRuntime::upload(std::span<const float> values, const at::Tensor& there) {
    const void* from = staged_ ? staged_->take(std::as_bytes(values), compute) : values.data();
    there.copy_(at::from_blob(const_cast<void*>(from), there.sizes(), there.options()));
    if (staged_) {
        staged_->release(compute);
    }
}

} // namespace

std::unique_ptr<DeviceRuntime> make_host_runtime(const DeviceOptions& options) {
    return std::make_unique<HostRuntime>(options);
}

} // namespace suite::train
