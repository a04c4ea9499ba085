// What the report of a check says of its runs. Private to reports.
#pragma once

#include <vector>

#include "reports/check/records.hpp"
#include "reports/check/result.hpp"

namespace reports {

/// Fills CheckResult::runs, in the plan's order, and CheckResult::provenances.
void describe_runs(const suite::plan::Plan& plan, Records& records, CheckResult& result);

} // namespace reports
