// A folder of published weights that a person names with --weights.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "suite/plan/plan.hpp"

namespace suite::app {

/// Where a declared file lies below the folder; empty when it is not there. Looks, reads nothing.
[[nodiscard]] std::filesystem::path find_weights(const plan::WeightsSpec& weights,
                                                 const std::filesystem::path& folder);

/// Bytes of the file's arrays: the parameters as float32. The file is a few kilobytes longer.
[[nodiscard]] double weights_bytes(const plan::Catalog& catalog, const plan::WeightsSpec& weights);

/// What a file that is not in the folder means.
enum class Missing { fault, trained };

/// What replaces pre-training runs of these plans, for PlanFilter::weights: every declared file that could,
/// read whole for its digest. Throws Error(weights) with all faults of all files: missing, no archive of
/// arrays, not as many values as the network has. Throws Error(usage) when no declared weights fit any run.
[[nodiscard]] std::map<std::string, plan::WeightsFile> weights_of_folder(const plan::Catalog& catalog,
                                                                         const std::vector<plan::Plan>& plans,
                                                                         const std::filesystem::path& folder,
                                                                         Missing missing);

} // namespace suite::app
