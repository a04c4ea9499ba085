#include "suite/train/engine.hpp"

#include <algorithm>
#include <cassert>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/model/model.hpp"
#include "suite/train/model/runtime.hpp"
#include "suite/train/objective/objective.hpp"
#include "suite/train/optimizer/optimizer.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

std::vector<std::int64_t> shape_of(const ImageBatch& images) {
    return {static_cast<std::int64_t>(images.count), 3, images.size,
            images.width == 0 ? images.size : images.width};
}

at::Tensor view_of(const ImageBatch& images) {
    return host_view(images.values).view(shape_of(images));
}

std::unique_ptr<Model> model_of(Arenas& arenas, const DeviceOptions& options) {
    const bool in_lanes = !options.cuda && options.lanes && options.precision == Precision::float32 &&
                          runs_in_lanes(arenas.layout().network);
    return in_lanes ? make_lane_model(arenas) : make_torch_model(arenas, element_of(options.precision));
}

/// Parameters one by one; the statistics of all buffers behind them.
std::vector<Slice> slices_of(const plan::NetworkLayout& layout) {
    std::vector<Slice> slices;
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        slices.push_back({tensor.offset, tensor.elements()});
    }
    if (layout.buffer_elements > 0) {
        slices.push_back({layout.parameters, layout.buffer_elements});
    }
    return slices;
}

} // namespace

class Engine::Implementation {
public:
    Implementation(const plan::RunConfig& config, std::size_t outputs, const DeviceOptions& options);

    std::unique_ptr<DeviceRuntime> runtime_;
    bool capture_graphs_;
    Arenas arenas_;
    std::unique_ptr<Model> model_;
    std::unique_ptr<Objective> objective_;
    std::unique_ptr<Optimizer> optimizer_;
    GradientArena gradients_;
    std::optional<LossScale> loss_scale_; ///< float16 only
    PassSeconds* seconds_ = nullptr;

    [[nodiscard]] const at::Tensor& arena(const std::string& name) const;
    void run_pass(const PassShape& shape);
    [[nodiscard]] at::Tensor take_images(const ImageBatch& images);
    [[nodiscard]] float scale() const { return loss_scale_ ? loss_scale_->scale() : 1.0F; }

    at::Tensor images_;     ///< of the pass; a captured graph reads them there
    at::Tensor image_copy_; ///< where images are copied to
    at::Tensor share_;      ///< of the step's images
    at::Tensor loss_;       ///< of the pass; a captured graph writes it there

private:
    CapturePolicy captures_;
    std::unique_ptr<ForwardPass> pass_; ///< between forward() and backward()
    at::Tensor output_gradient_;

    void forward();
    void backward();
};

Engine::Implementation::Implementation(const plan::RunConfig& config, std::size_t outputs,
                                       const DeviceOptions& options)
    : runtime_(options.cuda ? make_cuda_runtime(options) : make_host_runtime(options)),
      capture_graphs_(options.capture_graphs),
      arenas_(plan::network_layout(config.network, outputs), runtime_->device(), Pass::training,
              runtime_->kernels()),
      model_(model_of(arenas_, options)),
      objective_(make_classification(outputs, runtime_->device(), !options.own_kernels)),
      optimizer_(make_optimizer(config.train, arenas_)),
      gradients_(arenas_.gradients(), slices_of(arenas_.layout()),
                 [this](std::size_t offset, std::size_t count) {
                     const at::NoGradGuard no_graph;
                     arenas_.finish_gradients(offset, count);
                 }),
      share_(at::empty({}, arenas_.weights().options())) {
    if (options.precision == Precision::float16) {
        loss_scale_.emplace(options.loss_scale);
    }
    runtime_->allow_tf32(options.precision == Precision::tf32);
}

const at::Tensor& Engine::Implementation::arena(const std::string& name) const {
    if (name == "weights") {
        return arenas_.weights();
    }
    if (name == "buffers") {
        return arenas_.buffers();
    }
    const auto& slots = optimizer_->slots();
    const auto found = std::ranges::find(slots, name, &OptimizerSlot::name);
    assert(found != slots.end());
    return found->values;
}

// ---------------------------------------------------------------- one micro-batch

