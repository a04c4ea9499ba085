#include "suite/train/device_engine.hpp"

#include <cassert>
#include <cmath>
#include <limits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/train/detail/device_runtime.hpp"
#include "suite/train/detail/device_tensors.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/optimizer_rows.hpp"
#include "suite/train/precision.hpp"

namespace suite::train {
namespace {

using detail::buffer_of;
using detail::DeviceRuntime;
using detail::element_of;
using detail::host_view;

kernels::device::SgdConstants sgd_constants(const plan::TrainConfig& train) {
    const kernels::SgdSettings settings = sgd_settings(train);
    return {.momentum = settings.momentum,
            .weight_decay = settings.weight_decay,
            .clip = settings.clip,
            .epsilon = settings.epsilon,
            .nesterov = settings.nesterov,
            .adaptive_clip = settings.adaptive_clip};
}

class DeviceEngine final : public Engine {
public:
    DeviceEngine(const plan::RunConfig& config, std::size_t outputs, const DeviceOptions& options,
                 std::unique_ptr<DeviceRuntime> runtime);

    [[nodiscard]] const NetworkLayout& layout() const noexcept override { return network_.layout(); }
    void write_weights(std::span<const float> values) override { write(values, weights_); }
    void read_weights(std::span<float> values) const override { read(weights_, values); }
    void write_momentum(std::span<const float> values) override { write(values, momentum_); }
    void read_momentum(std::span<float> values) const override { read(momentum_, values); }
    [[nodiscard]] std::optional<LossScaleState> loss_scale() const override;
    void set_loss_scale(const LossScaleState& state) override;
    [[nodiscard]] std::uint64_t weights_hash() const override;

    void begin_step() override;
    void prefetch(const ImageBatch& images) override { runtime_->prefetch(images.values); }
    void done_with(const ImageBatch& images) override { runtime_->done_with(images.values); }
    [[nodiscard]] double forward_backward(const ImageBatch& images, const Targets& targets,
                                          const MixUp& mixup, double weight) override;
    void set_gradient_listener(GradientListener listener) override { listener_ = std::move(listener); }

    [[nodiscard]] dist::Buffer gradients() override { return buffer_of(gradients_); }
    void push_gradients() override;
    void pop_gradients() override;
    [[nodiscard]] dist::Buffer exchange_room(std::size_t count) override;
    void add_exchanged(std::size_t offset, std::size_t count) override;
    [[nodiscard]] dist::Buffer to_wire(std::size_t offset, std::size_t count, dist::Element wire) override;
    void from_wire(std::size_t offset, std::size_t count, dist::Element wire) override;
    [[nodiscard]] dist::Buffer keep_copy(std::size_t offset, std::size_t count) override;
    [[nodiscard]] double distance_to_copy(std::size_t offset, std::size_t count) override;

    void finish_gradients(std::size_t offset, std::size_t count) override {
        const c10::InferenceMode no_graph;
        network_.finish_gradients(offset, count);
    }
    void apply(double learning_rate) override;
    void infer(const ImageBatch& images, std::span<float> logits) override;
    void begin_inference() override {
        const c10::InferenceMode no_graph;
        network_.weights_changed();
    }

private:
    std::unique_ptr<DeviceRuntime> runtime_;
    std::size_t outputs_;
    bool capture_graphs_;
    detail::DeviceNetwork network_;
    at::Tensor weights_;
    at::Tensor gradients_;
    at::Tensor momentum_;
    kernels::device::SgdConstants sgd_;
    std::optional<LossScale> loss_scale_; ///< float16 only
    CapturePolicy captures_;
    GradientListener listener_;

    // Inputs and outputs of a pass, at places that stay: a captured graph reads and writes them.
    at::Tensor images_;
    detail::DeviceTargets targets_;
    at::Tensor scalars_; ///< lambda of MixUp, factor on the gradient
    at::Tensor loss_;
    at::Tensor step_; ///< learning rate, factor on the gradients

