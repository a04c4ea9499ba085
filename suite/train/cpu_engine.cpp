#include <algorithm>
#include <cassert>
#include <cmath>

#include "suite/base/half.hpp"
#include "suite/base/hash.hpp"
#include "suite/kernels/optimizer.hpp"
#include "suite/train/detail/stopwatch.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/network.hpp"
#include "suite/train/optimizer_rows.hpp"

namespace suite::train {
namespace {

double relative_distance(std::span<const float> values, std::span<const float> exact) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        difference += std::pow(static_cast<double>(values[i]) - static_cast<double>(exact[i]), 2.0);
        norm += std::pow(static_cast<double>(exact[i]), 2.0);
    }
    return norm > 0.0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

class CpuEngine final : public Engine {
public:
    CpuEngine(const plan::RunConfig& config, std::size_t outputs)
        : outputs_(outputs),
          network_(config.network, outputs),
          rows_(parameter_rows(network_.layout())),
          settings_(sgd_settings(config.train)),
          momentum_(network_.weights().size(), 0.0F) {}

    [[nodiscard]] const NetworkLayout& layout() const noexcept override { return network_.layout(); }
    void write_weights(std::span<const float> values) override { copy(values, network_.weights()); }
    void read_weights(std::span<float> values) const override { copy(weights(), values); }
    void write_momentum(std::span<const float> values) override { copy(values, momentum_); }
    void read_momentum(std::span<float> values) const override { copy(momentum_, values); }
    [[nodiscard]] std::uint64_t weights_hash() const override { return hash64(std::as_bytes(weights())); }

    void begin_step() override;
    [[nodiscard]] double forward_backward(const ImageBatch& images, const Targets& targets,
                                          const MixUp& mixup, double weight) override;
    void set_gradient_listener(GradientListener listener) override { listener_ = std::move(listener); }

    [[nodiscard]] dist::Buffer gradients() override { return dist::buffer(network_.gradients()); }
    void push_gradients() override;
    void pop_gradients() override;
    [[nodiscard]] dist::Buffer exchange_room(std::size_t count) override;
    void add_exchanged(std::size_t offset, std::size_t count) override;
    [[nodiscard]] dist::Buffer to_wire(std::size_t offset, std::size_t count, dist::Element wire) override;
    void from_wire(std::size_t offset, std::size_t count, dist::Element wire) override;
    [[nodiscard]] dist::Buffer keep_copy(std::size_t offset, std::size_t count) override;
    [[nodiscard]] double distance_to_copy(std::size_t offset, std::size_t count) override;

    void finish_gradients(std::size_t offset, std::size_t count) override {
        network_.finish_gradients(offset, count);
    }
    void apply(double learning_rate) override;
    void infer(const ImageBatch& images, std::span<float> logits) override {
        network_.forward(images, Pass::inference, logits);
    }
    void begin_inference() override { network_.weights_changed(); }

private:
    std::size_t outputs_;
    mutable Network network_; ///< its weights() has no const form
    std::vector<kernels::ParameterRows> rows_;
    kernels::SgdSettings settings_;
    std::vector<float> momentum_;
    std::vector<float> logits_;
    std::vector<float> logit_gradient_;
    GradientListener listener_;
    std::vector<std::vector<float>> stack_; ///< its vectors stay when they are dropped
    std::size_t stacked_ = 0;
    std::vector<float> room_;
    std::vector<std::uint16_t> wire_;
    std::vector<float> copy_;

    [[nodiscard]] std::span<const float> weights() const { return network_.weights(); }
    static void copy(std::span<const float> from, std::span<float> to) {
        assert(from.size() == to.size());
        std::ranges::copy(from, to.begin());
    }
};

void CpuEngine::begin_step() {
    network_.weights_changed();
    network_.clear_gradients();
}

double CpuEngine::forward_backward(const ImageBatch& images, const Targets& targets, const MixUp& mixup,
                                   double weight) {
    logits_.resize(images.count * outputs_);
    logit_gradient_.resize(logits_.size());
    double loss = 0.0;
    PassSeconds* seconds = pass_seconds();
    {
        const detail::Stopwatch watch(seconds != nullptr ? &seconds->forward : nullptr);
        network_.forward(images, Pass::training, logits_);
        loss = loss_and_gradient(logits_, outputs_, targets, mixup, weight, logit_gradient_);
    }
    const detail::Stopwatch watch(seconds != nullptr ? &seconds->backward : nullptr);
    network_.backward(logit_gradient_, listener_);
    return loss * weight;
}

void CpuEngine::push_gradients() {
    if (stacked_ == stack_.size()) {
        stack_.emplace_back(network_.gradients().size());
    }
    copy(network_.gradients(), stack_[stacked_++]);
    network_.clear_gradients();
}

void CpuEngine::pop_gradients() {
    assert(stacked_ > 0);
    const float* top = stack_[--stacked_].data();
    const std::span<float> gradients = network_.gradients();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        gradients[i] = top[i] + gradients[i];
    }
}

dist::Buffer CpuEngine::exchange_room(std::size_t count) {
    if (room_.size() < count) {
        room_.resize(count);
    }
    return dist::buffer(std::span(room_).first(count));
}

void CpuEngine::add_exchanged(std::size_t offset, std::size_t count) {
    assert(count <= room_.size());
    const std::span<float> gradients = network_.gradients().subspan(offset, count);
    for (std::size_t i = 0; i < count; ++i) {
        gradients[i] += room_[i];
    }
}

dist::Buffer CpuEngine::to_wire(std::size_t offset, std::size_t count, dist::Element wire) {
    assert(wire == dist::Element::bfloat16 || wire == dist::Element::float16);
    const std::span<const float> from = network_.gradients().subspan(offset, count);
    wire_.resize(network_.gradients().size());
    std::ranges::transform(from, wire_.begin() + static_cast<std::ptrdiff_t>(offset),
                           wire == dist::Element::bfloat16 ? bfloat16_from_float : float16_from_float);
    return {wire_.data() + offset, count, wire};
}

void CpuEngine::from_wire(std::size_t offset, std::size_t count, dist::Element wire) {
    const std::span<const std::uint16_t> from = std::span(wire_).subspan(offset, count);
    std::ranges::transform(from, network_.gradients().begin() + static_cast<std::ptrdiff_t>(offset),
                           wire == dist::Element::bfloat16 ? float_from_bfloat16 : float_from_float16);
}

dist::Buffer CpuEngine::keep_copy(std::size_t offset, std::size_t count) {
    copy_.resize(network_.gradients().size());
    const std::span<float> room = std::span(copy_).subspan(offset, count);
    copy(network_.gradients().subspan(offset, count), room);
    return dist::buffer(room);
}

double CpuEngine::distance_to_copy(std::size_t offset, std::size_t count) {
    return relative_distance(network_.gradients().subspan(offset, count),
                             std::span<const float>(copy_).subspan(offset, count));
}

void CpuEngine::apply(double learning_rate) {
    settings_.learning_rate = static_cast<float>(learning_rate);
    kernels::sgd_step(network_.weights(), network_.gradients(), momentum_, rows_, settings_);
}

} // namespace

std::unique_ptr<Engine> make_cpu_engine(const plan::RunConfig& config, std::size_t outputs) {
    return std::make_unique<CpuEngine>(config, outputs);
}

} // namespace suite::train
