// The runs of a check as an event log in the manner of MLPerf.
#pragma once

#include <string>

#include "reports/check/result.hpp"

namespace reports {

/// One line an event, ":::MLLOG {…}" with the fields namespace, time_ms, event_type, key, value, metadata as
/// MLPerf's logging library prints them. What was submitted comes first; then for each finished or failed run
/// of the listed cells, and each pre-training run, in the order of their starts, run_start, seed,
/// train_samples, eval_accuracy (percent, of cells) and run_stop with its status. Times are those of the
/// records (to the second in those of earlier versions); run_stop is the start plus the recorded wall
/// seconds. Nothing that was not recorded is written, so this is no MLPerf submission.
[[nodiscard]] std::string to_event_log(const CheckResult& result);

} // namespace reports
