// Per-row arithmetic of the device kernels, written once for the device and for the host, where tests run it.
// C++17 and no library calls but sqrtf: nvcc compiles it, too.
//
// The threads of a team work on one row together: thread r of n takes the elements r, r + n, …; sum() gives
// every thread the team's total. On the device a team is a block; on the host a single thread, or a few in
// tests.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define SUITE_HOST_DEVICE __host__ __device__
#else
#define SUITE_HOST_DEVICE
#endif

namespace suite::kernels::device {

/// A row of a parameter tensor: `length` elements at `offset` of the arenas, at `packed` of the arena of
/// standardised weights. For kernels that do not standardise, packed is not read.
struct Row {
    std::int64_t offset = 0;
    std::int64_t packed = 0;
    std::int32_t length = 0;
    std::int32_t clipped = 1; ///< 0: not clipped, see ParameterRows
};

/// What changes from step to step, read from device memory so that a captured graph sees the new values.
struct StepScalars {
    float learning_rate = 0.0F;
    float gradient_scale = 1.0F; ///< factor on the gradients: 1 / loss scale
};

struct SgdConstants {
    float momentum = 0.9F;
    float weight_decay = 0.0F;
    float clip = 0.01F;
    float epsilon = 1e-3F;
    bool nesterov = true;
    bool adaptive_clip = true;
};

/// A team of one.
struct OneThread {
    static constexpr std::int64_t rank = 0;
    static constexpr std::int64_t size = 1;
    SUITE_HOST_DEVICE float sum(float mine) const { return mine; }
};

/// As standardise_weights (suite/kernels/weight_standardise.hpp) for one row.
template<typename Team>
SUITE_HOST_DEVICE void standardise_row(const Team& team, const float* weight, std::int64_t length,
                                       float epsilon, float* standardised, float* inverse_sd) {
    const float count = static_cast<float>(length);
    float part = 0.0F;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        part += weight[i];
    }
    const float mean = team.sum(part) / count;
    part = 0.0F;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        const float centred = weight[i] - mean;
        part += centred * centred;
    }
    const float scale = 1.0F / sqrtf(team.sum(part) / count + epsilon);
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        standardised[i] = (weight[i] - mean) * scale;
    }
    if (team.rank == 0) {
        *inverse_sd = scale;
    }
}

/// As standardise_weights_backward for one row, in place.
template<typename Team>
SUITE_HOST_DEVICE void unstandardise_row(const Team& team, float* gradient, const float* standardised,
                                         std::int64_t length, float inverse_sd) {
    const float count = static_cast<float>(length);
    float part = 0.0F;
    float product = 0.0F;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        part += gradient[i];
        product += gradient[i] * standardised[i];
    }
    const float mean = team.sum(part) / count;
    const float slope = team.sum(product) / count;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        gradient[i] = inverse_sd * ((gradient[i] - mean) - standardised[i] * slope);
    }
}

/// As sgd_step (suite/kernels/optimizer.hpp) for one row, after the gradient was scaled.
template<typename Team>
SUITE_HOST_DEVICE void sgd_row(const Team& team, float* weight, const float* gradient, float* buffer,
                               std::int64_t length, bool clipped, const SgdConstants& sgd,
                               const StepScalars& step) {
    float factor = step.gradient_scale;
    if (clipped && sgd.adaptive_clip) {
        float weights = 0.0F;
        float gradients = 0.0F;
        for (std::int64_t i = team.rank; i < length; i += team.size) {
            const float g = gradient[i] * step.gradient_scale;
            weights += weight[i] * weight[i];
            gradients += g * g;
        }
        const float weight_norm = sqrtf(team.sum(weights));
        const float gradient_norm = sqrtf(team.sum(gradients));
        const float max_norm = sgd.clip * (weight_norm > sgd.epsilon ? weight_norm : sgd.epsilon);
        constexpr float smallest = 1e-6F; // paper.md#adaptive-gradient-clipping
        if (gradient_norm > max_norm) {
            factor *= max_norm / (gradient_norm > smallest ? gradient_norm : smallest);
        }
    }
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        const float g = gradient[i] * factor + sgd.weight_decay * weight[i];
        const float b = sgd.momentum * buffer[i] + g;
        buffer[i] = b;
        weight[i] -= step.learning_rate * (sgd.nesterov ? g + sgd.momentum * b : b);
    }
}

