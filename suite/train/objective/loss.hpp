// Losses with their gradients on plain logits, and MixUp (paper.md#losses, paper.md#mixup).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "suite/plan/spec/data_set.hpp"

namespace suite::train {

/// Targets of a micro-batch; one of the two is filled, by task.
struct Targets {
    plan::Task task = plan::Task::multiclass;
    std::span<const std::int64_t> classes; ///< one per image
    std::span<const float> labels;         ///< images x outputs; NaN = missing
};

/// MixUp of one micro-batch: image i is lambda * x[i] + (1 - lambda) * x[partner[i]].
struct MixUp {
    double lambda = 1.0;
    std::vector<std::size_t> partner; ///< a permutation; empty = no MixUp
};

/// Lambda ~ Beta(alpha, alpha), one for all micro-batches of a step: a function of (seed, step).
[[nodiscard]] double mixup_lambda(double alpha, std::uint64_t seed, std::int64_t step);
/// Partners within micro-batch number `micro` of a step: a keyed permutation.
[[nodiscard]] std::vector<std::size_t> mixup_partners(std::size_t images, std::uint64_t seed,
                                                      std::int64_t step, std::size_t micro);
/// mixed[i] = lambda * images[i] + (1 - lambda) * images[partner[i]], for images of `image_size` floats.
void mix_images(std::span<const float> images, std::size_t image_size, const MixUp& mixup,
                std::span<float> mixed);

/// The loss of a micro-batch: lambda * L(y) + (1 - lambda) * L(y of the partners), each with its own mask. L
/// is the mean softmax cross-entropy, or the mean binary cross-entropy with logits over the entries that are
/// not NaN (0 with gradient 0 when there are none). `gradient` (as long as the logits) becomes `weight` * d
/// loss / d logits.
[[nodiscard]] double loss_and_gradient(std::span<const float> logits, std::size_t outputs,
                                       const Targets& targets, const MixUp& mixup, double weight,
                                       std::span<float> gradient);

} // namespace suite::train
