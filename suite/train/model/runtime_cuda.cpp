// The one file that needs CUDA's headers, and the one that knows whether the build has the CUDA parts.
#include "suite/train/model/runtime.hpp"

#ifdef TRANSFERSCALE_HAS_CUDA

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include <ATen/Context.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <c10/cuda/CUDAStream.h>

#include "suite/dist/staging.hpp"
#include "suite/kernels/device_kernels.hpp"

namespace suite::train {
namespace {

namespace device = kernels::device;

device::Stream stream() {
    return c10::cuda::getCurrentCUDAStream().stream();
}

void check(int result, const char* kernel) {
    dist::check_cuda(*dist::linked_nccl_api(), static_cast<dist::CudaResult>(result), kernel);
}

device::MapElement element_of(const at::Tensor& maps) {
    switch (maps.scalar_type()) {
    case at::kHalf:
        return device::MapElement::float16;
    case at::kBFloat16:
        return device::MapElement::bfloat16;
    default:
        assert(maps.scalar_type() == at::kFloat);
        return device::MapElement::float32;
    }
}

/// Rows in device memory, with the offsets by which a part of the arena is found.
struct RowTable {
    std::vector<device::Row> host;
    at::Tensor memory;

    void upload() {
        const auto bytes = static_cast<std::int64_t>(host.size() * sizeof(device::Row));
        memory = at::from_blob(host.data(), {bytes}, at::TensorOptions(at::kByte)).to(at::kCUDA);
    }
    [[nodiscard]] const device::Row* rows() const {
        return static_cast<const device::Row*>(memory.const_data_ptr());
    }
    /// First row that begins at `offset` or behind.
    [[nodiscard]] std::size_t from(std::int64_t offset) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(host, offset, {}, &device::Row::offset) -
                                        host.begin());
    }
};

/// The kernels of suite/kernels/device_kernels.hpp on the current stream.
class CudaKernels final : public Kernels {
public:
    explicit CudaKernels(const std::vector<TensorRows>& tensors);

    void standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                     const at::Tensor& inverse_sd) override;
    void unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                       const at::Tensor& packed, const at::Tensor& inverse_sd) override;
    void sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                  const device::SgdConstants& sgd, const at::Tensor& step) override;
    [[nodiscard]] NormSaved norm_relu(const NormParameters& norm, const at::Tensor& x) override;
    [[nodiscard]] at::Tensor norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                                const at::Tensor& y_gradient,
                                                const at::Tensor& addend) override;

private:
    RowTable all_;
    RowTable standardised_;
};

CudaKernels::CudaKernels(const std::vector<TensorRows>& tensors) {
    for (const TensorRows& tensor : tensors) {
        for (std::int64_t row = 0; row < tensor.rows; ++row) {
            const std::int64_t step = row * tensor.row_length;
            all_.host.push_back({.offset = tensor.offset + step,
                                 .packed = tensor.packed < 0 ? -1 : tensor.packed + step,
                                 .length = static_cast<std::int32_t>(tensor.row_length),
                                 .clipped = tensor.clipped ? 1 : 0});
            if (tensor.packed >= 0) {
                standardised_.host.push_back(all_.host.back());
            }
        }
    }
    all_.upload();
    standardised_.upload();
}

void CudaKernels::standardise(const at::Tensor& weights, double epsilon, const at::Tensor& packed,
                              const at::Tensor& inverse_sd) {
    check(device::standardise_weights(standardised_.rows(), standardised_.host.size(),
                                      weights.const_data_ptr<float>(), static_cast<float>(epsilon),
                                      packed.mutable_data_ptr<float>(), inverse_sd.mutable_data_ptr<float>(),
                                      stream()),
          "standardise_weights");
}

void CudaKernels::unstandardise(std::int64_t begin, std::int64_t end, const at::Tensor& gradients,
                                const at::Tensor& packed, const at::Tensor& inverse_sd) {
    const std::size_t first = standardised_.from(begin);
    check(device::standardise_weights_backward(standardised_.rows() + first, standardised_.from(end) - first,
                                               gradients.mutable_data_ptr<float>(),
                                               packed.const_data_ptr<float>(),
                                               inverse_sd.const_data_ptr<float>() + first, stream()),
          "standardise_weights_backward");
}

void CudaKernels::sgd_step(const at::Tensor& weights, const at::Tensor& gradients, const at::Tensor& momentum,
                           const device::SgdConstants& sgd, const at::Tensor& step) {
    check(device::sgd_step(all_.rows(), all_.host.size(), weights.mutable_data_ptr<float>(),
                           gradients.const_data_ptr<float>(), momentum.mutable_data_ptr<float>(), sgd,
                           static_cast<const device::StepScalars*>(step.const_data_ptr()), nullptr, stream()),
          "sgd_step");
}

device::NormShape norm_shape(const NormParameters& norm, const at::Tensor& x) {
    return {.images = x.size(0),
            .channels = x.size(1),
            .area = x.size(2) * x.size(3),
            .groups = norm.groups,
            .epsilon = static_cast<float>(norm.epsilon)};
}

