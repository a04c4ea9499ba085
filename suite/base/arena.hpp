// Numbers by name: what a training keeps, and checkpoints hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// A tensor in a flat arena.
struct NamedTensor {
    std::string name;
    std::vector<std::int64_t> shape; ///< every extent >= 0
    std::size_t offset = 0;          ///< into the arena, elements
    [[nodiscard]] bool operator==(const NamedTensor&) const = default;
};

/// A flat arena of float32: "momentum", "buffers".
struct NamedArena {
    std::string name;
    std::vector<float> values;
    [[nodiscard]] bool operator==(const NamedArena&) const = default;
};

/// Null where there is none of this name.
[[nodiscard]] inline const NamedArena* find_arena(const std::vector<NamedArena>& arenas,
                                                  std::string_view name) {
    const auto found = std::find_if(arenas.begin(), arenas.end(),
                                    [name](const NamedArena& arena) { return arena.name == name; });
    return found == arenas.end() ? nullptr : &*found;
}

} // namespace suite
