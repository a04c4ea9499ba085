// From recipes to training configurations with every length known. Private to suite/plan.
#pragma once

#include <cstddef>
#include <string>

#include "suite/plan/plan.hpp"

namespace suite::plan {

/// What a recipe says of training, with the normalisation of cherti-jitsev.md 3.2 (`parent`: the pre-training
/// recipe; null in pre-training) and the schedule for so many training images.
[[nodiscard]] TrainConfig resolve_training(const RecipeSpec& recipe, const RecipeSpec* parent,
                                           std::size_t images);

/// Multiply-accumulates of a whole run in units of 1e9: a backward pass costs two forward passes.
[[nodiscard]] double run_gigamacs(const RunConfig& config);

/// The workload's cells that the filter's globs choose, in declared order. Throws Error(usage) for a glob
/// that chooses none.
[[nodiscard]] std::vector<CellId> selected_cells(const WorkloadSpec& workload, const PlanFilter& filter);

/// expand() of a workload that measures. Runs in the order in which they are to be measured: repetition by
/// repetition through the ladder, the base case before and after each larger rung.
[[nodiscard]] Plan expand_scaling(const Catalog& catalog, const WorkloadSpec& workload,
                                  const ProfileSpec& profile, const PlanFilter& filter);

} // namespace suite::plan
