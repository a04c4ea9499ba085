// What values options take. A wrong one is Error(usage) that names the option and the nearest valid value.
// The metavar of an option decides what shells complete: DIR, FILE, WORKLOAD, PROFILE, SYSTEM, DATASET,
// NETWORK, or the values themselves, "a|b|c".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "suite/base/names.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace suite::app {

/// One of these values. `short_forms`: other spellings, replaced by the value that they stand for.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& values,
                    const std::map<std::string, std::string>& short_forms = {});
/// One of the names of an enumeration (suite/plan/spec/enum_names.hpp).
template<typename Enum>
CLI::Option* one_of_names(CLI::Option* option, const std::map<std::string, std::string>& short_forms = {}) {
    std::vector<std::string> names;
    for (const auto& [value, name] : plan::enum_names<Enum>) {
        names.emplace_back(name);
    }
    return one_of(option, names, short_forms);
}

/// A whole number, or a real one, within these bounds; neither NaN nor infinite. Metavar N, or X.
CLI::Option* whole_within(CLI::Option* option, std::int64_t least, std::int64_t most);
CLI::Option* real_within(CLI::Option* option, double least, double most);
/// … or the keyword.
CLI::Option* whole_within_or(CLI::Option* option, std::int64_t least, std::int64_t most,
                             const std::string& keyword);

/// A folder that exists. Metavar DIR.
CLI::Option* existing_folder(CLI::Option* option);

} // namespace suite::app
