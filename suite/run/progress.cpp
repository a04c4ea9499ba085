#include "suite/run/progress.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/run/estimate.hpp"

namespace suite::run {
namespace {

constexpr double terminal_interval_seconds = 0.2;
constexpr double plain_interval_seconds = 10.0;

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_stderr(const std::string& text) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(written);
}

} // namespace

std::string progress_text(const ProgressState& state, double elapsed_seconds, std::size_t done_here,
                          std::size_t width) {
    std::string text = fmt::format("runs {}/{}", state.done, state.total);
    if (state.failed > 0) {
        text += fmt::format(", {} failed", state.failed);
    }
    if (done_here > 0 && elapsed_seconds > 0.0) {
        const double rate = static_cast<double>(done_here) / elapsed_seconds;
        text += rate >= 1.0 ? fmt::format(", {:.1f}/s", rate) : fmt::format(", {:.1f}/min", rate * 60.0);
    }
    if (state.remaining_seconds >= 0.0) {
        text += ", about " + duration_text(state.remaining_seconds) + " left";
    }
    if (!state.current.empty()) {
        text += fmt::format(", now {}", fmt::join(state.current, "; "));
    }
    return width > 0 && text.size() > width ? text.substr(0, width) : text;
}

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1), started_(monotonic_seconds()) {
    last_ = terminal_ ? 0.0 : started_;
}

void ProgressLine::update(const ProgressState& state) {
    const double interval = terminal_ ? terminal_interval_seconds : plain_interval_seconds;
    if (monotonic_seconds() - last_ >= interval) {
        show(state);
    }
}

void ProgressLine::show(const ProgressState& state) {
    last_ = monotonic_seconds();
    if (log_level() < LogLevel::info) {
        return;
    }
    const std::size_t width = terminal_ ? terminal_width() - 1 : 0;
    const std::string text = progress_text(state, last_ - started_, done_here_, width);
    if (terminal_) {
        write_stderr("\r\033[K" + text);
        shown_ = true;
    } else {
        log_info(text);
    }
}

void ProgressLine::clear() {
    if (shown_) {
        write_stderr("\r\033[K");
        shown_ = false;
    }
}

void ProgressLine::note(const std::string& text) {
    clear();
    log_info(text);
}

void ProgressLine::finish(const ProgressState& state) {
    clear();
    log_info(progress_text({.done = state.done, .total = state.total, .failed = state.failed, .current = {}},
                           monotonic_seconds() - started_, done_here_, 0));
}

} // namespace suite::run
