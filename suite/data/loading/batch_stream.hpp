// Batches made ahead of their use by threads of their own, delivered in order. What a batch holds is a
// function of its number, so neither the number of threads nor how far ahead they are changes a bit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory_resource>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "suite/data/loading/loader.hpp"

namespace suite::data {

/// What a stream delivers: batches by number. Members may be called from any thread.
class BatchSupply {
public:
    BatchSupply() = default;
    virtual ~BatchSupply() = default;
    BatchSupply(const BatchSupply&) = delete;
    BatchSupply& operator=(const BatchSupply&) = delete;

    /// Allocates the images of batch `number`; sets their count.
    virtual void prepare(std::int64_t number, Batch& batch) const = 0;
    /// Image `slot` of that batch. Several threads may fill the slots of one batch. Throws Error(data).
    virtual void load_image(std::int64_t number, std::size_t slot, Batch& batch,
                            LoadScratch& scratch) const = 0;
};

/// Images [first, first + count) of a step, or of a split.
struct ImageRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// Batch number step * parts + part is that part of the step's batch.
class TrainSupply final : public BatchSupply {
public:
    TrainSupply(const TrainLoader& loader, std::vector<ImageRange> parts)
        : loader_(loader), parts_(std::move(parts)) {}
    void prepare(std::int64_t number, Batch& batch) const override;
    void load_image(std::int64_t number, std::size_t slot, Batch& batch, LoadScratch& scratch) const override;
    [[nodiscard]] std::int64_t number_of(std::int64_t step, std::size_t part) const;

private:
    const TrainLoader& loader_;
    std::vector<ImageRange> parts_;
};

/// Batch number i is range i of the split, as evaluation frames its images.
class EvaluationSupply final : public BatchSupply {
public:
    /// `split` must outlive the supply. Throws Error(usage) as SampleReader.
    EvaluationSupply(const Split& split, const LoaderOptions& options, std::vector<ImageRange> ranges)
        : reader_(split, options), ranges_(std::move(ranges)) {}
    void prepare(std::int64_t number, Batch& batch) const override;
    void load_image(std::int64_t number, std::size_t slot, Batch& batch, LoadScratch& scratch) const override;

private:
    SampleReader reader_;
    std::vector<ImageRange> ranges_;
};

struct StreamOptions {
    int workers = 1; ///< threads; 0: wait() itself loads
    int depth = 4;   ///< batches in memory, that in use included; at least 2
    std::pmr::memory_resource* memory = std::pmr::get_default_resource(); ///< of their images
};

/// One consumer. Threads take image after image, of the earliest batch first; at most `depth` batches exist,
/// so memory does not depend on the length of the stream.
class BatchStream {
public:
    /// Batches [begin, end). `supply` must outlive the stream.
    BatchStream(const BatchSupply& supply, std::int64_t begin, std::int64_t end, StreamOptions options);
    ~BatchStream();
    BatchStream(const BatchStream&) = delete;
    BatchStream& operator=(const BatchStream&) = delete;

    /// Batch `number`, once all of its images are there; at most `depth` - 1 beyond the first that was not
    /// released. Throws what its first bad image threw.
    const Batch& wait(std::int64_t number);
    /// The same without waiting: null when it is not there yet, or bad.
    [[nodiscard]] const Batch* if_ready(std::int64_t number);
    /// Batches up to `number` will not be asked for again: their memory serves later ones.
    void release(std::int64_t number);

private:
    struct Slot {
        explicit Slot(std::pmr::memory_resource* memory) : batch(memory) {}
        Batch batch;
        std::int64_t number = -1; ///< of the batch in it; -1: none
        std::size_t taken = 0;    ///< images that a thread has begun
        std::size_t done = 0;
        std::size_t failed_slot = 0;
        std::exception_ptr failure; ///< of the first image that has one
    };
    const BatchSupply& supply_;
    std::int64_t end_;
    StreamOptions options_;
    std::vector<Slot> slots_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable finished_;
    std::int64_t first_;   ///< not released
    std::int64_t opening_; ///< the latest that threads work at, or the next
    int idle_ = 0;         ///< threads that wait for work
    bool stopping_ = false;
    std::vector<std::jthread> threads_; ///< last: they use all the others

    [[nodiscard]] Slot& slot_of(std::int64_t number);
    [[nodiscard]] bool is_whole(std::int64_t number);
    [[nodiscard]] Slot* next_open();
    void open(Slot& slot, std::int64_t number);
    [[nodiscard]] std::exception_ptr load(Slot& slot, std::size_t image, LoadScratch& scratch);
    void count_done(Slot& slot, std::size_t image, const std::exception_ptr& failure);
    void load_here(std::int64_t number);
    void serve();
};

} // namespace suite::data
