#include "suite/train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/loader.hpp"
#include "suite/kernels/optimizer.hpp"
#include "suite/train/initialise.hpp"
#include "suite/train/loss.hpp"
#include "suite/train/network.hpp"
#include "suite/train/schedule.hpp"

namespace suite::train {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

data::LoaderOptions loader_options(const plan::RunConfig& config) {
    const plan::TrainConfig& train = config.train;
    return {.seed = config.seed,
            .batch = train.batch,
            .micro_batch = train.micro_batch,
            .augmentation = train.augmentation,
            .augmentation_detail = train.augmentation_detail,
            .mean = train.mean,
            .std = train.std,
            .oversampling = train.oversampling && config.shots == 0};
}

/// The images trained on, never empty.
std::vector<std::size_t> training_subset(const plan::RunConfig& config, const data::DataSet& data_set) {
    if (config.shots > 0) {
        return data::few_shot_subset(data_set.train.labels, config.shots, config.seed, config.few_shot_draw);
    }
    std::vector<std::size_t> all(data_set.train.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::vector<kernels::ParameterRows> parameter_rows(const NetworkLayout& layout) {
    std::vector<kernels::ParameterRows> rows;
    for (const ParameterSpec& tensor : layout.tensors) {
        rows.push_back({.offset = tensor.offset,
                        .rows = tensor.rows(),
                        .row_length = tensor.elements() / tensor.rows(),
                        .clipped = tensor.role != ParameterRole::head_weight});
    }
    return rows;
}

kernels::SgdSettings sgd_settings(const plan::TrainConfig& train) {
    return {.momentum = static_cast<float>(train.momentum),
            .nesterov = train.nesterov,
            .weight_decay = static_cast<float>(train.weight_decay),
            .adaptive_clip = train.optimizer == plan::OptimizerKind::sgd_agc,
            .clip = static_cast<float>(train.agc_clip),
            .epsilon = static_cast<float>(train.agc_epsilon)};
}

void check_batches(const plan::TrainConfig& train) {
    if (train.batch < 1 || train.micro_batch < 1 || train.batch % train.micro_batch != 0) {
        throw Error(ErrorKind::usage,
                    {"train.batch, micro_batch", fmt::format("{}, {}", train.batch, train.micro_batch),
                     "a batch of whole micro-batches", "choose a micro_batch that divides batch"});
    }
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

/// One run's training state; every buffer is made once.
class Training {
public:
    Training(const plan::RunConfig& config, const data::DataSet& data_set, const TrainedWeights* parent);

    void run(const TrainHooks& hooks);
    [[nodiscard]] TrainResult finish();

private:
    const plan::RunConfig& config_;
    const data::DataSet& data_set_;
    std::size_t outputs_;
    std::vector<std::size_t> subset_;
    Network network_;
    data::TrainLoader loader_;
    std::vector<kernels::ParameterRows> rows_;
    kernels::SgdSettings settings_;
    std::vector<float> momentum_;
    data::Batch batch_;
    std::vector<float> mixed_;
    std::vector<float> logits_;
    std::vector<float> logit_gradient_;
    TrainResult result_;

    void step(std::int64_t step);
    [[nodiscard]] double micro_batch(std::int64_t step, std::size_t micro, double lambda);
    [[nodiscard]] Targets targets(std::size_t first, std::size_t count) const;
    void evaluate();
    [[nodiscard]] TrainedWeights take_weights();
};

Training::Training(const plan::RunConfig& config, const data::DataSet& data_set, const TrainedWeights* parent)
    : config_(config),
      data_set_(data_set),
      outputs_(std::max(data_set.train.labels.outputs, config.outputs())),
      subset_(training_subset(config, data_set)),
      network_(config.network, outputs_),
      loader_(data_set.train, subset_, loader_options(config)),
      rows_(parameter_rows(network_.layout())),
      settings_(sgd_settings(config.train)),
      momentum_(network_.weights().size(), 0.0F) {
    check_batches(config.train);
    if (parent != nullptr) {
        copy_backbone(network_.layout(), *parent, network_.weights());
    } else {
        initialise_backbone(network_.layout(), config.seed, network_.weights());
    }
    initialise_head(network_.layout(), config.seed, config.train.head_init, data_set.train.labels, subset_,
                    network_.weights());
    const std::size_t micro_logits = static_cast<std::size_t>(config.train.micro_batch) * outputs_;
    logits_.resize(micro_logits);
    logit_gradient_.resize(micro_logits);
}

Targets Training::targets(std::size_t first, std::size_t count) const {
    const plan::Task task = data_set_.train.labels.task;
    if (task == plan::Task::multiclass) {
        return {task, std::span(batch_.classes).subspan(first, count), {}};
    }
    return {task, {}, std::span(batch_.label_matrix).subspan(first * outputs_, count * outputs_)};
}

/// Forward and backward of one micro-batch; its loss. The gradient counts 1 / split (cherti-jitsev.md 3.1).
double Training::micro_batch(std::int64_t step, std::size_t micro, double lambda) {
    const auto count = static_cast<std::size_t>(config_.train.micro_batch);
    const std::size_t image_size = batch_.images.size() / batch_.count;
    std::span<const float> images =
        std::span(batch_.images).subspan(micro * count * image_size, count * image_size);
    MixUp mixup{.lambda = lambda, .partner = {}};
    if (config_.train.mixup_alpha > 0.0) {
        mixup.partner = mixup_partners(count, config_.seed, step, micro);
        mixed_.resize(images.size());
        mix_images(images, image_size, mixup, mixed_);
        images = mixed_;
    }
    network_.forward({images, count, batch_.size}, Pass::training, logits_);
    const double weight = static_cast<double>(count) / static_cast<double>(batch_.count);
    const double loss =
        loss_and_gradient(logits_, outputs_, targets(micro * count, count), mixup, weight, logit_gradient_);
    network_.backward(logit_gradient_);
    return loss * weight;
}

void Training::step(std::int64_t step) {
    loader_.load(step, batch_);
    const double lambda =
        config_.train.mixup_alpha > 0.0 ? mixup_lambda(config_.train.mixup_alpha, config_.seed, step) : 1.0;
    network_.weights_changed();
    network_.clear_gradients();
    double loss = 0.0;
    for (std::size_t micro = 0; micro < batch_.count / static_cast<std::size_t>(config_.train.micro_batch);
         ++micro) {
        loss += micro_batch(step, micro, lambda);
    }
    const double lr = learning_rate(config_.train.schedule, step);
    result_.losses.push_back({step, loss, lr});
    if (!std::isfinite(loss)) {
        throw_numeric(fmt::format("training step {}", step), "losses " + last_losses_text(result_.losses));
    }
    network_.finish_gradients();
    settings_.learning_rate = static_cast<float>(lr);
    kernels::sgd_step(network_.weights(), network_.gradients(), momentum_, rows_, settings_);
    result_.images_seen += static_cast<std::int64_t>(batch_.count);
}

void Training::run(const TrainHooks& hooks) {
    const auto start = SteadyClock::now();
    const std::int64_t total = config_.train.schedule.total_steps;
    for (std::int64_t i = 0; i < total; ++i) {
        if (hooks.stop_requested && hooks.stop_requested()) {
            throw Error(ErrorKind::interrupted, {fmt::format("training step {} of {}", i, total),
                                                 "a request to stop", "", "run the same command again"});
        }
        step(i);
        if (hooks.progress) {
            hooks.progress(i + 1, total);
        }
    }
    result_.train_seconds = seconds_since(start);
}

/// Every test sample once, in order, without augmentation (cherti-jitsev.md 3.1: the last evaluation counts).
void Training::evaluate() {
    const auto start = SteadyClock::now();
    const data::Split& test = data_set_.test;
    Predictions& out = result_.predictions;
    out = {test.size(), outputs_, std::vector<float>(test.size() * outputs_), test.labels.classes,
           test.labels.matrix};
    network_.weights_changed();
    const auto step = static_cast<std::size_t>(std::max(config_.train.evaluation_batch, 1));
    for (std::size_t first = 0; first < test.size(); first += step) {
        const std::size_t count = std::min(step, test.size() - first);
        data::load_evaluation(test, loader_options(config_), first, count, batch_);
        network_.forward({std::span(batch_.images), count, batch_.size}, Pass::inference,
                         std::span(out.scores).subspan(first * outputs_, count * outputs_));
    }
    if (!std::ranges::all_of(out.scores, [](float score) { return std::isfinite(score); })) {
        throw_numeric("evaluation", "a score that is not finite; losses " + last_losses_text(result_.losses));
    }
    result_.evaluation_seconds = seconds_since(start);
}

TrainedWeights Training::take_weights() {
    TrainedWeights weights;
    for (const ParameterSpec& tensor : network_.layout().tensors) {
        weights.tensors.push_back({tensor.name, tensor.shape, tensor.offset});
    }
    const auto values = network_.weights();
    weights.values.assign(values.begin(), values.end());
    weights.momentum = std::move(momentum_);
    weights.step = config_.train.schedule.total_steps;
    return weights;
}

TrainResult Training::finish() {
    evaluate();
    result_.parameters = network_.layout().parameters;
    result_.weights = take_weights();
    return std::move(result_);
}

} // namespace

TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                         const TrainedWeights* parent, const TrainHooks& hooks) {
    Training training(config, data_set, parent);
    training.run(hooks);
    return training.finish();
}

} // namespace suite::train