    std::vector<at::Tensor> stack_;
    std::size_t stacked_ = 0;
    at::Tensor room_;
    at::Tensor wire_;
    at::Tensor copy_;

    [[nodiscard]] float scale() const { return loss_scale_ ? loss_scale_->scale() : 1.0F; }
    static void write(std::span<const float> values, at::Tensor& arena);
    static void read(const at::Tensor& arena, std::span<float> values);
    [[nodiscard]] at::Tensor slice(const at::Tensor& arena, std::size_t offset, std::size_t count) const;
    [[nodiscard]] const at::Tensor& wire(dist::Element element);
    void put(std::span<const float> values, std::vector<std::int64_t> shape, at::Tensor& room);
    void put(std::span<const std::int64_t> values, at::Tensor& room);
    void put_inputs(const ImageBatch& images, const Targets& targets, const MixUp& mixup, double weight);
    void forward_pass();
    void backward_pass();
    void run_pass(const PassShape& shape);

    at::Tensor logit_gradient_; ///< between forward_pass() and backward_pass()
};

DeviceEngine::DeviceEngine(const plan::RunConfig& config, std::size_t outputs, const DeviceOptions& options,
                           std::unique_ptr<DeviceRuntime> runtime)
    : runtime_(std::move(runtime)),
      outputs_(outputs),
      capture_graphs_(options.capture_graphs),
      network_([&] {
          const c10::InferenceMode no_graph;
          return detail::DeviceNetwork(config.network, outputs, runtime_->device(),
                                       element_of(options.precision), runtime_->kernels());
      }()),
      weights_(network_.weights()),
      gradients_(network_.gradients()),
      sgd_(sgd_constants(config.train)) {
    const c10::InferenceMode no_graph;
    momentum_ = at::zeros_like(weights_);
    scalars_ = at::empty({2}, weights_.options());
    step_ = at::empty({2}, weights_.options());
    loss_ = at::empty({}, weights_.options());
    if (options.precision == Precision::float16) {
        loss_scale_.emplace(options.loss_scale);
    }
    runtime_->allow_tf32(options.precision == Precision::tf32);
}

void DeviceEngine::write(std::span<const float> values, at::Tensor& arena) {
    const c10::InferenceMode no_graph;
    assert(static_cast<std::int64_t>(values.size()) == arena.numel());
    arena.copy_(host_view(values));
}

void DeviceEngine::read(const at::Tensor& arena, std::span<float> values) {
    const c10::InferenceMode no_graph;
    assert(static_cast<std::int64_t>(values.size()) == arena.numel());
    host_view(values).copy_(arena);
}

std::uint64_t DeviceEngine::weights_hash() const {
    std::vector<float> values(static_cast<std::size_t>(weights_.numel()));
    read_weights(values);
    return hash64(std::as_bytes(std::span(values)));
}

std::optional<LossScaleState> DeviceEngine::loss_scale() const {
    return loss_scale_ ? std::optional(loss_scale_->state()) : std::nullopt;
}

void DeviceEngine::set_loss_scale(const LossScaleState& state) {
    assert(loss_scale_);
    if (!loss_scale_->is_possible(state)) {
        throw Error(ErrorKind::weights, {"scale of the loss",
                                         fmt::format("{} after {} good steps, {} left out", state.scale,
                                                     state.good_steps, state.skipped),
                                         "a power of two, and counts that float16 comes to",
                                         "remove the saved state: the run then starts anew"});
    }
    loss_scale_->set_state(state);
}

void DeviceEngine::begin_step() {
    const c10::InferenceMode no_graph;
    network_.weights_changed();
    gradients_.zero_();
}

// ---------------------------------------------------------------- one micro-batch

void DeviceEngine::put(std::span<const float> values, std::vector<std::int64_t> shape, at::Tensor& room) {
    if (!room.defined() || room.sizes() != at::IntArrayRef(shape)) {
        room = at::empty(shape, weights_.options());
    }
    runtime_->upload(values, room);
}

void DeviceEngine::put(std::span<const std::int64_t> values, at::Tensor& room) {
    const auto count = static_cast<std::int64_t>(values.size());
    if (!room.defined() || room.numel() != count) {
        room = at::empty({count}, weights_.options().dtype(at::kLong));
    }
    room.copy_(
        at::from_blob(const_cast<std::int64_t*>(values.data()), {count}, at::TensorOptions(at::kLong)));
}

void DeviceEngine::put_inputs(const ImageBatch& images, const Targets& targets, const MixUp& mixup,
                              double weight) {
    const auto count = static_cast<std::int64_t>(images.count);
    put(images.values, {count, 3, images.size, images.width == 0 ? images.size : images.width}, images_);
    if (targets.task == plan::Task::multiclass) {
        put(targets.classes, targets_.classes);
        targets_.labels.reset();
    } else {
        put(targets.labels, {count, static_cast<std::int64_t>(outputs_)}, targets_.labels);
        targets_.classes.reset();
    }
    if (mixup.partner.empty()) {
        targets_.partner.reset();
    } else {
        const std::vector<std::int64_t> partner(mixup.partner.begin(), mixup.partner.end());
        put(partner, targets_.partner);
    }
    const float values[2] = {static_cast<float>(mixup.lambda), static_cast<float>(weight) * scale()};
    scalars_.copy_(host_view(values));
}

void DeviceEngine::forward_pass() {
    const at::Tensor logits = network_.forward(images_, Pass::training);
    const detail::DeviceLoss loss = detail::device_loss(logits, targets_, scalars_[0], scalars_[1]);
    loss_.copy_(loss.loss);
    logit_gradient_ = loss.gradient;
}

void DeviceEngine::backward_pass() {
    network_.backward(std::exchange(logit_gradient_, {}), listener_);
}

void DeviceEngine::run_pass(const PassShape& shape) {
    PassSeconds* seconds = pass_seconds();
    const auto decision = captures_.next(shape, {.device_captures = runtime_->captures_graphs(),
                                                 .wanted = capture_graphs_,
                                                 .listened = static_cast<bool>(listener_),
                                                 .measured = seconds != nullptr});
    switch (decision.action) {
    case CapturePolicy::Action::capture:
        runtime_->capture([&] {
            forward_pass();
            backward_pass();
        });
        [[fallthrough]]; // capturing only writes down
    case CapturePolicy::Action::replay:
        runtime_->replay();
        return;
    case CapturePolicy::Action::eager:
        break;
    }
    {
        const detail::Stopwatch watch(seconds != nullptr ? &seconds->forward : nullptr);
        forward_pass();
        if (seconds != nullptr) {
            runtime_->synchronise();
        }
    }
    const detail::Stopwatch watch(seconds != nullptr ? &seconds->backward : nullptr);
    backward_pass();
    if (seconds != nullptr) {
        runtime_->synchronise();
    }
}

double DeviceEngine::forward_backward(const ImageBatch& images, const Targets& targets, const MixUp& mixup,
                                      double weight) {
    const c10::InferenceMode no_graph;
    put_inputs(images, targets, mixup, weight);
    run_pass({.images = static_cast<std::int64_t>(images.count),
              .size = images.size,
              .width = images.width,
              .mixed = !mixup.partner.empty()});
    return static_cast<double>(loss_.item<float>()) * weight; // waits for the device
}

// ---------------------------------------------------------------- gradients

at::Tensor DeviceEngine::slice(const at::Tensor& arena, std::size_t offset, std::size_t count) const {
    return arena.narrow(0, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(count));
}

void DeviceEngine::push_gradients() {
    const c10::InferenceMode no_graph;
    if (stacked_ == stack_.size()) {
        stack_.push_back(at::empty_like(gradients_));
    }
    stack_[stacked_++].copy_(gradients_);
    gradients_.zero_();
}

void DeviceEngine::pop_gradients() {
    const c10::InferenceMode no_graph;
    assert(stacked_ > 0);
    gradients_.add_(stack_[--stacked_]);
}

dist::Buffer DeviceEngine::exchange_room(std::size_t count) {
    const c10::InferenceMode no_graph;
    if (!room_.defined() || room_.numel() < static_cast<std::int64_t>(count)) {
        room_ = at::empty({static_cast<std::int64_t>(count)}, gradients_.options());
    }
    return buffer_of(slice(room_, 0, count));
}

void DeviceEngine::add_exchanged(std::size_t offset, std::size_t count) {
    const c10::InferenceMode no_graph;
    slice(gradients_, offset, count).add_(slice(room_, 0, count));
}

const at::Tensor& DeviceEngine::wire(dist::Element element) {
    assert(element == dist::Element::bfloat16 || element == dist::Element::float16);
    const at::ScalarType type = element == dist::Element::bfloat16 ? at::kBFloat16 : at::kHalf;
    if (!wire_.defined() || wire_.scalar_type() != type) {
        wire_ = at::empty_like(gradients_, gradients_.options().dtype(type));
    }
    return wire_;
}

dist::Buffer DeviceEngine::to_wire(std::size_t offset, std::size_t count, dist::Element element) {
    const c10::InferenceMode no_graph;
    const at::Tensor room = slice(wire(element), offset, count);
    room.copy_(slice(gradients_, offset, count));
    return buffer_of(room);
}

void DeviceEngine::from_wire(std::size_t offset, std::size_t count, dist::Element element) {
    const c10::InferenceMode no_graph;
    slice(gradients_, offset, count).copy_(slice(wire(element), offset, count));
}

dist::Buffer DeviceEngine::keep_copy(std::size_t offset, std::size_t count) {
    const c10::InferenceMode no_graph;
    if (!copy_.defined()) {
        copy_ = at::empty_like(gradients_);
    }
    const at::Tensor room = slice(copy_, offset, count);
    room.copy_(slice(gradients_, offset, count));
    return buffer_of(room);
}

double DeviceEngine::distance_to_copy(std::size_t offset, std::size_t count) {
    const c10::InferenceMode no_graph;
    const at::Tensor exact = slice(copy_, offset, count).to(at::kDouble);
    const at::Tensor values = slice(gradients_, offset, count).to(at::kDouble);
    const double norm = at::linalg_vector_norm(exact).item<double>();
    const double difference = at::linalg_vector_norm(values - exact).item<double>();
    return norm > 0.0 ? difference / norm : difference;
}

// ---------------------------------------------------------------- step and inference

void DeviceEngine::apply(double learning_rate) {
    const c10::InferenceMode no_graph;
    const float values[2] = {static_cast<float>(learning_rate), 1.0F / scale()};
    step_.copy_(host_view(values));
    bool good = true;
    if (loss_scale_) {
        good = loss_scale_->update(!at::isfinite(gradients_).all().item<bool>());
    }
    network_.kernels().sgd_step(weights_, gradients_, momentum_, sgd_, step_, good);
}

void DeviceEngine::infer(const ImageBatch& images, std::span<float> logits) {
    const c10::InferenceMode no_graph;
    at::Tensor room;
    put(images.values,
        {static_cast<std::int64_t>(images.count), 3, images.size,
         images.width == 0 ? images.size : images.width},
        room);
    read(network_.forward(room, Pass::inference).flatten(), logits);
}

} // namespace

std::unique_ptr<Engine> make_device_engine(const plan::RunConfig& config, std::size_t outputs,
                                           const DeviceOptions& options) {
    return std::make_unique<DeviceEngine>(config, outputs, options,
                                          options.cuda ? detail::make_cuda_runtime(options)
                                                       : detail::make_host_runtime(options));
}

} // namespace suite::train
