// What people see while runs are done: a live line on a terminal, a plain line every ten seconds otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace suite::run {

/// A run that a worker has in hand, as it last reported.
struct RunInHand {
    std::string label;
    std::int64_t step = 0;
    std::int64_t total_steps = 0; ///< 0: it has not reported yet, as short runs never do
    double loss = 0.0;
};

/// A run whose record is durable.
struct FinishedRun {
    std::string key;
    std::string name; ///< cell, or "pretrain:…"
    std::uint64_t seed = 0;
    std::string metric; ///< "": another process did it, or it has no score
    double score = 0.0;
    std::string unit;
    double seconds = 0.0; ///< wall time; 0: unknown
};

struct ProgressState {
    std::size_t done = 0;
    std::size_t total = 0;
    std::size_t failed = 0;
    double remaining_seconds = -1.0; ///< negative: unknown yet
    std::vector<RunInHand> current;
};

/// "runs 12/194, 0.9/s, about 3 min left, now cifar10/R50x1/1K-NAT; …" cut to `width` columns (0 = whole).
[[nodiscard]] std::string progress_text(const ProgressState& state, double elapsed_seconds,
                                        std::size_t done_here, std::size_t width);

/// "   48 %  step 1200/2500  loss 1.234  pretrain imagenet21k/R152x4": a line for each run that has reported.
[[nodiscard]] std::vector<std::string> long_run_lines(const ProgressState& state);

/// "done KEY CELL SEED", which scripts read, and on a line below it "  top1 57.3 % after 4.2 s".
[[nodiscard]] std::string done_text(const FinishedRun& run);
/// The same for a terminal, one line with the key's first 16 digits, as the record's path spells them.
[[nodiscard]] std::string short_done_text(const FinishedRun& run);

/// Owns the progress line on stderr.
class ProgressLine {
public:
    ProgressLine();
    /// Shows the state when it is time to; cheap otherwise.
    void update(const ProgressState& state);
    /// A line of its own (a finished run, a failure), above the live line.
    void note(const std::string& text);
    /// A run that is done, with score and time where they are known.
    void note_done(const FinishedRun& run);
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
