// What the TOML files under workloads/networks/ declare.
#pragma once

#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

enum class Unit { bottleneck, basic };

/// How an image enters the network.
enum class Stem {
    bit,     ///< 7x7 stride 2, zero padding 1, 3x3 max-pool stride 2 (paper.md#architecture)
    small_2, ///< 3x3 stride 2, no pool (laptop networks)
    small_1, ///< 3x3 stride 1, no pool
};

/// The declaration of a network; its family (families.hpp) makes layers of it. Fields are those of the family
/// `bit`; another reads those that it has a use for.
struct NetworkSpec {
    std::string id;
    std::string family = "bit";
    Unit unit = Unit::bottleneck;
    Stem stem = Stem::bit;
    std::vector<int> depths;             ///< units per stage
    int stem_channels = 64;              ///< after the width factor: channels out of the stem
    std::vector<int> stage_channels;     ///< output channels per stage, after the width factor
    int bottleneck_factor = 4;           ///< mid = out / factor; 1 for basic units
    int groups = 32;                     ///< GroupNorm groups
    double group_norm_epsilon = 1e-5;    ///< paper.md#architecture
    double standardise_epsilon = 1e-10;  ///< inside the root, paper.md#weight-standardisation
    std::vector<std::string> deviations; ///< from BiT, in words, for reports; not part of the run key
    Origin origin;
};

} // namespace suite::plan
