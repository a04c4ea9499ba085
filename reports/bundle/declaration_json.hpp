// What a check needs of the declarations, as a JSON text that a bundle keeps. Private to reports.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// What a check compares and with what; of a plan's runs their places only (PlannedCell::runs).
struct BundleSubject {
    suite::plan::WorkloadSpec workload;
    suite::plan::ProfileSpec profile;
    suite::plan::Plan plan;
    suite::plan::References references;
};

/// Title, axes, source rules, claims, figures; the profile's id and title; cells with margins and stand-ins;
/// skipped cells; which references judge. Runs and reference values are not in it: they are tables.
[[nodiscard]] nlohmann::ordered_json declaration_to_json(const BundleSubject& subject);
/// Inverse. Throws nlohmann::json::exception or std::invalid_argument for anything else.
[[nodiscard]] BundleSubject declaration_from_json(const nlohmann::ordered_json& document);

} // namespace reports