/// GroupNorm and ReLU of one image's group: `length` = channels of the group x area neighbouring elements.
/// As group_norm_relu (suite/kernels/group_norm.hpp); statistics in float whatever the element type.
template<typename Team, typename Element>
SUITE_HOST_DEVICE void norm_relu_group(const Team& team, const Element* x, const float* scale,
                                       const float* shift, std::int64_t length, std::int64_t area,
                                       float epsilon, Element* y, float* statistics) {
    const float count = static_cast<float>(length);
    float part = 0.0F;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        part += static_cast<float>(x[i]);
    }
    const float mean = team.sum(part) / count;
    part = 0.0F;
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        const float centred = static_cast<float>(x[i]) - mean;
        part += centred * centred;
    }
    const float inverse_sd = 1.0F / sqrtf(team.sum(part) / count + epsilon);
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        const std::int64_t channel = i / area;
        const float value = (static_cast<float>(x[i]) - mean) * inverse_sd * scale[channel] + shift[channel];
        y[i] = static_cast<Element>(value < 0.0F ? 0.0F : value); // a NaN stays a NaN
    }
    if (team.rank == 0) {
        statistics[0] = mean;
        statistics[1] = inverse_sd;
    }
}

/// Sums of one image's channel on the way back: sums[0] = sum of dy, sums[1] = sum of dy * normalised x, both
/// where the ReLU let the value through.
template<typename Team, typename Element>
SUITE_HOST_DEVICE void norm_relu_channel_sums(const Team& team, const Element* x, const Element* y,
                                              const Element* y_gradient, std::int64_t area,
                                              const float* statistics, float* sums) {
    float plain = 0.0F;
    float product = 0.0F;
    for (std::int64_t i = team.rank; i < area; i += team.size) {
        const float dy = static_cast<float>(y[i]) <= 0.0F ? 0.0F : static_cast<float>(y_gradient[i]);
        plain += dy;
        product += dy * (static_cast<float>(x[i]) - statistics[0]) * statistics[1];
    }
    plain = team.sum(plain);
    product = team.sum(product);
    if (team.rank == 0) {
        sums[0] = plain;
        sums[1] = product;
    }
}

/// The gradient of x of one image's group, plus `addend` unless it is null. `sums`: two a channel of the
/// group, as above. x_gradient may be addend or y_gradient.
template<typename Team, typename Element>
SUITE_HOST_DEVICE void
norm_relu_group_backward(const Team& team, const Element* x, const Element* y, const Element* y_gradient,
                         const Element* addend, const float* scale, std::int64_t length, std::int64_t area,
                         const float* statistics, const float* sums, Element* x_gradient) {
    float plain = 0.0F;
    float product = 0.0F;
    for (std::int64_t channel = 0; channel < length / area; ++channel) { // few: every thread adds them up
        plain += scale[channel] * sums[2 * channel];
        product += scale[channel] * sums[2 * channel + 1];
    }
    const float count = static_cast<float>(length);
    for (std::int64_t i = team.rank; i < length; i += team.size) {
        const float dy = static_cast<float>(y[i]) <= 0.0F ? 0.0F : static_cast<float>(y_gradient[i]);
        const float normalised = (static_cast<float>(x[i]) - statistics[0]) * statistics[1];
        const float value = statistics[1] * (scale[i / area] * dy - (plain + normalised * product) / count);
        x_gradient[i] =
            static_cast<Element>(value + (addend == nullptr ? 0.0F : static_cast<float>(addend[i])));
    }
}

} // namespace suite::kernels::device
