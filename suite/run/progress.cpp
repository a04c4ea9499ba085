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
constexpr std::size_t plain_width = 80;
constexpr std::size_t shown_key_digits = 16;

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

double percent_of(const RunInHand& run) {
    return 100.0 * static_cast<double>(run.step) / static_cast<double>(run.total_steps);
}

/// "top1 57.3 % after 4.2 s"; "" when nothing is known.
std::string result_text(const FinishedRun& run) {
    std::string text;
    if (!run.metric.empty()) {
        text = fmt::format("{} {:.4g}{}{}", run.metric, run.score, run.unit.empty() ? "" : " ", run.unit);
    }
    if (run.seconds > 0.0) {
        text += fmt::format("{}after {}", text.empty() ? "" : " ",
                            run.seconds < 10.0 ? fmt::format("{:.1f} s", run.seconds)
                                               : duration_text(run.seconds));
    }
    return text;
}

void write_stderr(const std::string& text) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(written);
}

} // namespace

std::vector<std::string> long_run_lines(const ProgressState& state) {
    std::vector<std::string> lines;
    for (const RunInHand& run : state.current) {
        if (run.total_steps > 0) {
            lines.push_back(fmt::format("  {:3.0f} %  step {}/{}  loss {:.4g}  {}", percent_of(run), run.step,
                                        run.total_steps, run.loss, run.label));
        }
    }
    return lines;
}

std::string done_text(const FinishedRun& run) {
    const std::string result = result_text(run);
    return fmt::format("done {} {} {}{}", run.key, run.name, run.seed, result.empty() ? "" : "\n  " + result);
}

std::string short_done_text(const FinishedRun& run) {
    const std::string result = result_text(run);
    return fmt::format("done {} {} {}{}", run.key.substr(0, shown_key_digits), run.name, run.seed,
                       result.empty() ? "" : "  " + result);
}

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
    std::vector<std::string> current;
    for (const RunInHand& run : state.current) {
        current.push_back(run.total_steps > 0
                              ? fmt::format("{} {:.0f} % loss {:.4g}", run.label, percent_of(run), run.loss)
                              : run.label);
    }
    if (!current.empty()) {
        text += fmt::format(", now {}", fmt::join(current, "; "));
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
    const double elapsed = last_ - started_;
    if (terminal_) {
        write_stderr("\r\033[K" + progress_text(state, elapsed, done_here_, terminal_width() - 1));
        shown_ = true;
        return;
    }
    const std::vector<std::string> lines = long_run_lines(state);
    std::string text = progress_text(state, elapsed, done_here_, 0);
    if (!lines.empty() || text.size() > plain_width) { // the runs have lines of their own
        ProgressState counts = state;
        counts.current.clear();
        text = progress_text(counts, elapsed, done_here_, 0);
    }
    log_info(text);
    for (const std::string& line : lines) {
        log_info(line);
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

void ProgressLine::note_done(const FinishedRun& run) {
    note(terminal_ ? short_done_text(run) : done_text(run));
}

void ProgressLine::finish(const ProgressState& state) {
    clear();
    log_info(progress_text({.done = state.done, .total = state.total, .failed = state.failed, .current = {}},
                           monotonic_seconds() - started_, done_here_, 0));
}

} // namespace suite::run
