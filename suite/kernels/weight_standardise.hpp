// Weight standardisation over flat filters (paper.md#weight-standardisation): per output filter subtract the
// mean, divide by sqrt(biased variance + epsilon). Done once per optimiser step for all micro-batches of it;
// the backward pass is linear in the gradient, so it too runs once, on the sum.
#pragma once

#include <cstddef>
#include <span>

namespace suite::kernels {

/// weights, standardised: rows x row_length; inverse_sd: rows values 1 / sqrt(variance + epsilon).
void standardise_weights(std::span<const float> weights, std::size_t rows, double epsilon,
                         std::span<float> standardised, std::span<float> inverse_sd);

/// In place: `gradient` holds d loss / d standardised on entry and d loss / d weights on return.
void standardise_weights_backward(std::span<float> gradient, std::size_t rows,
                                  std::span<const float> standardised, std::span<const float> inverse_sd);

} // namespace suite::kernels
