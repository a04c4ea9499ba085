#include <algorithm>
#include <cassert>

#include "suite/base/error.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/reduce/gradient_reducer.hpp"

namespace suite::train {
namespace {

using detail::Stopwatch;

class BucketReducer final : public GradientReducer {
public:
    BucketReducer(GradientArena& gradients, dist::Communicator& communicator, const BucketOptions& options);
    ~BucketReducer() override { gradients_->set_listener({}); }

    [[nodiscard]] std::exception_ptr run_passes(std::size_t count,
                                                const std::function<void(std::size_t)>& pass) override;
    void finish() override;
    [[nodiscard]] std::size_t bucket_bytes() const noexcept override { return bucket_bytes_; }

private:
    struct Progress {
        std::size_t missing = 0; ///< gradients of this pass
        dist::Request request;
    };

    GradientArena* gradients_;
    dist::Communicator* communicator_;
    BucketOptions options_;
    std::size_t bucket_bytes_;
    std::vector<Slice> buckets_;
    std::vector<Progress> progress_; ///< one a bucket
    std::size_t started_ = 0;        ///< the first so many buckets: ranks start them in one order
    bool is_listening_ = false;

    void heard(std::size_t offset, std::size_t count);
    void start(std::size_t bucket);
    void start_rest();
    void settle(std::size_t bucket);
    [[nodiscard]] std::size_t bucket_of(std::size_t offset) const;
    [[nodiscard]] bool judges_wire() const noexcept {
        return reports_wire_errors() && options_.wire != dist::Element::float32;
    }
};

BucketReducer::BucketReducer(GradientArena& gradients, dist::Communicator& communicator,
                             const BucketOptions& options)
    : gradients_(&gradients),
      communicator_(&communicator),
      options_(options),
      bucket_bytes_(options.bucket_bytes > 0
                        ? options.bucket_bytes
                        : default_bucket_bytes(communicator.backend(), gradients.size() * sizeof(float))),
      buckets_(bucket_plan(gradients.tensors(), bucket_bytes_)) {
    progress_.resize(buckets_.size());
    gradients.set_listener([this](std::size_t offset, std::size_t count) {
        if (is_listening_) {
            heard(offset, count);
        }
    });
}

std::exception_ptr BucketReducer::run_passes(std::size_t count,
                                             const std::function<void(std::size_t)>& pass) {
    report_ = {};
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        progress_[i].missing = buckets_[i].count;
    }
    started_ = 0;
    std::exception_ptr failure;
    try {
        for (std::size_t i = 0; i < count; ++i) {
            is_listening_ = i + 1 == count && communicator_->size() > 1;
            pass(i);
        }
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::peer) {
            throw;
        }
        failure = std::current_exception();
    } catch (...) {
        failure = std::current_exception();
    }
    is_listening_ = false;
    start_rest();
    return failure;
}

std::size_t BucketReducer::bucket_of(std::size_t offset) const {
    // Buckets go from the arena's end to its beginning.
    const auto found = std::ranges::find_if(buckets_, [&](const Slice& b) { return b.offset <= offset; });
    assert(found != buckets_.end());
    return static_cast<std::size_t>(found - buckets_.begin());
}

void BucketReducer::heard(std::size_t offset, std::size_t count) {
    const Stopwatch watch(sink(report_.overlapped_seconds));
    const std::size_t bucket = bucket_of(offset);
    assert(progress_[bucket].missing >= count);
    progress_[bucket].missing -= count;
    while (started_ < buckets_.size() && progress_[started_].missing == 0) {
        start(started_++);
    }
    for (Progress& other : progress_) { // a library without a thread of its own gets on only when asked
        if (other.request.is_pending()) {
            static_cast<void>(other.request.advance());
        }
    }
}

void BucketReducer::start(std::size_t bucket) {
    Progress& progress = progress_[bucket];
    const Slice& place = buckets_[bucket];
    if (judges_wire()) {
        communicator_->all_reduce(gradients_->keep_copy(place), dist::Reduction::sum);
    }
    const dist::Buffer values = options_.wire == dist::Element::float32
                                    ? gradients_->buffer(place)
                                    : gradients_->to_wire(place, options_.wire);
    progress.request = communicator_->start_all_reduce(values, dist::Reduction::sum);
}

/// What a pass that failed left out: ranks start the same reductions in the same order.
void BucketReducer::start_rest() {
    if (communicator_->size() == 1) {
        return;
    }
    while (started_ < buckets_.size()) {
        start(started_++);
    }
}

void BucketReducer::settle(std::size_t bucket) {
    const Slice& place = buckets_[bucket];
    if (options_.wire != dist::Element::float32 && bucket < started_) {
        gradients_->from_wire(place, options_.wire);
    }
    if (judges_wire() && bucket < started_) {
        report_.wire_errors.push_back(gradients_->distance_to_copy(place));
    }
    gradients_->finish(place.offset, place.count);
}

/// A bucket is finished while later ones are still under way.
void BucketReducer::finish() {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        {
            const Stopwatch watch(sink(report_.exposed_seconds));
            progress_[i].request.wait();
        }
        const Stopwatch watch(sink(report_.finish_seconds));
        settle(i);
    }
}

} // namespace

std::unique_ptr<GradientReducer> make_bucket_reducer(GradientArena& gradients,
                                                     dist::Communicator& communicator,
                                                     const BucketOptions& options) {
    return std::make_unique<BucketReducer>(gradients, communicator, options);
}

} // namespace suite::train
