// How a training begins, is saved, stops, and how ranks keep the same state.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/clock.hpp"
#include "suite/base/error.hpp"
#include "suite/train/detail/training.hpp"
#include "suite/train/initialise.hpp"
#include "suite/train/save_interval.hpp"
#include "suite/train/schedule.hpp"

namespace suite::train::detail {
namespace {

/// All of an engine, as it stands.
std::vector<NamedArena> engine_arenas(const Engine& engine) {
    std::vector<NamedArena> arenas;
    for (const std::string& name : engine.arenas()) {
        arenas.push_back({name, engine.read(name)});
    }
    return arenas;
}

/// "151834 weights, 151834 momentum"
std::string arenas_text(const std::vector<NamedArena>& arenas) {
    std::vector<std::string> texts;
    for (const NamedArena& arena : arenas) {
        texts.push_back(fmt::format("{} {}", arena.values.size(), arena.name));
    }
    return texts.empty() ? "no numbers" : fmt::format("{}", fmt::join(texts, ", "));
}

} // namespace

void Training::initialise(const TrainedWeights* parent) {
    const plan::NetworkLayout& layout = engine_->layout();
    std::vector<float> weights(layout.parameters);
    if (context_.resume != nullptr) {
        return resume();
    }
    if (parent != nullptr) {
        copy_backbone(layout, *parent, weights);
    } else {
        initialise_backbone(layout, config_.seed, weights);
    }
    initialise_head(layout, config_.seed, config_.train.head_init, data_set_.train.labels, subset_, weights);
    engine_->write("weights", weights);
    if (const NamedArena* buffers = parent == nullptr ? nullptr : find_arena(parent->arenas, "buffers");
        buffers != nullptr && layout.buffer_elements == buffers->values.size()) {
        engine_->write("buffers", buffers->values);
    }
}

void Training::resume() {
    const TrainingState& from = *context_.resume;
    const auto steps = static_cast<std::size_t>(std::max<std::int64_t>(from.step, 0));
    const std::string wanted = arenas_text(engine_arenas(*engine_));
    if (arenas_text(from.arenas) != wanted || from.losses.size() != steps ||
        from.step > config_.train.schedule.total_steps) {
        throw Error(ErrorKind::weights, {"state to resume from",
                                         fmt::format("step {} with {} losses, {}", from.step,
                                                     from.losses.size(), arenas_text(from.arenas)),
                                         fmt::format("at most {} steps with a loss each, {}",
                                                     config_.train.schedule.total_steps, wanted),
                                         "remove it: the run then starts anew"});
    }
    for (const NamedArena& arena : from.arenas) {
        engine_->write(arena.name, arena.values);
    }
    resume_loss_scale(from);
    state_.step = from.step;
    state_.losses = from.losses;
    state_.images_seen = from.images_seen;
    state_.train_seconds = from.train_seconds;
}

void Training::resume_loss_scale(const TrainingState& from) {
    const auto text = [](bool has_one) { return has_one ? "a scale of the loss" : "no scale of the loss"; };
    const bool wanted = engine_->loss_scale().has_value();
    if (from.loss_scale.has_value() != wanted) {
        throw Error(ErrorKind::weights, {"state to resume from", text(from.loss_scale.has_value()),
                                         text(wanted), "remove it: the run then starts anew"});
    }
    if (wanted) {
        engine_->set_loss_scale(*from.loss_scale);
    }
}

void Training::share_loss_scale() {
    const std::optional<LossScaleState> mine = engine_->loss_scale();
    if (!mine) {
        return; // equal precision on all ranks, so none of them has one
    }
    // Exact in doubles: the scale is a power of two, the counts are of steps.
    std::array<double, 3> values{mine->scale, static_cast<double>(mine->good_steps),
                                 static_cast<double>(mine->skipped)};
    communicator_.broadcast(dist::buffer(std::span(values)), 0);
    engine_->set_loss_scale({.scale = static_cast<float>(values[0]),
                             .good_steps = static_cast<std::int64_t>(values[1]),
                             .skipped = static_cast<std::int64_t>(values[2])});
}

/// Every rank begins with what rank 0 has.
void Training::share_start() {
    if (communicator_.size() == 1) {
        return;
    }
    communicator_.set_phase("share the start");
    std::array<std::int64_t, 2> counts{state_.step, state_.images_seen};
    communicator_.broadcast(dist::buffer(std::span(counts)), 0);
    state_.step = counts[0];
    state_.images_seen = counts[1];
    std::vector<double> losses(static_cast<std::size_t>(state_.step));
    std::ranges::transform(state_.losses, losses.begin(), &LossPoint::loss);
    communicator_.broadcast(dist::buffer(std::span(losses)), 0);
    state_.losses.clear();
    for (std::int64_t i = 0; i < state_.step; ++i) {
        state_.losses.push_back(
            {i, losses[static_cast<std::size_t>(i)], learning_rate(config_.train.schedule, i)});
    }
    for (const std::string& arena : engine_->arenas()) {
        std::vector<float> values = engine_->read(arena);
        communicator_.broadcast(dist::buffer(std::span(values)), 0);
        engine_->write(arena, values);
    }
    share_loss_scale();
    if (config_.measured_buckets && config_.reduction == plan::ReductionMode::fast) {
        communicator_.set_phase("measure buckets");
        const std::size_t bucket_bytes = measured_bucket_bytes(reducing(), engine_->gradients().buffer());
        deferred_.run([&] { make_reducer(bucket_bytes); });
        deferred_.agree();
    }
}

void Training::stop() {
    if (context_.save && is_first_rank() && state_.step > 0) {
        deferred_.run([&] { save(); });
    }
    deferred_.agree();
    throw Error(ErrorKind::interrupted,
                {fmt::format("training step {} of {}", state_.step, config_.train.schedule.total_steps),
                 "a request to stop", "", "run the same command again"});
}

void Training::save() {
    const double began = monotonic_seconds();
    TrainingState state = state_;
    state.arenas = engine_arenas(*engine_);
    state.loss_scale = engine_->loss_scale();
    state.train_seconds += began - started_seconds_;
    context_.save(state);
    saved_seconds_ = monotonic_seconds();
    save_cost_seconds_ = saved_seconds_ - began;
}

void Training::save_if_due() {
    if (!context_.save || !is_first_rank()) {
        return;
    }
    const double interval = context_.save_interval_seconds >= 0.0
                                ? context_.save_interval_seconds
                                : save_interval_seconds(save_cost_seconds_, communicator_.size());
    if (monotonic_seconds() - saved_seconds_ >= interval) {
        save();
    }
}

/// All ranks see all hashes, so all throw or none.
void Training::compare_weights() {
    if (communicator_.size() == 1) {
        return;
    }
    std::uint64_t mine = engine_->weights_hash();
    std::vector<std::uint64_t> all(static_cast<std::size_t>(communicator_.size()));
    communicator_.all_gather(dist::buffer(std::span(&mine, 1)), dist::buffer(std::span(all)));
    const std::uint64_t usual =
        *std::ranges::max_element(all, {}, [&](std::uint64_t hash) { return std::ranges::count(all, hash); });
    std::vector<std::size_t> odd;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
        if (all[rank] != usual) {
            odd.push_back(rank);
        }
    }
    if (!odd.empty()) {
        throw Error(
            ErrorKind::corruption,
            {fmt::format("weights after training step {}", state_.step),
             fmt::format("other weights on rank {} (hash {:016x} on most)", fmt::join(odd, ", "), usual),
             "the same weights on every rank",
             "run again; when it comes back, test the memory of that rank's machine"});
    }
}

TrainedWeights Training::take_weights() {
    TrainedWeights weights;
    for (const plan::ParameterSpec& tensor : engine_->layout().tensors) {
        weights.tensors.push_back({tensor.name, tensor.shape, tensor.offset});
    }
    weights.arenas = engine_arenas(*engine_);
    weights.values = std::move(weights.arenas.front().values);
    weights.arenas.erase(weights.arenas.begin());
    weights.step = state_.step;
    return weights;
}

StepTimes Training::gather_times() {
    constexpr std::size_t fields = sizeof(StepTime) / sizeof(double);
    StepTimes times;
    if (!context_.measure) {
        return times;
    }
    times.ranks = communicator_.size();
    const auto ranks = static_cast<std::size_t>(times.ranks);
    std::vector<StepTime> by_rank(step_times_.size() * ranks);
    communicator_.all_gather({step_times_.data(), step_times_.size() * fields, dist::Element::float64},
                             {by_rank.data(), by_rank.size() * fields, dist::Element::float64});
    for (std::size_t i = 0; i < by_rank.size(); ++i) {
        times.values.push_back(by_rank[i % ranks * step_times_.size() + i / ranks]);
    }
    return times;
}

} // namespace suite::train::detail
