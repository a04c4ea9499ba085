#include "suite/train/sharded_evaluation.hpp"

#include <algorithm>

#include "suite/base/error.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/deferred_failure.hpp"
#include "suite/train/detail/step_images.hpp"

namespace suite::train {
namespace {

ImageBatch images_of(const data::Batch& batch) {
    return {.values = std::span(batch.images), .count = batch.count, .size = batch.size};
}

/// One round: batch number `round` * ranks + rank is this rank's, if there is one.
class Rounds {
public:
    Rounds(Engine& engine, const data::Split& split, const data::LoaderOptions& options, std::size_t batch,
           dist::Communicator& communicator, Predictions& out, const LoadingHooks& loading)
        : engine_(engine),
          split_(split),
          options_(options),
          batch_size_(std::min(batch, split.size())),
          ranks_(static_cast<std::size_t>(communicator.size())),
          communicator_(communicator),
          out_(out) {
        if (ranks_ > 1) {
            mine_.resize(batch_size_ * out.outputs);
            all_.resize(mine_.size() * ranks_);
        }
        if (split.source) {
            stream(loading);
        }
    }
    /// When a round failed the engine may be copying batches of the stream still.
    ~Rounds() {
        try {
            engine_.done_with(images_);
            engine_.done_with(ahead_);
        } catch (const Error& error) {
            log_warning(error.what());
        }
    }
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;
    [[nodiscard]] std::size_t count() const {
        const std::size_t batches = (split_.size() + batch_size_ - 1) / batch_size_;
        return (batches + ranks_ - 1) / ranks_;
    }
    void run(std::size_t round, dist::DeferredFailure& deferred);

private:
    Engine& engine_;
    const data::Split& split_;
    const data::LoaderOptions& options_;
    std::size_t batch_size_;
    std::size_t ranks_;
    dist::Communicator& communicator_;
    Predictions& out_;
    data::Batch batch_;                              ///< of images in memory
    std::unique_ptr<data::EvaluationSupply> supply_; ///< of a source: this rank's batches
    std::unique_ptr<data::BatchStream> stream_;
    ImageBatch images_; ///< of the stream: the latest passed
    ImageBatch ahead_;  ///< and the latest prefetched
    std::vector<float> mine_;
    std::vector<float> all_;

    [[nodiscard]] std::span<float> scores(std::size_t number, std::size_t& first, std::size_t& count) const;
    void stream(const LoadingHooks& loading);
    void infer(std::size_t round, std::size_t first, std::size_t count, std::span<float> logits);
};

/// One batch a round.
void Rounds::stream(const LoadingHooks& loading) {
    std::vector<data::ImageRange> ranges;
    const auto rank = static_cast<std::size_t>(communicator_.rank());
    for (std::size_t round = 0; round < count(); ++round) {
        data::ImageRange range;
        static_cast<void>(scores(round * ranks_ + rank, range.first, range.count));
        if (range.count > 0) { // only the last one can be empty
            ranges.push_back(range);
        }
    }
    const auto end = static_cast<std::int64_t>(ranges.size());
    supply_ = std::make_unique<data::EvaluationSupply>(split_, options_, std::move(ranges));
    stream_ =
        std::make_unique<data::BatchStream>(*supply_, 0, end, detail::stream_options(loading, batch_size_));
}

/// Where the logits of one batch belong; empty beyond the last.
std::span<float> Rounds::scores(std::size_t number, std::size_t& first, std::size_t& count) const {
    first = std::min(number * batch_size_, split_.size());
    count = std::min(batch_size_, split_.size() - first);
    return std::span(out_.scores).subspan(first * out_.outputs, count * out_.outputs);
}

void Rounds::infer(std::size_t round, std::size_t first, std::size_t count, std::span<float> logits) {
    if (!stream_) {
        data::load_evaluation(split_, options_, first, count, batch_);
        engine_.infer(images_of(batch_), logits);
        engine_.done_with(images_of(batch_));
        return;
    }
    const auto number = static_cast<std::int64_t>(round);
    images_ = images_of(stream_->wait(number));
    if (const data::Batch* const next = stream_->if_ready(number + 1); next != nullptr) {
        ahead_ = images_of(*next);
        engine_.prefetch(images_);
        engine_.prefetch(ahead_);
    }
    engine_.infer(images_, logits);
    engine_.done_with(images_);
    stream_->release(number);
}

void Rounds::run(std::size_t round, dist::DeferredFailure& deferred) {
    std::size_t first = 0;
    std::size_t count = 0;
    const auto rank = static_cast<std::size_t>(communicator_.rank());
    const std::span<float> mine = scores(round * ranks_ + rank, first, count);
    if (count > 0) {
        deferred.run(
            [&] { infer(round, first, count, ranks_ == 1 ? mine : std::span(mine_).first(mine.size())); });
    }
    if (ranks_ == 1) {
        return;
    }
    communicator_.all_gather(dist::buffer(std::span(mine_)), dist::buffer(std::span(all_)));
    for (std::size_t r = 0; r < ranks_; ++r) {
        const std::span<float> theirs = scores(round * ranks_ + r, first, count);
        std::copy_n(all_.begin() + static_cast<std::ptrdiff_t>(r * mine_.size()), theirs.size(),
                    theirs.begin());
    }
}

} // namespace

Predictions evaluate_split(Engine& engine, const data::Split& split, const data::LoaderOptions& options,
                           std::size_t evaluation_batch, std::size_t outputs,
                           dist::Communicator& communicator, const LoadingHooks& loading) {
    Predictions out{split.size(), outputs, std::vector<float>(split.size() * outputs), split.labels.classes,
                    split.labels.matrix};
    communicator.set_phase("evaluate");
    dist::DeferredFailure deferred(communicator);
    deferred.run([&] { engine.begin_inference(); });
    if (split.size() > 0) {
        Rounds rounds(engine, split, options, evaluation_batch, communicator, out, loading);
        for (std::size_t round = 0; round < rounds.count(); ++round) {
            rounds.run(round, deferred);
        }
    }
    deferred.agree();
    return out;
}

} // namespace suite::train
