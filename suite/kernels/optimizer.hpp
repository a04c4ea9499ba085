// One optimiser step over flat arenas: SGD with momentum, Nesterov and weight decay, with or without adaptive
// gradient clipping, exactly as paper.md#adaptive-gradient-clipping. Plain floats; no allocation.
#pragma once

#include <cstddef>
#include <span>

namespace suite::kernels {

/// One parameter tensor in the arenas: `rows` filters of `row_length` floats each, beginning at `offset`.
/// 4-D: a row is an output filter; 2-D: a row; 0-D and 1-D: the whole vector is one row.
struct ParameterRows {
    std::size_t offset = 0;
    std::size_t rows = 0;
    std::size_t row_length = 0;
    bool clipped = true; ///< false for the head's weight, by identity (paper.md#adaptive-gradient-clipping)
};

struct SgdSettings {
    float learning_rate = 0.0F;
    float momentum = 0.9F;
    bool nesterov = true;
    float weight_decay = 0.0F;
    bool adaptive_clip = true;
    float clip = 0.01F;    ///< largest ||G|| / ||W|| of a row
    float epsilon = 1e-3F; ///< floor of ||W||
};

/// For each row: clip G (G *= max_norm / max(||G||, 1e-6) when ||G|| > max_norm = clip * max(||W||,
/// epsilon)), g = G + weight_decay * W; momentum buffer b = momentum * b + g (zeros before the first step, so
/// b = g then); W -= learning_rate * (g + momentum * b, or b without Nesterov). Gradients are not changed.
/// The same bits on every instruction set.
void sgd_step(std::span<float> weights, std::span<const float> gradients, std::span<float> momentum_buffer,
              std::span<const ParameterRows> tensors, const SgdSettings& settings);

/// sqrt of the sum of squares, in the fixed lane order of all kernels here.
[[nodiscard]] float l2_norm(std::span<const float> values);

} // namespace suite::kernels
