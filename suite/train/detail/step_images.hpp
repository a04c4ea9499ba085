// This rank's images of a step, micro-batch by micro-batch. Private to suite/train.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <vector>

#include "suite/data/loading/batch_stream.hpp"
#include "suite/data/loading/loader.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/objective/loss.hpp"
#include "suite/train/shards.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train::detail {

/// How the configuration has images loaded. Published sets: X-rays where the recipe augments as for X-rays,
/// else natural images; in pre-training on those DALI's linear filter and evaluation on the centre, as the
/// authors' configurations have it (paper.md#natural-images), in fine-tuning Pillow's filter and the whole
/// image squashed (paper.md#fine-tuning-images).
[[nodiscard]] data::LoaderOptions loader_options(const plan::RunConfig& config);

/// Batches of so many images that a stream keeps ready: at least the one in use, the next and one more.
[[nodiscard]] data::StreamOptions stream_options(const LoadingHooks& hooks, std::size_t images_per_batch);

/// Images in memory are loaded at the beginning of a step; those behind a source by threads, some
/// micro-batches ahead of their use.
class StepImages {
public:
    /// The arguments must outlive it.
    StepImages(const plan::RunConfig& config, const data::DataSet& data_set,
               const std::vector<std::size_t>& subset, const ShardPlan& shards, std::size_t outputs,
               const LoadingHooks& hooks);

    /// Throws Error(data).
    void begin_step(std::int64_t step);
    /// Of one of this rank's shards, in their order. Valid until the next step; of a source until done().
    [[nodiscard]] ImageBatch images(const Shard& shard);
    [[nodiscard]] Targets targets(const Shard& shard) const;
    /// Of this rank's next shard, if they need not be waited for; else none. Of a source also the first of
    /// the next step.
    [[nodiscard]] ImageBatch next_if_ready(const Shard& shard);
    /// The shard's pass is over, and nothing reads its images any more.
    void done(const Shard& shard);
    /// No step will follow: threads and batches go.
    void end() { stream_.reset(); }

    /// Where images lie that wait.
    [[nodiscard]] std::pmr::memory_resource* memory() const;
    [[nodiscard]] std::vector<data::BadImage> skipped() const { return loader_.skipped(); }
    [[nodiscard]] std::vector<data::BadImage> incomplete() const { return loader_.incomplete(); }

private:
    const data::DataSet& data_set_;
    const ShardPlan& shards_;
    std::size_t outputs_;
    std::int64_t total_steps_;
    LoadingHooks hooks_;
    data::TrainLoader loader_;
    data::TrainSupply supply_;
    std::unique_ptr<data::BatchStream> stream_; ///< of a source, from the first step on
    std::int64_t step_ = 0;
    data::Batch batch_;                      ///< of images in memory: the rank's part of the step
    const data::Batch* delivered_ = nullptr; ///< of a source: the micro-batch in use

    [[nodiscard]] std::int64_t number_of(const Shard& shard) const;
    [[nodiscard]] ImageBatch part_of_batch(const Shard& shard) const;
};

} // namespace suite::train::detail
