// From recipes to training configurations with every length known. Private to suite/plan.
#pragma once

#include <cstddef>
#include <string>

#include "suite/plan/run_config.hpp"

namespace suite::plan {

/// What a recipe says of training, with the normalisation of cherti-jitsev.md 3.2 (`parent`: the pre-training
/// recipe; null in pre-training) and the schedule for so many training images.
[[nodiscard]] TrainConfig resolve_training(const RecipeSpec& recipe, const RecipeSpec* parent,
                                           std::size_t images);

/// Multiply-accumulates of a whole run in units of 1e9: a backward pass costs two forward passes.
[[nodiscard]] double run_gigamacs(const RunConfig& config);

} // namespace suite::plan
