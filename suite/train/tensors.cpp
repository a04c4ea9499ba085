#include "suite/train/tensors.hpp"

#include <cassert>

#include <ATen/ops/from_blob.h>

namespace suite::train {

at::Tensor host_view(std::span<const float> values) {
    return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                         at::TensorOptions(at::kFloat));
}

std::span<float> values_of(const at::Tensor& tensor) {
    assert(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat && tensor.is_cpu());
    return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::ScalarType element_of(Precision precision) {
    switch (precision) {
    case Precision::bfloat16:
        return at::kBFloat16;
    case Precision::float16:
        return at::kHalf;
    case Precision::float32:
    case Precision::tf32:
        break;
    }
    return at::kFloat;
}

dist::Element element_of(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
    case at::kBFloat16:
        return dist::Element::bfloat16;
    case at::kHalf:
        return dist::Element::float16;
    default:
        return dist::Element::float32;
    }
}

dist::Buffer buffer_of(const at::Tensor& tensor) {
    return {tensor.mutable_data_ptr(), static_cast<std::size_t>(tensor.numel()), element_of(tensor)};
}

} // namespace suite::train
