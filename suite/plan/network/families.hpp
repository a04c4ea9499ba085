// Families of networks: each makes a list of layers from a declaration. A family is one file and one line in
// the table of families.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/network/layers.hpp"
#include "suite/plan/network/spec.hpp"

namespace suite::plan {

/// What is wrong with a declaration, at the first of the fields that it is about.
struct SpecFault {
    std::vector<const char*> fields;
    std::string found;
    std::string expected;
};

struct Family {
    std::string_view id; ///< as declarations name it
    /// Fields that a declaration of the family must have, besides those of every network.
    std::span<const std::string_view> required;
    /// All that is wrong with a declaration; make() is for one without faults.
    std::vector<SpecFault> (*check)(const NetworkSpec& spec);
    Network (*make)(const NetworkSpec& spec, std::size_t outputs);
};

/// All families, by id.
[[nodiscard]] std::span<const Family> families();
/// Null where none is named so.
[[nodiscard]] const Family* find_family(std::string_view id);

/// The layers of a declared network whose last layer has `outputs` channels. Throws Error(usage) with all
/// faults of the declaration, or when no family is named so.
[[nodiscard]] Network make_network(const NetworkSpec& spec, std::size_t outputs);

/// Pre-activation ResNet-v2 with GroupNorm and weight-standardised convolutions (bit.cpp).
[[nodiscard]] std::vector<SpecFault> check_bit(const NetworkSpec& spec);
[[nodiscard]] Network make_bit(const NetworkSpec& spec, std::size_t outputs);

} // namespace suite::plan
