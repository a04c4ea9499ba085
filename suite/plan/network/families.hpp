// Families of networks: each makes a list of layers from a declaration. A family is one file and one line in
// the table of families.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "suite/plan/network/layers.hpp"
#include "suite/plan/network/layout.hpp"
#include "suite/plan/network/spec.hpp"

namespace suite::plan {

struct Family {
    std::string_view id; ///< as declarations name it
    Network (*make)(const NetworkSpec& spec, std::size_t outputs);
};

/// All families, by id.
[[nodiscard]] std::span<const Family> families();

/// The layers of a declared network whose last layer has `outputs` channels. Throws Error(usage) with all
/// faults of the declaration, or when no family is named so.
[[nodiscard]] Network make_network(const NetworkSpec& spec, std::size_t outputs);

/// What a layer's tensor is called in published files ("resnet/block1/unit01/a/group_norm/gamma"); empty
/// where the layer has no such name.
[[nodiscard]] std::string official_name(const Layer& layer, ParameterRole role);

/// Pre-activation ResNet-v2 with GroupNorm and weight-standardised convolutions (bit.cpp).
[[nodiscard]] Network make_bit(const NetworkSpec& spec, std::size_t outputs);

} // namespace suite::plan
