// Names, shapes and places of a network's parameters, from its declaration alone: no tensor is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suite/plan/network/spec.hpp"

namespace suite::train {

enum class ParameterRole { convolution, norm_scale, norm_shift, head_weight, head_bias };

/// One parameter tensor in the flat arena.
struct ParameterSpec {
    std::string name; ///< BiT-PyTorch's state-dict name (cherti-jitsev.md 1.3)
    ParameterRole role = ParameterRole::convolution;
    std::vector<std::int64_t> shape; ///< OIHW, or one length
    std::size_t offset = 0;          ///< into the arena, elements; dense, in the order of the list

    [[nodiscard]] std::size_t elements() const noexcept;
    /// Rows of the unit-wise norm and of weight standardisation: output filters of a 4-D tensor, else one.
    [[nodiscard]] std::size_t rows() const noexcept;
    [[nodiscard]] std::size_t fan_in() const noexcept {
        return elements() / static_cast<std::size_t>(shape[0]);
    }
    [[nodiscard]] bool is_head() const noexcept;
};

/// A residual unit with its strides and channels worked out (1.1): the first unit of a stage carries the
/// stride and, when stride or channels change, a projection on the shortcut.
struct UnitSpec {
    std::string name; ///< "body.block1.unit01"
    int in_channels = 0;
    int mid_channels = 0;
    int out_channels = 0;
    int stride = 1;
    bool projection = false;
};

struct NetworkLayout {
    std::vector<UnitSpec> units;
    std::vector<ParameterSpec> tensors;
    std::size_t parameters = 0;
};

/// Order: root.conv, units (gn1, conv1, gn2, conv2, [gn3, conv3], [downsample]), head.gn, head.conv. Throws
/// Error(usage) with all faults of the declaration: no stage, lengths that differ, counts below one, groups
/// that do not divide a normalised channel count.
[[nodiscard]] NetworkLayout network_layout(const plan::NetworkSpec& network, std::size_t outputs);

} // namespace suite::train
