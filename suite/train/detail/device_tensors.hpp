// Between our words for numbers in memory and ATen's.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "suite/dist/communicator.hpp"
#include "suite/train/precision.hpp"

namespace suite::train::detail {

/// A tensor over the values themselves, on the host; they outlive it. Written only where they may be.
[[nodiscard]] at::Tensor host_view(std::span<const float> values);

/// What activations are computed in: TF32 is float32 in memory.
[[nodiscard]] at::ScalarType element_of(Precision precision);
/// float32 for any type but the two of 16 bits.
[[nodiscard]] dist::Element element_of(const at::Tensor& tensor);

/// The tensor's own memory; it is contiguous.
[[nodiscard]] dist::Buffer buffer_of(const at::Tensor& tensor);

} // namespace suite::train::detail