at::Tensor Engine::Implementation::take_images(const ImageBatch& images) {
    if (runtime_->reads_in_place()) {
        return view_of(images);
    }
    const std::vector<std::int64_t> shape = shape_of(images);
    if (!image_copy_.defined() || image_copy_.sizes() != at::IntArrayRef(shape)) {
        image_copy_ = at::empty(shape, arenas_.weights().options());
    }
    runtime_->upload(images.values, image_copy_);
    return image_copy_;
}

void Engine::Implementation::forward() {
    pass_ = model_->forward(images_, share_);
    LossAndGradient result = objective_->compute(pass_->outputs());
    if (!loss_.defined()) {
        loss_ = result.loss.clone();
    }
    loss_.copy_(result.loss);
    output_gradient_ = std::move(result.gradient);
}

void Engine::Implementation::backward() {
    const std::unique_ptr<ForwardPass> pass = std::move(pass_);
    pass->backward(std::exchange(output_gradient_, {}), gradients_.listener());
}

void Engine::Implementation::run_pass(const PassShape& shape) {
    const auto decision = captures_.next(shape, {.device_captures = runtime_->captures_graphs(),
                                                 .wanted = capture_graphs_,
                                                 .listened = static_cast<bool>(gradients_.listener()),
                                                 .measured = seconds_ != nullptr});
    switch (decision.action) {
    case CapturePolicy::Action::capture:
        runtime_->capture([&] {
            forward();
            backward();
        });
        [[fallthrough]]; // capturing only writes down
    case CapturePolicy::Action::replay:
        runtime_->replay();
        return;
    case CapturePolicy::Action::eager:
        break;
    }
    {
        const detail::Stopwatch watch(seconds_ != nullptr ? &seconds_->forward : nullptr);
        forward();
        if (seconds_ != nullptr) {
            runtime_->synchronise();
        }
    }
    const detail::Stopwatch watch(seconds_ != nullptr ? &seconds_->backward : nullptr);
    backward();
    if (seconds_ != nullptr) {
        runtime_->synchronise();
    }
}

// ---------------------------------------------------------------- engine

Engine::Engine(const plan::RunConfig& config, std::size_t outputs, const DeviceOptions& options) {
    const at::NoGradGuard no_graph;
    implementation_ = std::make_unique<Implementation>(config, outputs, options);
}
Engine::~Engine() = default;

const plan::NetworkLayout& Engine::layout() const noexcept {
    return implementation_->arenas_.layout();
}

std::vector<std::string> Engine::arenas() const {
    std::vector<std::string> names{"weights"};
    if (layout().buffer_elements > 0) {
        names.emplace_back("buffers");
    }
    for (const OptimizerSlot& slot : implementation_->optimizer_->slots()) {
        names.push_back(slot.name);
    }
    return names;
}

std::size_t Engine::arena_size(const std::string& arena) const {
    return static_cast<std::size_t>(implementation_->arena(arena).numel());
}

void Engine::write(const std::string& arena, std::span<const float> values) {
    const at::NoGradGuard no_graph;
    assert(values.size() == arena_size(arena));
    implementation_->arena(arena).copy_(host_view(values));
}

void Engine::read(const std::string& arena, std::span<float> values) const {
    const at::NoGradGuard no_graph;
    assert(values.size() == arena_size(arena));
    host_view(values).copy_(implementation_->arena(arena));
}

std::vector<float> Engine::read(const std::string& arena) const {
    std::vector<float> values(arena_size(arena));
    read(arena, values);
    return values;
}

std::uint64_t Engine::weights_hash() const {
    std::vector<float> values = read("weights");
    if (layout().buffer_elements > 0) {
        const std::vector<float> buffers = read("buffers");
        values.insert(values.end(), buffers.begin(), buffers.end());
    }
    return hash64(std::as_bytes(std::span(values)));
}

std::optional<LossScaleState> Engine::loss_scale() const {
    const auto& scale = implementation_->loss_scale_;
    return scale ? std::optional(scale->state()) : std::nullopt;
}

