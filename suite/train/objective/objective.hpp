// What is trained for: targets, loss, and the gradient of a network's outputs. One file each. Private to
// suite/train.
#pragma once

#include <cstddef>
#include <memory>

#include <ATen/core/Tensor.h>

#include "suite/train/objective/loss.hpp"

namespace suite::train {

struct LossAndGradient {
    at::Tensor loss;     ///< scalar, not weighted
    at::Tensor gradient; ///< of the outputs, times the weight
};

/// One micro-batch at a time: set_targets(), then compute() on its outputs. The targets lie where the outputs
/// will, at places that stay: a captured graph reads them there.
class Objective {
public:
    virtual ~Objective() = default;
    Objective(const Objective&) = delete;
    Objective& operator=(const Objective&) = delete;

    virtual void set_targets(const Targets& targets, const MixUp& mixup, double weight) = 0;
    [[nodiscard]] virtual LossAndGradient compute(const at::Tensor& outputs) = 0;

protected:
    Objective() = default;
};

/// Softmax cross-entropy of classes, or binary cross-entropy of labels that may be missing (loss.hpp); on the
/// host in double precision, on other devices, or when asked, by ATen's operators in float32.
[[nodiscard]] std::unique_ptr<Objective> make_classification(std::size_t outputs, at::Device device,
                                                             bool by_operators = false);

} // namespace suite::train
