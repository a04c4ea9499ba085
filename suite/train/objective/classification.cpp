#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "suite/train/objective/objective.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

/// Targets of a micro-batch where the outputs are.
struct TensorTargets {
    at::Tensor classes; ///< int64, images; or
    at::Tensor labels;  ///< float32, images x outputs, NaN = missing
    at::Tensor partner; ///< int64, images; undefined = no MixUp
};

/// Mean softmax cross-entropy against shares of each class.
LossAndGradient multiclass(const at::Tensor& logits, const TensorTargets& targets, const at::Tensor& lambda,
                           const at::Tensor& factor) {
    const auto images = static_cast<double>(logits.size(0));
    const at::Tensor numbers = at::arange(logits.size(1), targets.classes.options());
    at::Tensor shares = targets.classes.unsqueeze(1).eq(numbers).to(at::kFloat);
    if (targets.partner.defined()) {
        shares = shares * lambda + shares.index_select(0, targets.partner) * (1 - lambda);
    }
    const at::Tensor log_shares = at::log_softmax(logits, 1);
    return {(shares * log_shares).sum().div(-images), (log_shares.exp() - shares) * (factor / images)};
}

/// Mean binary cross-entropy with logits over the entries that are not NaN; 0 when there are none.
LossAndGradient multilabel(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& factor) {
    const at::Tensor missing = labels.isnan();
    const at::Tensor kept = missing.logical_not().sum().clamp_min(1).to(at::kFloat);
    const at::Tensor y = at::where(missing, at::zeros_like(labels), labels);
    const at::Tensor entries = logits.clamp_min(0) - logits * y + logits.abs().neg().exp().log1p();
    const at::Tensor gradient = (logits.sigmoid() - y) * (factor / kept);
    return {entries.masked_fill(missing, 0).sum() / kept, gradient.masked_fill(missing, 0)};
}

/// lambda, factor: scalars where the outputs are, so that a captured graph sees new values.
LossAndGradient by_operators(const at::Tensor& logits, const TensorTargets& targets, const at::Tensor& lambda,
                             const at::Tensor& factor) {
    if (targets.classes.defined()) {
        return multiclass(logits, targets, lambda, factor);
    }
    if (!targets.partner.defined()) {
        return multilabel(logits, targets.labels, factor);
    }
    const LossAndGradient own = multilabel(logits, targets.labels, factor * lambda);
    const LossAndGradient other =
        multilabel(logits, targets.labels.index_select(0, targets.partner), factor * (1 - lambda));
    return {own.loss * lambda + other.loss * (1 - lambda), own.gradient + other.gradient};
}

class Classification final : public Objective {
public:
    Classification(std::size_t outputs, at::Device device, bool by_operators)
        : outputs_(outputs),
          device_(device),
          by_operators_(by_operators || !device.is_cpu()),
          scalars_(at::empty({2}, floats())) {}

    void set_targets(const Targets& targets, const MixUp& mixup, double weight) override {
        if (by_operators_) {
            upload(targets, mixup, weight);
        } else {
            host_ = {.targets = targets, .mixup = mixup, .weight = weight};
        }
    }
    [[nodiscard]] LossAndGradient compute(const at::Tensor& outputs) override {
        if (by_operators_) {
            return by_operators(outputs, targets_, scalars_[0], scalars_[1]);
        }
        const at::Tensor dense = outputs.contiguous();
        const at::Tensor gradient = at::empty_like(dense);
        const double loss = loss_and_gradient(values_of(dense), outputs_, host_.targets, host_.mixup,
                                              host_.weight, values_of(gradient));
        return {at::scalar_tensor(loss, at::TensorOptions(at::kDouble)), gradient};
    }

private:
    struct HostTargets {
        Targets targets{};
        MixUp mixup{};
        double weight = 1.0;
    };

    std::size_t outputs_;
    at::Device device_;
    bool by_operators_;
    HostTargets host_;
    TensorTargets targets_;
    at::Tensor scalars_; ///< lambda of MixUp, factor on the gradient

    [[nodiscard]] at::TensorOptions floats() const { return at::TensorOptions(at::kFloat).device(device_); }
    void upload(const Targets& targets, const MixUp& mixup, double weight);
    static void put(const at::Tensor& values, const at::TensorOptions& options, at::Tensor& there);
};

void Classification::put(const at::Tensor& values, const at::TensorOptions& options, at::Tensor& there) {
    if (!there.defined() || there.sizes() != values.sizes()) {
        there = at::empty(values.sizes(), options);
    }
    there.copy_(values);
}

void Classification::upload(const Targets& targets, const MixUp& mixup, double weight) {
    const auto whole = floats().dtype(at::kLong);
    const auto view = [](std::span<const std::int64_t> values) {
        return at::from_blob(const_cast<std::int64_t*>(values.data()),
                             {static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kLong));
    };
    if (targets.task == plan::Task::multiclass) {
        put(view(targets.classes), whole, targets_.classes);
        targets_.labels.reset();
    } else {
        put(host_view(targets.labels).view({-1, static_cast<std::int64_t>(outputs_)}), floats(),
            targets_.labels);
        targets_.classes.reset();
    }
    if (mixup.partner.empty()) {
        targets_.partner.reset();
    } else {
        const std::vector<std::int64_t> partner(mixup.partner.begin(), mixup.partner.end());
        put(view(partner), whole, targets_.partner);
    }
    const float values[2] = {static_cast<float>(mixup.lambda), static_cast<float>(weight)};
    scalars_.copy_(host_view(values));
}

} // namespace

std::unique_ptr<Objective> make_classification(std::size_t outputs, at::Device device, bool by_operators) {
    return std::make_unique<Classification>(outputs, device, by_operators);
}

} // namespace suite::train
