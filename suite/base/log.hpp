// One-line messages for people, on stderr; stdout belongs to results.
#pragma once

#include <string_view>

namespace suite {

enum class LogLevel { error, warning, info };

/// Messages above this level are dropped (`--quiet` sets error). Default: info.
void set_log_level(LogLevel level) noexcept;
[[nodiscard]] LogLevel log_level() noexcept;

/// Writes the text and a line end in one write(2). Never throws: a closed stderr loses messages, not results.
void log_line(LogLevel level, std::string_view text) noexcept;
inline void log_error(std::string_view text) noexcept {
    log_line(LogLevel::error, text);
}
inline void log_warning(std::string_view text) noexcept {
    log_line(LogLevel::warning, text);
}
inline void log_info(std::string_view text) noexcept {
    log_line(LogLevel::info, text);
}

} // namespace suite
