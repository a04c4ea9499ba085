// Which published data sets and weights are on this machine, and what each missing one would enable.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "suite/app/plan_report.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::app {

/// {"data_root", "datasets": […], "weights": […]}. A set's `cells` and `workloads` are those that need it at
/// the profile that reads it (paper, or laptop), `cells_alone` those that need nothing else that is missing.
/// Looks for folders and files by name, lists none.
[[nodiscard]] nlohmann::json places_document(const plan::Catalog& catalog, const Places& places);
[[nodiscard]] std::string places_text(const nlohmann::json& document);

} // namespace suite::app
