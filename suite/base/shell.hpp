// Text as a POSIX shell reads it.
#pragma once

#include <string>
#include <string_view>

namespace suite {

/// The text in single quotes, one word for a shell whatever it holds: it's becomes 'it'\''s'.
[[nodiscard]] inline std::string single_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char letter : text) {
        quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return quoted + "'";
}

} // namespace suite
