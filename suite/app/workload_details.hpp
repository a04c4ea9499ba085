// What `transferscale list WORKLOAD` says about one workload.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "suite/plan/declare/catalog.hpp"

namespace suite::app {

/// Fields of `list --json` for a workload: id, title, source (where printed), cells and claims (counts),
/// profiles with runs, parents and estimate_seconds.
[[nodiscard]] nlohmann::ordered_json workload_summary(const plan::Catalog& catalog,
                                                      const plan::WorkloadSpec& workload);

/// The same with axes, metrics, margins, margin_sds, cell_ids, claim_list (id, text, where), files and
/// commands.
[[nodiscard]] nlohmann::ordered_json workload_details(const plan::Catalog& catalog,
                                                      const plan::WorkloadSpec& workload);

/// These details for people, at most 80 columns wide.
[[nodiscard]] std::string details_text(const nlohmann::ordered_json& details);

} // namespace suite::app
