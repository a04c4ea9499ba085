#include "suite/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "suite/base/clock.hpp"
#include "suite/base/error.hpp"
#include "suite/data/loading/loader.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/detail/training.hpp"
#include "suite/train/objective/loss.hpp"
#include "suite/train/schedule.hpp"
#include "suite/train/sharded_evaluation.hpp"
#include "suite/train/test_images.hpp"

namespace suite::train::detail {
namespace {

/// The images trained on, never empty.
std::vector<std::size_t> training_subset(const plan::RunConfig& config, const data::DataSet& data_set) {
    if (config.shots > 0) {
        return data::few_shot_subset(data_set.train.labels, config.shots, config.seed, config.few_shot_draw);
    }
    std::vector<std::size_t> all(data_set.train.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

/// "12: 0.693147, 13: nan"
std::string last_losses_text(const std::vector<LossPoint>& losses) {
    std::string text;
    for (std::size_t i = losses.size() > 5 ? losses.size() - 5 : 0; i < losses.size(); ++i) {
        text += fmt::format("{}{}: {:.6g}", text.empty() ? "" : ", ", losses[i].step, losses[i].loss);
    }
    return text;
}

[[noreturn]] void throw_numeric(std::string where, std::string found) {
    throw Error(ErrorKind::numeric, {std::move(where), std::move(found), "finite numbers",
                                     "lower the learning rate, or look at the data of that step"});
}

dist::Element wire_element(plan::WireFormat wire) {
    switch (wire) {
    case plan::WireFormat::bfloat16:
        return dist::Element::bfloat16;
    case plan::WireFormat::float16:
        return dist::Element::float16;
    case plan::WireFormat::float32:
        break;
    }
    return dist::Element::float32;
}

/// Pictures of published sets are large: no more of them at a time than a backward pass has room for.
std::size_t evaluation_batch(const plan::RunConfig& config, const data::Split& split) {
    const int batch = split.source ? std::min(config.train.evaluation_batch, config.train.micro_batch)
                                   : config.train.evaluation_batch;
    return static_cast<std::size_t>(std::max(batch, 1));
}

void check_ranks(const plan::RunConfig& config, int ranks) {
    FaultList faults;
    if (config.ranks != 0 && config.ranks != ranks) {
        faults.add({"ranks", fmt::format("{} ranks", ranks), fmt::format("the {} of the run", config.ranks),
                    "start as many ranks as the run was planned for"});
    }
    if (config.measured_buckets && config.bucket_bytes > 0) {
        faults.add({"bucket_bytes", fmt::format("{} and measured buckets", config.bucket_bytes),
                    "one of them", "leave one out"});
    }
    if (config.reduction == plan::ReductionMode::strict && config.wire != plan::WireFormat::float32) {
        faults.add({"wire", fmt::format("{} with strict reduction", plan::enum_name(config.wire)), "float32",
                    "take --reduction fast, or leave the wire format"});
    }
    faults.throw_if_any(ErrorKind::usage);
}

} // namespace

Training::Training(const plan::RunConfig& config, const data::DataSet& data_set, const TrainedWeights* parent,
                   const TrainContext& context, dist::Communicator& communicator)
    : config_(config),
      data_set_(data_set),
      context_(context),
      communicator_(communicator),
      outputs_(std::max(data_set.train.labels.outputs, config.outputs())),
      subset_(training_subset(config, data_set)),
      shards_(shard_plan(config.train.batch, config.train.micro_batch, communicator.size(),
                         communicator.rank(), config.reduction)),
      step_images_(config, data_set, subset_, shards_, outputs_, context.loading),
      mixed_(step_images_.memory()),
      engine_(context.make_engine ? context.make_engine(config, outputs_)
                                  : std::make_unique<Engine>(config, outputs_)),
      deferred_(communicator),
      shared_(shards_.all.size() + 2) {
    check_ranks(config, communicator.size());
    make_reducer(config.bucket_bytes);
    initialise(parent);
    if (context.measure) {
        engine_->set_pass_seconds(&pass_seconds_);
        step_times_.reserve(static_cast<std::size_t>(config.train.schedule.total_steps));
    }
}

/// This micro-batch first, unless it is on its way already, then the one behind it.
void Training::prefetch(const ImageBatch& images, const Shard& shard) {
    const ImageBatch next = step_images_.next_if_ready(shard);
    if (next.count > 0) {
        engine_->prefetch(images);
        engine_->prefetch(next);
    }
}

dist::Communicator& Training::reducing() const {
    return context_.gradient_communicator != nullptr ? *context_.gradient_communicator : communicator_;
}

void Training::make_reducer(std::size_t bucket_bytes) {
    reducer_.reset(); // one reducer listens to the engine at a time
    reducer_ = config_.reduction == plan::ReductionMode::strict
                   ? make_tree_reducer(engine_->gradients(), reducing())
                   : make_bucket_reducer(engine_->gradients(), reducing(),
                                         {.bucket_bytes = bucket_bytes, .wire = wire_element(config_.wire)});
    if (context_.measure) {
        reducer_->measure();
    }
}

/// Forward and backward of one micro-batch. Its gradient counts by its images (paper.md#fine-tuning-recipe).
void Training::pass(const Shard& shard, double lambda) {
    ImageBatch images;
    {
        const Stopwatch watch(sink(step_time_.data));
        images = step_images_.images(shard);
    }
    MixUp mixup{.lambda = lambda, .partner = {}};
    if (config_.train.mixup_alpha > 0.0) {
        mixup.partner = mixup_partners(shard.count, config_.seed, state_.step, shard.index);
        mixed_.resize(images.values.size());
        mix_images(images.values, images.values.size() / images.count, mixup, mixed_);
        images.values = mixed_;
    } else {
        prefetch(images, shard);
    }
    const double weight = static_cast<double>(shard.count) / static_cast<double>(config_.train.batch);
    shared_[shard.index] = engine_->forward_backward(images, step_images_.targets(shard), mixup, weight);
    engine_->done_with(images);
    step_images_.done(shard);
}

/// This rank's micro-batches.
void Training::compute(double lambda) {
    deferred_.run([&] {
        const Stopwatch watch(sink(step_time_.data));
        step_images_.begin_step(state_.step);
    });
    deferred_.run([&] {
        const Stopwatch watch(sink(step_time_.optimiser));
        engine_->begin_step();
    });
    std::ranges::fill(shared_, 0.0);
    deferred_.note(reducer_->run_passes(deferred_.has_failed() ? 0 : shards_.mine(), [&](std::size_t i) {
        pass(shards_.all[shards_.mine_begin + i], lambda);
    }));
}

/// The step's loss: each shard's was computed by one rank, and is added to zeros of the others; then all are
/// added in their order. Stop requests and failures travel along.
double Training::share_losses() {
    const std::span<double> losses = std::span(shared_).first(shards_.all.size());
    double& stops = shared_[losses.size()];
    double& failures = shared_[losses.size() + 1];
    if (communicator_.size() > 1 && context_.stop_requested) {
        deferred_.run([&] { stops = context_.stop_requested() ? 1.0 : 0.0; });
    }
    failures = deferred_.has_failed() ? 1.0 : 0.0;
    dist::Request request = communicator_.start_all_reduce(dist::buffer(shared_), dist::Reduction::sum);
    reducer_->finish();
    {
        const Stopwatch watch(sink(step_time_.exposed_communication));
        request.wait();
    }
    if (failures > 0.0) {
        deferred_.agree();
    }
    stop_agreed_ = stops > 0.0;
    return std::accumulate(losses.begin(), losses.end(), 0.0);
}

void Training::update(double loss) {
    const double lr = learning_rate(config_.train.schedule, state_.step);
    state_.losses.push_back({state_.step, loss, lr});
    if (!std::isfinite(loss)) {
        throw_numeric(fmt::format("training step {}", state_.step),
                      "losses " + last_losses_text(state_.losses));
    }
    const Stopwatch watch(sink(step_time_.optimiser));
    engine_->apply(lr, state_.step);
    state_.images_seen += config_.train.batch;
    ++state_.step;
}

/// At the first step, and before each comparison of weights.
bool Training::judges_wire() const {
    const std::int64_t done = state_.step + 1;
    const std::int64_t every = context_.compare_interval_steps;
    return communicator_.size() > 1 &&
           (done == 1 || done == config_.train.schedule.total_steps || (every > 0 && done % every == 0));
}

void Training::record_wire_errors() {
    for (const double error : reducer_->report().wire_errors) {
        if (!wire_error_ || error > *wire_error_ || std::isnan(error)) {
            wire_error_ = error;
        }
    }
}

void Training::step() {
    communicator_.set_phase("train", state_.step);
    if (context_.gradient_communicator != nullptr) {
        context_.gradient_communicator->set_phase("train", state_.step);
    }
    double whole_seconds = 0.0;
    {
        const Stopwatch watch(sink(whole_seconds));
        reducer_->report_wire_errors(judges_wire());
        const double alpha = config_.train.mixup_alpha;
        compute(alpha > 0.0 ? mixup_lambda(alpha, config_.seed, state_.step) : 1.0);
        update(share_losses());
    }
    record_wire_errors();
    if (context_.measure) {
        record_times(whole_seconds);
    }
}

void Training::record_times(double whole_seconds) {
    const ReductionReport& report = reducer_->report();
    step_time_.forward = pass_seconds_.forward;
    step_time_.backward = pass_seconds_.backward - report.overlapped_seconds;
    step_time_.overlapped = report.overlapped_seconds;
    step_time_.exposed_communication += report.exposed_seconds;
    step_time_.optimiser += report.finish_seconds;
    step_time_.whole = whole_seconds;
    step_times_.push_back(std::exchange(step_time_, {}));
    pass_seconds_ = {};
}

bool Training::must_stop() const {
    // One rank asks itself at once; many have asked each other in the step before.
    return communicator_.size() > 1 ? stop_agreed_ : context_.stop_requested && context_.stop_requested();
}

void Training::run() {
    started_seconds_ = saved_seconds_ = monotonic_seconds();
    const std::int64_t total = config_.train.schedule.total_steps;
    const std::int64_t every = context_.compare_interval_steps;
    while (state_.step < total) {
        if (must_stop()) {
            stop();
        }
        step();
        if (every > 0 && state_.step % every == 0) {
            compare_weights();
        }
        deferred_.run([&] {
            if (context_.progress) {
                context_.progress(state_.step, total, state_.losses.back().loss);
            }
            save_if_due();
        });
    }
    state_.train_seconds += monotonic_seconds() - started_seconds_;
    deferred_.agree();
    compare_weights();
}

/// The test split without augmentation (paper.md#fine-tuning-recipe: the last evaluation counts), and the
/// rest.
TrainResult Training::finish() {
    TrainResult result;
    step_images_.end();
    const double began = monotonic_seconds();
    result.predictions =
        evaluate_split(*engine_, data_set_.test, loader_options(config_),
                       evaluation_batch(config_, data_set_.test), outputs_, communicator_, context_.loading);
    if (!std::ranges::all_of(result.predictions.scores, [](float score) { return std::isfinite(score); })) {
        throw_numeric("evaluation", "a score that is not finite; losses " + last_losses_text(state_.losses));
    }
    result.evaluation_seconds = monotonic_seconds() - began;
    result.parameters = engine_->layout().parameters;
    result.weights = take_weights();
    result.weights_hash = engine_->weights_hash();
    result.bucket_bytes = communicator_.size() > 1 ? reducer_->bucket_bytes() : 0;
    result.wire_error = wire_error_;
    result.step_times = gather_times();
    result.train_seconds = state_.train_seconds;
    result.images_seen = state_.images_seen;
    result.skipped_images = images_of_all_ranks(step_images_.skipped(), data_set_.train, communicator_);
    result.incomplete_images = images_of_all_ranks(step_images_.incomplete(), data_set_.train, communicator_);
    result.losses = std::move(state_.losses);
    return result;
}

} // namespace suite::train::detail

namespace suite::train {

TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                         const TrainedWeights* parent, const TrainContext& context) {
    const std::unique_ptr<dist::Communicator> single = dist::make_single();
    return run_training(config, data_set, parent, context, *single);
}

TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                         const TrainedWeights* parent, const TrainContext& context,
                         dist::Communicator& communicator) {
    communicator.set_phase("prepare");
    std::unique_ptr<detail::Training> training;
    dist::run_collectively(communicator, [&] {
        training = std::make_unique<detail::Training>(config, data_set, parent, context, communicator);
    });
    training->share_start();
    training->run();
    return training->finish();
}

} // namespace suite::train
