// What people see while runs are done: a live line on a terminal, a plain line every ten seconds otherwise.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace suite::run {

struct ProgressState {
    std::size_t done = 0;
    std::size_t total = 0;
    std::size_t failed = 0;
    double remaining_seconds = -1.0; ///< negative: unknown yet
    std::vector<std::string> current;
};

/// "runs 12/194, 0.9/s, about 3 min left, now cifar10/R50x1/1K-NAT; …" cut to `width` columns (0 = whole).
[[nodiscard]] std::string progress_text(const ProgressState& state, double elapsed_seconds,
                                        std::size_t done_here, std::size_t width);

/// Owns the progress line on stderr.
class ProgressLine {
public:
    ProgressLine();
    /// Shows the state when it is time to; cheap otherwise.
    void update(const ProgressState& state);
    /// A line of its own (a finished run, a failure), above the live line.
    void note(const std::string& text);
    /// Ends the live line.
    void finish(const ProgressState& state);
    /// A finished run counts for the rate; what the store already held does not.
    void count_done() { ++done_here_; }

private:
    void show(const ProgressState& state);
    void clear();

    bool terminal_;
    bool shown_ = false;
    double started_;
    double last_ = 0.0;
    std::size_t done_here_ = 0;
};

} // namespace suite::run