void Engine::set_loss_scale(const LossScaleState& state) {
    auto& scale = implementation_->loss_scale_;
    assert(scale);
    if (!scale->is_possible(state)) {
        throw Error(ErrorKind::weights, {"scale of the loss",
                                         fmt::format("{} after {} good steps, {} left out", state.scale,
                                                     state.good_steps, state.skipped),
                                         "a power of two, and counts that float16 comes to",
                                         "remove the saved state: the run then starts anew"});
    }
    scale->set_state(state);
}

void Engine::begin_step() {
    const at::NoGradGuard no_graph;
    implementation_->arenas_.prepare();
    implementation_->gradients_.clear();
}

void Engine::prefetch(const ImageBatch& images) {
    implementation_->runtime_->prefetch(images.values);
}

void Engine::done_with(const ImageBatch& images) {
    implementation_->runtime_->done_with(images.values);
}

double Engine::forward_backward(const ImageBatch& images, const Targets& targets, const MixUp& mixup,
                                double weight) {
    const at::NoGradGuard no_graph;
    Implementation& own = *implementation_;
    own.images_ = own.take_images(images);
    own.objective_->set_targets(targets, mixup, weight * own.scale());
    own.share_.fill_(weight);
    own.run_pass({.images = static_cast<std::int64_t>(images.count),
                  .size = images.size,
                  .width = images.width,
                  .mixed = !mixup.partner.empty()});
    return own.loss_.item<double>() * weight; // waits for the device
}

GradientArena& Engine::gradients() noexcept {
    return implementation_->gradients_;
}

void Engine::apply(double learning_rate, std::int64_t step) {
    const at::NoGradGuard no_graph;
    Implementation& own = *implementation_;
    const float scale = own.scale();
    if (own.loss_scale_ &&
        !own.loss_scale_->update(!at::isfinite(own.arenas_.gradients()).all().item<bool>())) {
        return; // an overflow: the step is left out
    }
    own.optimizer_->step({.learning_rate = learning_rate, .step = step, .gradient_scale = 1.0F / scale});
    own.arenas_.update_buffers();
}

void Engine::begin_inference() {
    const at::NoGradGuard no_graph;
    implementation_->arenas_.prepare();
}

void Engine::infer(const ImageBatch& images, std::span<float> outputs) {
    const at::NoGradGuard no_graph;
    const at::Tensor there = implementation_->take_images(images);
    const at::Tensor result = implementation_->model_->infer(there).contiguous();
    assert(static_cast<std::size_t>(result.numel()) == outputs.size());
    host_view(outputs).copy_(result.flatten());
}

void Engine::set_pass_seconds(PassSeconds* seconds) noexcept {
    implementation_->seconds_ = seconds;
}

// ---------------------------------------------------------------- inference alone

class InferenceNetwork::Implementation {
public:
    Implementation(const plan::NetworkSpec& spec, std::size_t outputs)
        : arenas(plan::network_layout(spec, outputs), at::kCPU, Pass::inference, make_host_kernels),
          model(model_of(arenas, {})) {}

    Arenas arenas;
    std::unique_ptr<Model> model;
};

InferenceNetwork::InferenceNetwork(const plan::NetworkSpec& spec, std::size_t outputs) {
    const at::NoGradGuard no_graph;
    implementation_ = std::make_unique<Implementation>(spec, outputs);
}
InferenceNetwork::~InferenceNetwork() = default;
InferenceNetwork::InferenceNetwork(InferenceNetwork&&) noexcept = default;
InferenceNetwork& InferenceNetwork::operator=(InferenceNetwork&&) noexcept = default;

const plan::NetworkLayout& InferenceNetwork::layout() const noexcept {
    return implementation_->arenas.layout();
}

std::span<float> InferenceNetwork::weights() noexcept {
    return values_of(implementation_->arenas.weights());
}

std::span<float> InferenceNetwork::buffers() noexcept {
    return values_of(implementation_->arenas.buffers());
}

void InferenceNetwork::prepare() {
    const at::NoGradGuard no_graph;
    implementation_->arenas.prepare();
}

void InferenceNetwork::infer(const ImageBatch& images, std::span<float> outputs) {
    const at::NoGradGuard no_graph;
    const at::Tensor result = implementation_->model->infer(view_of(images)).contiguous();
    assert(static_cast<std::size_t>(result.numel()) == outputs.size());
    std::ranges::copy(values_of(result), outputs.begin());
}

} // namespace suite::train
