#include "suite/base/log.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>

#include <unistd.h>

namespace suite {
namespace {

std::atomic<LogLevel> current_level{LogLevel::info};

/// write(2) without the death by SIGPIPE that a reader's end would cause.
void write_unharmed(int fd, std::string_view bytes) noexcept {
    sigset_t pipe_signal;
    sigset_t pending;
    sigset_t before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EPIPE && !was_pending) {
        const timespec no_wait{};
        sigtimedwait(&pipe_signal, nullptr, &no_wait);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

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
        write_unharmed(STDERR_FILENO, line);
    } catch (...) { // out of memory while talking about something else
    }
}

} // namespace suite
