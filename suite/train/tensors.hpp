// Between our words for numbers in memory and ATen's. Private to suite/train.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "suite/dist/communicator.hpp"
#include "suite/train/precision.hpp"

namespace suite::train {

/// A tensor over the values themselves, on the host; they outlive it. Written only where they may be.
[[nodiscard]] at::Tensor host_view(std::span<const float> values);

/// The elements of a dense float32 tensor in host memory.
[[nodiscard]] std::span<float> values_of(const at::Tensor& tensor);

/// What activations are computed in: TF32 is float32 in memory.
[[nodiscard]] at::ScalarType element_of(Precision precision);
/// float32 for any type but the two of 16 bits.
[[nodiscard]] dist::Element element_of(const at::Tensor& tensor);

/// The tensor's own memory; it is contiguous.
[[nodiscard]] dist::Buffer buffer_of(const at::Tensor& tensor);

} // namespace suite::train
