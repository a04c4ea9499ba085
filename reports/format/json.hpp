// The JSON document of `check` and `report` (fields: reports/SCHEMA.md): field names are a contract; fields
// may be added, never renamed.
#pragma once

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"

namespace reports {

/// Numbers that do not exist are null. `compared_with` ("published" or "recorded") of the document and of
/// each cell says what the verdict is about; the verdicts themselves are the same words for both:
/// "identical", "equivalent", "different", "inconclusive", "missing", "no reference", and `counts`
/// (no_reference with _) adds up to all cells. Fields beyond the contract: summary, planned, values,
/// published, baseline, p_different_adjusted, repeats_baseline, stand_ins; claims: where, published,
/// baseline, expected, cells; damaged.
[[nodiscard]] nlohmann::ordered_json to_json(const CheckResult& result);

} // namespace reports
