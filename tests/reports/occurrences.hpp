#pragma once

#include <cstddef>
#include <string>

namespace reports {

/// How often `part` stands in `text`, overlapping ones too.
inline std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

} // namespace reports
