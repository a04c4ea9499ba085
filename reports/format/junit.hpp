// A check as JUnit XML, which CI systems read.
#pragma once

#include <string>

#include "reports/check/result.hpp"

namespace reports {

/// One suite (WORKLOAD.PROFILE) with one test case a cell (class WORKLOAD.cell) and a claim (WORKLOAD.claim),
/// named by their ids. As CTest judges them: `different` and a claim that fails unexpectedly are failures; a
/// damaged record is an error; missing or incomplete is skipped with the reason; everything else passes, and
/// its numbers stand in system-out. Times are the training seconds of the cell's runs, from their records.
/// Valid against the schema of Jenkins's xunit plugin (junit-10.xsd).
[[nodiscard]] std::string to_junit(const CheckResult& result);

} // namespace reports
