#include "suite/kernels/weight_standardise.hpp"

#include <cassert>
#include <cmath>

#include "suite/kernels/lanes.hpp"

namespace suite::kernels {
namespace {

SUITE_INLINE float sum(const float* values, std::size_t count) {
    LaneSum result;
    for_each_lanes(count, [&](std::size_t part, auto load, std::size_t i)
                              SUITE_INLINE_LAMBDA { result.parts[part] += load(values + i); });
    return result.total();
}

SUITE_INLINE float product_sum(const float* a, const float* b, std::size_t count) {
    LaneSum result;
    for_each_lanes(count, [&](std::size_t part, auto load, std::size_t i)
                              SUITE_INLINE_LAMBDA { result.parts[part] += load(a + i) * load(b + i); });
    return result.total();
}

SUITE_EVERY_ISA void forward_rows(const float* weights, std::size_t rows, std::size_t length, float epsilon,
                                  float* standardised, float* inverse_sd) {
    const auto count = static_cast<float>(length);
    for (std::size_t row = 0; row < rows; ++row) {
        const float* __restrict w = weights + row * length;
        float* __restrict out = standardised + row * length;
        const float mean = sum(w, length) / count;
        for (std::size_t i = 0; i < length; ++i) {
            out[i] = w[i] - mean;
        }
        const float scale = 1.0F / std::sqrt(product_sum(out, out, length) / count + epsilon);
        for (std::size_t i = 0; i < length; ++i) {
            out[i] *= scale;
        }
        inverse_sd[row] = scale;
    }
}

SUITE_EVERY_ISA void backward_rows(float* gradient, std::size_t rows, std::size_t length,
                                   const float* standardised, const float* inverse_sd) {
    const auto count = static_cast<float>(length);
    for (std::size_t row = 0; row < rows; ++row) {
        float* __restrict g = gradient + row * length;
        const float* __restrict w = standardised + row * length;
        const float mean = sum(g, length) / count;
        const float slope = product_sum(g, w, length) / count;
        const float scale = inverse_sd[row];
        for (std::size_t i = 0; i < length; ++i) {
            g[i] = scale * ((g[i] - mean) - w[i] * slope);
        }
    }
}

} // namespace

void standardise_weights(std::span<const float> weights, std::size_t rows, double epsilon,
                         std::span<float> standardised, std::span<float> inverse_sd) {
    assert(weights.size() == standardised.size() && inverse_sd.size() == rows && weights.size() % rows == 0);
    forward_rows(weights.data(), rows, weights.size() / rows, static_cast<float>(epsilon),
                 standardised.data(), inverse_sd.data());
}

void standardise_weights_backward(std::span<float> gradient, std::size_t rows,
                                  std::span<const float> standardised, std::span<const float> inverse_sd) {
    assert(gradient.size() == standardised.size() && inverse_sd.size() == rows &&
           gradient.size() % rows == 0);
    backward_rows(gradient.data(), rows, gradient.size() / rows, standardised.data(), inverse_sd.data());
}

} // namespace suite::kernels
