// Networks of several tests; those of the golden files network_*.txt are of tests/fixtures/train_golden.py.
#pragma once

#include <string>
#include <vector>

#include "suite/plan/network/spec.hpp"

namespace suite::test {

struct Case {
    std::string file;
    plan::NetworkSpec spec;
    std::size_t images;
    int size;
    std::size_t outputs;
};

inline plan::NetworkSpec spec(plan::Unit unit, plan::Stem stem, std::vector<int> depths,
                              std::vector<int> channels, int groups) {
    plan::NetworkSpec result;
    result.unit = unit;
    result.stem = stem;
    result.depths = std::move(depths);
    result.stem_channels = 4;
    result.stage_channels = std::move(channels);
    result.groups = groups;
    return result;
}

/// "Larger" of the laptop profile, that of workloads/micro/peers/torch_eager.py.
inline plan::NetworkSpec larger_laptop_network() {
    plan::NetworkSpec result = spec(plan::Unit::basic, plan::Stem::small_2, {1, 1, 2}, {16, 32, 64}, 4);
    result.stem_channels = 16;
    return result;
}

inline const Case bottleneck{"network_bottleneck.txt",
                             spec(plan::Unit::bottleneck, plan::Stem::bit, {1, 2}, {16, 32}, 2), 3, 20, 3};
inline const Case basic{"network_basic.txt",
                        spec(plan::Unit::basic, plan::Stem::small_2, {1, 1, 2}, {4, 8, 12}, 4), 4, 14, 5};
inline const Case basic_stride1{"network_basic_stride1.txt",
                                spec(plan::Unit::basic, plan::Stem::small_1, {2}, {6}, 2), 2, 7, 2};

/// Two blocks of lanes, the second nearly empty.
inline const Case lanes{
    "network_lanes.txt",
    [] {
        plan::NetworkSpec result = spec(plan::Unit::bottleneck, plan::Stem::small_2, {1, 2}, {16, 32}, 4);
        result.stem_channels = 8;
        return result;
    }(),
    18, 9, 2};

} // namespace suite::test
