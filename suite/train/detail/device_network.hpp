// The network on any ATen device over flat arenas, forward and backward written out with ATen's operators
// (convolutions of cuDNN or oneDNN). Same maths as suite/train/network.hpp; here convolutions may compute in
// bfloat16 or float16 while norms, standardisation, sums and the arenas stay float32 (cherti-jitsev.md 2.4).
// Every operator has one fixed order of summation: the same bits for the same device.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "suite/train/detail/device_kernels.hpp"
#include "suite/train/network.hpp"

namespace suite::train::detail {

/// Makes the kernels once the rows are known.
using KernelMaker = std::function<std::unique_ptr<DeviceKernels>(std::vector<TensorRows>)>;

class DeviceNetwork {
public:
    /// `element`: of maps and convolutions: kFloat, kBFloat16 or kHalf.
    DeviceNetwork(const plan::NetworkSpec& spec, std::size_t outputs, at::Device device,
                  at::ScalarType element, const KernelMaker& make_kernels);
    ~DeviceNetwork();

    [[nodiscard]] const NetworkLayout& layout() const noexcept;
    [[nodiscard]] at::Tensor& weights() noexcept;   ///< float32 arena
    [[nodiscard]] at::Tensor& gradients() noexcept; ///< float32 arena
    [[nodiscard]] DeviceKernels& kernels() noexcept;

    void weights_changed();
    /// images: float32, count x 3 x height x width, on the device. Returns float32 logits.
    [[nodiscard]] at::Tensor forward(const at::Tensor& images, Pass pass);
    void backward(const at::Tensor& logit_gradient, const GradientListener& listener);
    void finish_gradients(std::size_t offset, std::size_t count);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

/// Loss of a micro-batch and its gradient on the device; as loss_and_gradient (suite/train/loss.hpp).
struct DeviceTargets {
    at::Tensor classes; ///< int64, images; or
    at::Tensor labels;  ///< float32, images x outputs, NaN = missing
    at::Tensor partner; ///< int64, images; undefined = no MixUp
};
struct DeviceLoss {
    at::Tensor loss;     ///< float32 scalar, not weighted
    at::Tensor gradient; ///< of the logits, times `factor`
};
/// lambda, factor: float32 scalars on the device, so that a captured graph sees new values.
[[nodiscard]] DeviceLoss device_loss(const at::Tensor& logits, const DeviceTargets& targets,
                                     const at::Tensor& lambda, const at::Tensor& factor);

} // namespace suite::train::detail
