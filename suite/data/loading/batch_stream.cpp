#include "suite/data/loading/batch_stream.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>

namespace suite::data {
namespace {

/// Signals are the main thread's business: threads started meanwhile get none.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace

void TrainSupply::prepare(std::int64_t number, Batch& batch) const {
    loader_.prepare(parts_[static_cast<std::size_t>(number) % parts_.size()].count, batch);
}

void TrainSupply::load_image(std::int64_t number, std::size_t slot, Batch& batch,
                             LoadScratch& scratch) const {
    const auto parts = static_cast<std::int64_t>(parts_.size());
    const ImageRange& part = parts_[static_cast<std::size_t>(number % parts)];
    loader_.load_image(number / parts, part.first + slot, slot, batch, scratch);
}

std::int64_t TrainSupply::number_of(std::int64_t step, std::size_t part) const {
    return step * static_cast<std::int64_t>(parts_.size()) + static_cast<std::int64_t>(part);
}

void EvaluationSupply::prepare(std::int64_t number, Batch& batch) const {
    reader_.prepare(ranges_[static_cast<std::size_t>(number)].count, batch);
}

void EvaluationSupply::load_image(std::int64_t number, std::size_t slot, Batch& batch,
                                  LoadScratch& scratch) const {
    reader_.read(ranges_[static_cast<std::size_t>(number)].first + slot, std::nullopt, slot, batch, scratch);
}

BatchStream::BatchStream(const BatchSupply& supply, std::int64_t begin, std::int64_t end,
                         StreamOptions options)
    : supply_(supply), end_(end), options_(options), first_(begin), opening_(begin) {
    assert(options_.workers >= 0 && options_.depth >= 2 && options_.memory != nullptr);
    const auto depth = static_cast<std::size_t>(options_.depth);
    slots_.reserve(depth);
    for (std::size_t i = 0; i < depth; ++i) {
        slots_.emplace_back(options_.memory);
    }
    const SignalsBlocked blocked;
    for (int i = 0; i < options_.workers; ++i) {
        threads_.emplace_back([this] { serve(); });
    }
}

BatchStream::~BatchStream() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_all(); // the threads are joined last, after the lock is gone
}

BatchStream::Slot& BatchStream::slot_of(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
}

bool BatchStream::is_whole(std::int64_t number) {
    const Slot& slot = slot_of(number);
    return slot.number == number && slot.done == slot.batch.count;
}

/// A batch that there is no room for is delivered as a failure.
void BatchStream::open(Slot& slot, std::int64_t number) {
    slot.number = number;
    slot.taken = slot.done = slot.failed_slot = 0;
    slot.failure = nullptr;
    try {
        supply_.prepare(number, slot.batch);
    } catch (...) {
        slot.batch.count = 0;
        slot.failure = std::current_exception();
        finished_.notify_one();
    }
}

/// Under the lock: a batch with images that no thread has begun, null when all that may be made are.
BatchStream::Slot* BatchStream::next_open() {
    while (opening_ < end_ && opening_ < first_ + options_.depth) {
        Slot& slot = slot_of(opening_);
        if (slot.number != opening_) {
            open(slot, opening_);
        }
        if (slot.taken < slot.batch.count) {
            return &slot;
        }
        ++opening_;
    }
    return nullptr;
}

/// Without the lock: what it threw, if it did.
std::exception_ptr BatchStream::load(Slot& slot, std::size_t image, LoadScratch& scratch) {
    try {
        supply_.load_image(slot.number, image, slot.batch, scratch);
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

/// Under the lock, or without threads. Of several failures that of the first image counts, whichever thread
/// was first.
void BatchStream::count_done(Slot& slot, std::size_t image, const std::exception_ptr& failure) {
    if (failure && (!slot.failure || image < slot.failed_slot)) {
        slot.failure = failure;
        slot.failed_slot = image;
    }
    if (++slot.done == slot.batch.count) {
        finished_.notify_one();
    }
}

/// Whoever finds more than it takes wakes one other: as many are woken as there are images, and no more.
void BatchStream::serve() {
    LoadScratch scratch;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        Slot* const slot = next_open();
        if (slot == nullptr) {
            ++idle_;
            work_.wait(lock);
            --idle_;
            continue;
        }
        const std::size_t image = slot->taken++;
        const bool wakes_another = idle_ > 0 && next_open() != nullptr;
        lock.unlock();
        if (wakes_another) {
            work_.notify_one();
        }
        const std::exception_ptr failure = load(*slot, image, scratch);
        lock.lock();
        count_done(*slot, image, failure);
    }
}

void BatchStream::load_here(std::int64_t number) {
    Slot& slot = slot_of(number);
    if (slot.number == number) {
        return;
    }
    open(slot, number);
    while (slot.done < slot.batch.count) {
        count_done(slot, slot.done, load(slot, slot.done, slot.batch.scratch));
    }
}

const Batch& BatchStream::wait(std::int64_t number) {
    assert(number >= first_ && number < end_ && number < first_ + options_.depth);
    if (threads_.empty()) {
        load_here(number);
    }
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return is_whole(number); });
    const Slot& slot = slot_of(number);
    if (slot.failure) {
        std::rethrow_exception(slot.failure);
    }
    return slot.batch;
}

const Batch* BatchStream::if_ready(std::int64_t number) {
    const std::lock_guard lock(mutex_);
    return number < end_ && is_whole(number) && !slot_of(number).failure ? &slot_of(number).batch : nullptr;
}

void BatchStream::release(std::int64_t number) {
    bool wakes_one = false;
    {
        const std::lock_guard lock(mutex_);
        wakes_one = idle_ > 0 && number >= first_;
        first_ = std::max(first_, number + 1);
    }
    if (wakes_one) {
        work_.notify_one(); // which wakes others, see serve()
    }
}

} // namespace suite::data
