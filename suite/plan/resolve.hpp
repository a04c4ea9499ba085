// From recipes to training configurations with every length known. Private to suite/plan.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "suite/plan/plan.hpp"

namespace suite::plan {

/// What a recipe says of training, with the normalisation of paper.md#normalisation (`parent`: the
/// pre-training recipe; null in pre-training) and the schedule for so many training images.
[[nodiscard]] TrainConfig resolve_training(const RecipeSpec& recipe, const RecipeSpec* parent,
                                           std::size_t images);

/// Every protocol may be asked for; one that declares nothing means what is declared anyway. Throws
/// Error(usage) for another name.
[[nodiscard]] ProtocolSpec protocol_of(const Catalog& catalog, const std::string& name);

/// What a published name is mapped to, by default itself.
[[nodiscard]] const std::string& mapped(const std::map<std::string, std::string>& names,
                                        const std::string& name);

/// What stands for a published name: the profile's stand-in of what the protocol makes of it, else that of
/// the name itself (a miniature that does not tell the two apart), else the former itself.
[[nodiscard]] const std::string& used_name(const std::map<std::string, std::string>& protocol,
                                           const std::map<std::string, std::string>& profile,
                                           const std::string& name);

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
