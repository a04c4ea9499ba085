#include "suite/base/log.hpp"

#include <atomic>
#include <string>

#include <unistd.h>

namespace suite {
namespace {

std::atomic<LogLevel> current_level{LogLevel::info};

} // namespace

void set_log_level(LogLevel level) noexcept {
    current_level = level;
}

LogLevel log_level() noexcept {
    return current_level;
}

void log_line(LogLevel level, std::string_view text) noexcept {
    if (level > current_level.load()) {
        return;
    }
    try {
        std::string line(text);
        line += '\n';
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        static_cast<void>(written);
    } catch (...) { // out of memory while talking about something else
    }
}

} // namespace suite
