// An audit for people and for scripts.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "reports/audit/audit.hpp"

namespace reports {

/// Tables with their mismatches, marks that disagree with the numbers, contrasts in short, claims by grade;
/// 110 columns.
[[nodiscard]] std::string audit_text(const Audit& audit);

/// The JSON document of `audit` (fields: reports/SCHEMA.md): tables, contrasts, bold, claims, summary.
/// Numbers that do not exist are null.
[[nodiscard]] nlohmann::ordered_json to_json(const Audit& audit);

} // namespace reports
