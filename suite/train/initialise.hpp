// Initial parameters and the hand-over from a pre-trained network, on the flat arena.
#pragma once

#include <cstdint>
#include <span>

#include "suite/data/data_set.hpp"
#include "suite/plan/network/layout.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train {

/// Everything but the head's convolution: U(±1/sqrt(fan_in)) for convolutions, GN scale 1 and shift 0
/// (paper.md#initialisation). Tensor i draws from stream (seed, weights, sample = i).
void initialise_backbone(const plan::NetworkLayout& layout, std::uint64_t seed, std::span<float> weights);

/// The head's convolution. framework: U(±1/sqrt(fan_in)) for weight and bias from streams (seed, head); zero:
/// zeros; prevalence: weight as framework, bias[k] = log((p_k + 1/2) / (n_k - p_k + 1/2)) for labels (p_k
/// positives of n_k known), log((p_k + 1/2) / (n + classes / 2)) for classes, over the `subset` that is
/// trained on.
void initialise_head(const plan::NetworkLayout& layout, std::uint64_t seed, plan::HeadInit how,
                     const data::Labels& labels, std::span<const std::size_t> subset,
                     std::span<float> weights);

/// Copies everything but the head's convolution by name. Throws Error(weights) naming every tensor that is
/// missing, extra, misshapen or outside the parent's values.
void copy_backbone(const plan::NetworkLayout& layout, const TrainedWeights& parent, std::span<float> weights);
/// The same with the head's convolution. `where` begins the messages.
void copy_weights(const plan::NetworkLayout& layout, const TrainedWeights& source, const std::string& where,
                  std::span<float> weights);

} // namespace suite::train