NormSaved CudaKernels::norm_relu(const NormParameters& norm, const at::Tensor& x) {
    const at::Tensor y = at::empty_like(x);
    const at::Tensor statistics = at::empty({x.size(0), norm.groups, 2}, norm.scale.options());
    check(device::group_norm_relu(norm_shape(norm, x), element_of(x), x.const_data_ptr(),
                                  norm.scale.const_data_ptr<float>(), norm.shift.const_data_ptr<float>(),
                                  y.mutable_data_ptr(), statistics.mutable_data_ptr<float>(), stream()),
          "group_norm_relu");
    return {x, y, statistics, {}};
}

at::Tensor CudaKernels::norm_relu_backward(const NormParameters& norm, const NormSaved& saved,
                                           const at::Tensor& y_gradient, const at::Tensor& addend) {
    const at::Tensor& x = saved.x;
    const at::Tensor sums = at::empty({x.size(0), x.size(1), 2}, norm.scale.options());
    at::Tensor x_gradient = at::empty_like(x);
    check(device::group_norm_relu_backward(norm_shape(norm, x), element_of(x),
                                           {.x = x.const_data_ptr(),
                                            .y = saved.y.const_data_ptr(),
                                            .statistics = saved.mean.const_data_ptr<float>(),
                                            .scale = norm.scale.const_data_ptr<float>(),
                                            .y_gradient = y_gradient.const_data_ptr(),
                                            .addend = addend.defined() ? addend.const_data_ptr() : nullptr,
                                            .sums = sums.mutable_data_ptr<float>(),
                                            .scale_gradient = norm.scale_gradient.mutable_data_ptr<float>(),
                                            .shift_gradient = norm.shift_gradient.mutable_data_ptr<float>(),
                                            .x_gradient = x_gradient.mutable_data_ptr()},
                                           stream()),
          "group_norm_relu_backward");
    return x_gradient;
}

class CudaRuntime final : public DeviceRuntime {
public:
    explicit CudaRuntime(const DeviceOptions& options)
        : device_(at::kCUDA, static_cast<at::DeviceIndex>(options.index)),
          own_kernels_(options.own_kernels),
          // Graphs cannot be captured on the default stream.
          stream_(c10::cuda::getStreamFromPool(false, device_.index())),
          own_memory_(*dist::linked_nccl_api(), options.index),
          staged_(options.images != nullptr ? *options.images : own_memory_) {
        c10::cuda::setCurrentCUDAStream(stream_);
    }
    ~CudaRuntime() override {
        c10::cuda::setCurrentCUDAStream(c10::cuda::getDefaultCUDAStream(device_.index()));
    }

    [[nodiscard]] at::Device device() const override { return device_; }
    [[nodiscard]] bool captures_graphs() const override { return true; }
    [[nodiscard]] KernelMaker kernels() const override;
    void allow_tf32(bool allowed) override;
    void prefetch(std::span<const float> values) override { staged_.begin(std::as_bytes(values)); }
    void done_with(std::span<const float> values) override { staged_.done_with(std::as_bytes(values)); }
    void upload(std::span<const float> values, const at::Tensor& there) override;
    [[nodiscard]] bool reads_in_place() const override { return false; }
    void synchronise() override { stream_.synchronize(); }
    void capture(const std::function<void()>& work) override;
    void replay() override { graph_->replay(); }

private:
    at::Device device_;
    bool own_kernels_;
    c10::cuda::CUDAStream stream_;
    dist::PinnedResource own_memory_;
    dist::StagedUpload staged_;
    std::optional<at::cuda::CUDAGraph> graph_;
};

KernelMaker CudaRuntime::kernels() const {
    if (!own_kernels_) {
        return make_aten_kernels;
    }
    return [](const std::vector<TensorRows>& tensors) -> std::unique_ptr<Kernels> {
        return std::make_unique<CudaKernels>(tensors);
    };
}

void CudaRuntime::allow_tf32(bool allowed) {
    const auto precision = allowed ? at::Float32Precision::TF32 : at::Float32Precision::IEEE;
    for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::MATMUL}) {
        at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, op, precision);
    }
}

void CudaRuntime::upload(std::span<const float> values, const at::Tensor& there) {
    const auto native = reinterpret_cast<dist::StreamHandle>(stream_.stream());
    const void* staged = staged_.take(std::as_bytes(values), native);
    there.copy_(at::from_blob(const_cast<void*>(staged), there.sizes(), there.options()));
    staged_.release(native);
}

void CudaRuntime::capture(const std::function<void()>& work) {
    graph_.emplace();
    // Thread-local: a loader thread may touch the device meanwhile.
    graph_->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    work();
    graph_->capture_end();
}

} // namespace

std::unique_ptr<DeviceRuntime> make_cuda_runtime(const DeviceOptions& options) {
    return std::make_unique<CudaRuntime>(options);
}

} // namespace suite::train

suite::dist::StreamHandle suite::train::device_stream() {
    return reinterpret_cast<dist::StreamHandle>(c10::cuda::getCurrentCUDAStream().stream());
}

#else

std::unique_ptr<suite::train::DeviceRuntime> suite::train::make_cuda_runtime(const DeviceOptions&) {
    throw Error(ErrorKind::environment, {"device cuda", "a build without the CUDA parts", "preset cuda",
                                         "build with TRANSFERSCALE_CUDA=1, or use --device cpu"});
}

suite::dist::StreamHandle suite::train::device_stream() {
    return nullptr;
}

#endif
