#include "suite/kernels/optimizer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "suite/kernels/lanes.hpp"

namespace suite::kernels {
namespace {

constexpr float smallest_gradient_norm = 1e-6F; // paper.md#adaptive-gradient-clipping

SUITE_INLINE float squared_norm(const float* values, std::size_t count) {
    LaneSum sum;
    for_each_lanes(count, [&](std::size_t part, auto load, std::size_t i) SUITE_INLINE_LAMBDA {
        const Lanes x = load(values + i);
        sum.parts[part] += x * x;
    });
    return sum.total();
}

/// Factor on a row's gradient: 1 unless its norm is over clip * ||W||.
SUITE_INLINE float clip_factor(const float* weight, const float* gradient, std::size_t count,
                               const SgdSettings& settings) {
    const float weight_norm = std::sqrt(squared_norm(weight, count));
    const float gradient_norm = std::sqrt(squared_norm(gradient, count));
    const float max_norm = settings.clip * std::max(weight_norm, settings.epsilon);
    return gradient_norm > max_norm ? max_norm / std::max(gradient_norm, smallest_gradient_norm) : 1.0F;
}

/// The plain part of a step; elementwise, so the compiler may use any vector width without changing a bit.
SUITE_INLINE void update(float* __restrict weight, const float* __restrict gradient, float* __restrict buffer,
                         std::size_t count, float factor, const SgdSettings& settings) {
    const float lr = settings.learning_rate;
    const float momentum = settings.momentum;
    const float decay = settings.weight_decay;
    // g is taken whole with Nesterov and not at all without; b has the factor the other way round.
    const float g_share = settings.nesterov ? 1.0F : 0.0F;
    const float b_share = settings.nesterov ? momentum : 1.0F;
    for (std::size_t i = 0; i < count; ++i) {
        const float g = gradient[i] * factor + decay * weight[i];
        const float b = momentum * buffer[i] + g;
        buffer[i] = b;
        weight[i] -= lr * (g_share * g + b_share * b);
    }
}

SUITE_EVERY_ISA void step_rows(float* weights, const float* gradients, float* buffer, std::size_t rows,
                               std::size_t row_length, bool clipped, const SgdSettings& settings) {
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t first = row * row_length;
        const float factor =
            clipped ? clip_factor(weights + first, gradients + first, row_length, settings) : 1.0F;
        update(weights + first, gradients + first, buffer + first, row_length, factor, settings);
    }
}

SUITE_EVERY_ISA float squared_norm_of(const float* values, std::size_t count) {
    return squared_norm(values, count);
}

} // namespace

void sgd_step(std::span<float> weights, std::span<const float> gradients, std::span<float> momentum_buffer,
              std::span<const ParameterRows> tensors, const SgdSettings& settings) {
    assert(weights.size() == gradients.size() && weights.size() == momentum_buffer.size());
    for (const ParameterRows& tensor : tensors) {
        assert(tensor.offset + tensor.rows * tensor.row_length <= weights.size());
        step_rows(weights.data() + tensor.offset, gradients.data() + tensor.offset,
                  momentum_buffer.data() + tensor.offset, tensor.rows, tensor.row_length,
                  tensor.clipped && settings.adaptive_clip, settings);
    }
}

float l2_norm(std::span<const float> values) {
    return std::sqrt(squared_norm_of(values.data(), values.size()));
}

} // namespace suite::kernels
