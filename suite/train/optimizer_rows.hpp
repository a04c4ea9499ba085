// What the optimiser's kernel wants to know, from a layout and a recipe: the same for every engine.
#pragma once

#include <vector>

#include "suite/kernels/optimizer.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/layout.hpp"

namespace suite::train {

/// Tensors of the arena in order; the head's weight alone is not clipped (cherti-jitsev.md 8 #15).
[[nodiscard]] std::vector<kernels::ParameterRows> parameter_rows(const NetworkLayout& layout);
/// All but the learning rate, which changes from step to step.
[[nodiscard]] kernels::SgdSettings sgd_settings(const plan::TrainConfig& train);

} // namespace suite::train
