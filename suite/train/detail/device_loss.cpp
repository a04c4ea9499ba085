#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "suite/train/detail/device_network.hpp"

namespace suite::train::detail {
namespace {

/// Mean softmax cross-entropy against shares of each class.
DeviceLoss multiclass(const at::Tensor& logits, const DeviceTargets& targets, const at::Tensor& lambda,
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
DeviceLoss multilabel(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& factor) {
    const at::Tensor missing = labels.isnan();
    const at::Tensor kept = missing.logical_not().sum().clamp_min(1).to(at::kFloat);
    const at::Tensor y = at::where(missing, at::zeros_like(labels), labels);
    const at::Tensor entries = logits.clamp_min(0) - logits * y + logits.abs().neg().exp().log1p();
    const at::Tensor gradient = (logits.sigmoid() - y) * (factor / kept);
    return {entries.masked_fill(missing, 0).sum() / kept, gradient.masked_fill(missing, 0)};
}

} // namespace

DeviceLoss device_loss(const at::Tensor& logits, const DeviceTargets& targets, const at::Tensor& lambda,
                       const at::Tensor& factor) {
    if (targets.classes.defined()) {
        return multiclass(logits, targets, lambda, factor);
    }
    if (!targets.partner.defined()) {
        return multilabel(logits, targets.labels, factor);
    }
    const DeviceLoss own = multilabel(logits, targets.labels, factor * lambda);
    const DeviceLoss other =
        multilabel(logits, targets.labels.index_select(0, targets.partner), factor * (1 - lambda));
    return {own.loss * lambda + other.loss * (1 - lambda), own.gradient + other.gradient};
}

} // namespace suite::train::detail
