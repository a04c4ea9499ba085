#include "suite/train/detail/step_images.hpp"

#include <algorithm>

namespace suite::train::detail {
namespace {

std::vector<data::ImageRange> ranges_of(const ShardPlan& shards) {
    std::vector<data::ImageRange> ranges;
    for (std::size_t i = shards.mine_begin; i < shards.mine_end; ++i) {
        ranges.push_back({.first = shards.all[i].first, .count = shards.all[i].count});
    }
    return ranges;
}

ImageBatch all_of(const data::Batch& batch) {
    return {.values = std::span(batch.images), .count = batch.count, .size = batch.size};
}

std::pmr::memory_resource* memory_of(const LoadingHooks& hooks) {
    return hooks.memory != nullptr ? hooks.memory : std::pmr::get_default_resource();
}

data::LoaderOptions with_policy(data::LoaderOptions options, data::BadImagePolicy policy) {
    options.on_bad_image = policy;
    return options;
}

} // namespace

data::LoaderOptions loader_options(const plan::RunConfig& config) {
    const plan::TrainConfig& train = config.train;
    const bool is_xray = train.augmentation == plan::Augmentation::xray;
    const bool is_dali = !is_xray && config.kind == plan::RunKind::pretrain;
    return {.seed = config.seed,
            .batch = train.batch,
            .micro_batch = train.micro_batch,
            .augmentation = train.augmentation,
            .augmentation_detail = train.augmentation_detail,
            .mean = train.mean,
            .std = train.std,
            .oversampling = train.oversampling && config.shots == 0,
            .side = config.data.set.image_size,
            .pipeline = is_xray ? data::Pipeline::xray : data::Pipeline::natural,
            .evaluation_crop = is_dali ? data::EvaluationCrop::centre : data::EvaluationCrop::squash,
            .filter = is_dali ? data::Filter::linear : data::Filter::triangle};
}

data::StreamOptions stream_options(const LoadingHooks& hooks, std::size_t images_per_batch) {
    const std::size_t per_batch = std::max<std::size_t>(images_per_batch, 1);
    const std::size_t ahead = (hooks.images_ahead + per_batch - 1) / per_batch;
    return {.workers = hooks.workers,
            .depth = static_cast<int>(std::max<std::size_t>(ahead, 2)) + 1,
            .memory = memory_of(hooks)};
}

StepImages::StepImages(const plan::RunConfig& config, const data::DataSet& data_set,
                       const std::vector<std::size_t>& subset, const ShardPlan& shards, std::size_t outputs,
                       const LoadingHooks& hooks)
    : data_set_(data_set),
      shards_(shards),
      outputs_(outputs),
      total_steps_(config.train.schedule.total_steps),
      hooks_(hooks),
      loader_(data_set.train, subset, with_policy(loader_options(config), hooks.on_bad_image)),
      supply_(loader_, ranges_of(shards)) {}

void StepImages::begin_step(std::int64_t step) {
    step_ = step;
    if (!data_set_.train.source) {
        loader_.load(step, shards_.first_image(), shards_.images(), batch_);
    } else if (!stream_) {
        const std::size_t largest = shards_.all[shards_.mine_begin].count;
        stream_ = std::make_unique<data::BatchStream>(supply_, supply_.number_of(step, 0),
                                                      supply_.number_of(total_steps_, 0),
                                                      stream_options(hooks_, largest));
    }
}

std::pmr::memory_resource* StepImages::memory() const {
    return memory_of(hooks_);
}

std::int64_t StepImages::number_of(const Shard& shard) const {
    return supply_.number_of(step_, shard.index - shards_.mine_begin);
}

ImageBatch StepImages::part_of_batch(const Shard& shard) const {
    const std::size_t image_size = batch_.images.size() / batch_.count;
    const std::size_t first = (shard.first - shards_.first_image()) * image_size;
    return {.values = std::span(batch_.images).subspan(first, shard.count * image_size),
            .count = shard.count,
            .size = batch_.size};
}

ImageBatch StepImages::images(const Shard& shard) {
    if (!stream_) {
        return part_of_batch(shard);
    }
    delivered_ = &stream_->wait(number_of(shard));
    return all_of(*delivered_);
}

ImageBatch StepImages::next_if_ready(const Shard& shard) {
    if (!stream_) {
        const std::size_t next = shard.index + 1;
        return next < shards_.mine_end ? part_of_batch(shards_.all[next]) : ImageBatch{};
    }
    const data::Batch* const ready = stream_->if_ready(number_of(shard) + 1);
    return ready == nullptr ? ImageBatch{} : all_of(*ready);
}

Targets StepImages::targets(const Shard& shard) const {
    const data::Batch& batch = stream_ ? *delivered_ : batch_;
    const std::size_t first = stream_ ? 0 : shard.first - shards_.first_image();
    const plan::Task task = data_set_.train.labels.task;
    if (task == plan::Task::multiclass) {
        return {task, std::span(batch.classes).subspan(first, shard.count), {}};
    }
    return {task, {}, std::span(batch.label_matrix).subspan(first * outputs_, shard.count * outputs_)};
}

void StepImages::done(const Shard& shard) {
    if (stream_) {
        delivered_ = nullptr;
        stream_->release(number_of(shard));
    }
}

} // namespace suite::train::detail
