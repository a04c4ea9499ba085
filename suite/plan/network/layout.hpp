// Names, shapes and places of a network's parameters and buffers in flat arenas, read off its layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suite/plan/network/layers.hpp"
#include "suite/plan/network/spec.hpp"

namespace suite::plan {

enum class ParameterRole {
    weight, ///< of a convolution (OIHW; transposed: IOHW) or a matrix
    bias,
    norm_scale,
    norm_shift,
};

/// A tensor in a flat arena.
struct TensorPlace {
    std::string name;                ///< as in PyTorch's state dict: "body.block1.unit01.conv1.weight"
    std::vector<std::int64_t> shape; ///< OIHW, or one length
    std::size_t offset = 0;          ///< into the arena, elements; dense, in the order of the list

    [[nodiscard]] std::size_t elements() const noexcept;
};

/// One parameter tensor.
struct ParameterSpec : TensorPlace {
    ParameterRole role = ParameterRole::weight;
    std::size_t layer = 0; ///< of the network
    bool standardised = false;
    bool head = false;      ///< see Layer::is_head
    std::string official{}; ///< name in published files; empty: none

    /// Rows of the unit-wise norm and of weight standardisation: output filters of a matrix or kernel, else
    /// one.
    [[nodiscard]] std::size_t rows() const noexcept {
        return shape.size() > 1 ? static_cast<std::size_t>(shape[0]) : 1;
    }
    [[nodiscard]] std::size_t fan_in() const noexcept {
        return elements() / static_cast<std::size_t>(shape[0]);
    }
    [[nodiscard]] bool is_head_weight() const noexcept { return head && role == ParameterRole::weight; }
};

/// A tensor that training changes without a gradient: running statistics of batch_norm.
struct BufferSpec : TensorPlace {
    std::size_t layer = 0;
    float initial = 0.0F;
};

struct NetworkLayout {
    Network network;
    std::vector<ParameterSpec> tensors; ///< in the order of the layers: weight, then bias
    std::size_t parameters = 0;         ///< elements of them all
    std::vector<BufferSpec> buffers;    ///< of each batch_norm its mean, then its variance
    std::size_t buffer_elements = 0;
};

[[nodiscard]] NetworkLayout network_layout(Network network);
/// Of the declared network with so many outputs (make_network, families.hpp).
[[nodiscard]] NetworkLayout network_layout(const NetworkSpec& spec, std::size_t outputs);

/// By layer: the place of its first tensor in the list; of a layer without tensors it means nothing.
[[nodiscard]] std::vector<std::size_t> first_of_layers(const NetworkLayout& layout);

} // namespace suite::plan
