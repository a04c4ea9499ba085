#include "suite/plan/network/families.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/names.hpp"

namespace suite::plan {
namespace {

constexpr std::array all_families{
    Family{"bit", make_bit},
};

[[noreturn]] void refuse(const NetworkSpec& spec) {
    std::vector<std::string> ids;
    for (const Family& family : all_families) {
        ids.emplace_back(family.id);
    }
    const std::vector<std::string> near = nearest_names(spec.family, ids, 1);
    throw Error(ErrorKind::usage,
                Fault{.where = fmt::format("{}: network {}: family", spec.origin.text(), spec.id),
                      .found = spec.family,
                      .expected = "a family of networks",
                      .fix = fmt::format("name one, such as {}", near.empty() ? ids.front() : near.front())});
}

} // namespace

std::span<const Family> families() {
    return all_families;
}

Network make_network(const NetworkSpec& spec, std::size_t outputs) {
    const auto found = std::find_if(all_families.begin(), all_families.end(),
                                    [&](const Family& family) { return family.id == spec.family; });
    if (found == all_families.end()) {
        refuse(spec);
    }
    return found->make(spec, outputs);
}

std::string official_name(const Layer& layer, ParameterRole role) {
    if (layer.official.empty()) {
        return {};
    }
    switch (role) {
    case ParameterRole::weight:
        return layer.official + "/kernel";
    case ParameterRole::bias:
        return layer.official + "/bias";
    case ParameterRole::norm_scale:
        return layer.official + "/gamma";
    case ParameterRole::norm_shift:
        break;
    }
    return layer.official + "/beta";
}

} // namespace suite::plan
