#include "suite/plan/network/families.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/names.hpp"

namespace suite::plan {
namespace {

constexpr std::array<std::string_view, 3> bit_fields{"unit", "stem", "groups"};

constexpr std::array all_families{
    Family{"bit", bit_fields, check_bit, make_bit},
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

const Family* find_family(std::string_view id) {
    const auto found = std::find_if(all_families.begin(), all_families.end(),
                                    [id](const Family& family) { return family.id == id; });
    return found == all_families.end() ? nullptr : &*found;
}

Network make_network(const NetworkSpec& spec, std::size_t outputs) {
    const Family* family = find_family(spec.family);
    if (family == nullptr) {
        refuse(spec);
    }
    FaultList faults;
    for (const SpecFault& fault : family->check(spec)) {
        faults.add({fmt::format("{}: network {}: {}", spec.origin.text(), spec.id, fault.fields.front()),
                    fault.found, fault.expected, "correct the declaration"});
    }
    faults.throw_if_any(ErrorKind::usage);
    return family->make(spec, outputs);
}

} // namespace suite::plan
