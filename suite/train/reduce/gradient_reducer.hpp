// Sums the gradients of a step over its micro-batches and over the ranks.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "suite/dist/communicator.hpp"
#include "suite/train/reduce/bucket_plan.hpp"
#include "suite/train/reduce/gradient_arena.hpp"

namespace suite::train {

/// Seconds of one step, and how wrong each bucket's wire format was in it: || wire - float32 || / || float32
/// || of the sum over the ranks.
struct ReductionReport {
    double overlapped_seconds = 0.0; ///< starting and advancing inside backward
    double exposed_seconds = 0.0;    ///< in finish(), waiting for other ranks
    double finish_seconds = 0.0;     ///< in finish(), on this rank's own part
    std::vector<double> wire_errors; ///< by bucket, of a step that was asked about
};

/// One step: run_passes(), then finish(), on every rank; the arena then holds the sum over all
/// micro-batches of all ranks, the same bits on each, and finished. Between the two calls other reductions
/// may be started, by all ranks alike.
class GradientReducer {
public:
    virtual ~GradientReducer() = default;
    GradientReducer(const GradientReducer&) = delete;
    GradientReducer& operator=(const GradientReducer&) = delete;

    /// Calls pass(i) for i < count in turn; it adds a micro-batch to the gradients, which are clear
    /// at the start. Returns what a pass threw, the rest then left out; whatever happened, this rank has
    /// taken its part in all reductions begun here. Throws only Error(peer).
    [[nodiscard]] virtual std::exception_ptr run_passes(std::size_t count,
                                                        const std::function<void(std::size_t)>& pass) = 0;
    /// Throws only Error(peer).
    virtual void finish() = 0;
    /// Of the step since the last run_passes().
    [[nodiscard]] const ReductionReport& report() const noexcept { return report_; }
    /// Seconds are measured from now on.
    void measure() noexcept { is_measuring_ = true; }
    /// Whether the next steps' report has wire_errors; where the wire has another format than the gradients
    /// it costs one more reduction a bucket. Alike on all ranks.
    void report_wire_errors(bool wanted) noexcept { reports_wire_errors_ = wanted; }
    /// Of what is reduced at once; 0: no buckets.
    [[nodiscard]] virtual std::size_t bucket_bytes() const noexcept { return 0; }

protected:
    GradientReducer() = default;
    [[nodiscard]] double* sink(double& seconds) const noexcept { return is_measuring_ ? &seconds : nullptr; }
    [[nodiscard]] bool reports_wire_errors() const noexcept { return reports_wire_errors_; }
    ReductionReport report_;

private:
    bool is_measuring_ = false;
    bool reports_wire_errors_ = false;
};

/// strict: micro-batches in a fixed binary tree, the same for every number of ranks that shard_plan() lets
/// pass: a run of n micro-batches is the sum of its first ceil(n / 2) and of the rest; ranks are the upper
/// levels of the tree. Memory: ceil(log2(count)) arenas for the tree on one rank, half an arena for what
/// other ranks send.
[[nodiscard]] std::unique_ptr<GradientReducer> make_tree_reducer(GradientArena& gradients,
                                                                 dist::Communicator& communicator);

struct BucketOptions {
    std::size_t bucket_bytes = 0; ///< 0: default_bucket_bytes() of the communicator's backend
    dist::Element wire = dist::Element::float32;
};
/// fast: micro-batches added up in the arena; while the last backward runs, each bucket is reduced as soon as
/// its last gradient is there. Accumulation reduces once. The arena's listener is this reducer's.
[[nodiscard]] std::unique_ptr<GradientReducer> make_bucket_reducer(GradientArena& gradients,
                                                                   dist::Communicator& communicator,
                                                                   const BucketOptions& options = {});

} // namespace suite::train
