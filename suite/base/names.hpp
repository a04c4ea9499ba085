// Names as people type them: nearest valid name for messages, globs for selections.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// Edit distance with transpositions (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Up to `count` names nearest to `name`, best first; names further than half their length are left out.
[[nodiscard]] std::vector<std::string>
nearest_names(std::string_view name, std::span<const std::string> valid, std::size_t count = 3);

/// "one of a, b, c", or "nearest: x, y" when there are more than eight valid names.
[[nodiscard]] std::string expected_names(std::string_view name, std::span<const std::string> valid);

/// The keys of a map by name, in their order: what is valid where one of them is asked for.
template<typename Named>
[[nodiscard]] std::vector<std::string> names_of(const std::map<std::string, Named>& named) {
    std::vector<std::string> names;
    names.reserve(named.size());
    for (const auto& entry : named) {
        names.push_back(entry.first);
    }
    return names;
}

/// Shell glob over a whole id: * (also across '/'), ? and [abc].
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

} // namespace suite
