#include <bit>
#include <cassert>

#include "suite/base/error.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/reduce/gradient_reducer.hpp"

namespace suite::train {
namespace {

using detail::Stopwatch;

class TreeReducer final : public GradientReducer {
public:
    TreeReducer(GradientArena& gradients, dist::Communicator& communicator)
        : gradients_(&gradients), communicator_(&communicator) {
        assert(std::has_single_bit(static_cast<unsigned>(communicator.size())));
    }

    [[nodiscard]] std::exception_ptr run_passes(std::size_t count,
                                                const std::function<void(std::size_t)>& pass) override;
    void finish() override;

private:
    GradientArena* gradients_;
    dist::Communicator* communicator_;

    void sum_run(std::size_t first, std::size_t count, const std::function<void(std::size_t)>& pass);
    void sum_over_ranks();
    void add_from(int peer, std::size_t out, std::size_t in, std::size_t count);
    [[nodiscard]] dist::Buffer slice(std::size_t offset, std::size_t count) const {
        return gradients_->buffer(Slice{offset, count});
    }
};

std::exception_ptr TreeReducer::run_passes(std::size_t count, const std::function<void(std::size_t)>& pass) {
    report_ = {};
    try {
        if (count > 0) {
            sum_run(0, count, pass);
        }
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

/// Leaves the sum of the run in the gradients, which are clear at the start.
void TreeReducer::sum_run(std::size_t first, std::size_t count,
                          const std::function<void(std::size_t)>& pass) {
    if (count == 1) {
        pass(first);
        return;
    }
    const std::size_t half = (count + 1) / 2;
    sum_run(first, half, pass);
    gradients_->push();
    sum_run(first + half, count - half, pass);
    gradients_->pop();
}

/// Sends one slice to the peer and adds the peer's to another.
void TreeReducer::add_from(int peer, std::size_t out, std::size_t in, std::size_t count) {
    const dist::Buffer theirs = gradients_->exchange_buffer(count);
    communicator_->exchange(slice(out, count), theirs, peer);
    gradients_->add_exchanged(in, count);
}

/// Recursive halving with growing distance, then doubling back: every element is summed in the same tree
/// (neighbours first), by one rank, and each rank sends about two arenas whatever their number. What does not
/// divide by the ranks is a tail of less than one element a rank, which every rank sums itself.
void TreeReducer::sum_over_ranks() {
    const int ranks = communicator_->size();
    const int rank = communicator_->rank();
    const std::size_t all = gradients_->size();
    const std::size_t tail = all % static_cast<std::size_t>(ranks);
    std::size_t first = 0;
    std::size_t count = all - tail;
    for (int distance = 1; distance < ranks; distance *= 2) {
        const int peer = rank ^ distance;
        if (tail > 0) {
            add_from(peer, all - tail, all - tail, tail);
        }
        count /= 2;
        const bool upper = (rank & distance) != 0;
        if (count > 0) {
            add_from(peer, upper ? first : first + count, upper ? first + count : first, count);
        }
        first += upper ? count : 0;
    }
    for (int distance = ranks / 2; distance > 0 && count > 0; distance /= 2) {
        const bool upper = (rank & distance) != 0;
        const std::size_t theirs = upper ? first - count : first + count;
        communicator_->exchange(slice(first, count), slice(theirs, count), rank ^ distance);
        first -= upper ? count : 0;
        count *= 2;
    }
}

void TreeReducer::finish() {
    if (communicator_->size() > 1) {
        const Stopwatch watch(sink(report_.exposed_seconds));
        sum_over_ranks();
    }
    const Stopwatch watch(sink(report_.finish_seconds));
    gradients_->finish();
}

} // namespace

std::unique_ptr<GradientReducer> make_tree_reducer(GradientArena& gradients,
                                                   dist::Communicator& communicator) {
    return std::make_unique<TreeReducer>(gradients, communicator);
}

} // namespace suite::train
