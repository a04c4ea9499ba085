// Gradients that are given instead of computed: what is left is sums and their order.
#pragma once

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include "suite/train/reduce/gradient_arena.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train::testing_toy {

/// Tensors of the given lengths, one behind the other.
inline std::vector<Slice> slices_of(const std::vector<std::size_t>& lengths) {
    std::vector<Slice> slices;
    std::size_t offset = 0;
    for (const std::size_t length : lengths) {
        slices.push_back({offset, length});
        offset += length;
    }
    return slices;
}

/// An arena in host memory that writes down what was finished.
struct ToyArena {
    at::Tensor values;
    std::vector<Slice> finished;
    GradientArena gradients;

    explicit ToyArena(const std::vector<std::size_t>& lengths)
        : values(at::zeros({static_cast<std::int64_t>(slices_of(lengths).back().offset + lengths.back())},
                           at::TensorOptions(at::kFloat))),
          gradients(values, slices_of(lengths), [this](std::size_t offset, std::size_t count) {
              finished.push_back({offset, count});
          }) {}

    /// A backward pass that ends with these gradients added, tensor by tensor from the last to the first.
    void add(const std::vector<float>& added) {
        const std::span<float> all = values_of(values);
        for (auto tensor = gradients.tensors().rbegin(); tensor != gradients.tensors().rend(); ++tensor) {
            for (std::size_t i = tensor->offset; i < tensor->offset + tensor->count; ++i) {
                all[i] += added[i];
            }
            if (gradients.listener()) {
                gradients.listener()(tensor->offset, tensor->count);
            }
        }
    }
    [[nodiscard]] std::vector<float> sum() const {
        const std::span<const float> all = values_of(values);
        return {all.begin(), all.end()};
    }
};

} // namespace suite::train::testing_toy
