// What `run` says at its end, and what to type next.
#pragma once

#include <string>

#include "suite/app/run_options.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::app {

/// This program's name as it was called, quoted for a shell where that is needed.
[[nodiscard]] std::string called_name();

/// Words of a command that selects the same runs: workloads, cells, store and the options that differ from
/// the defaults, quoted for a shell.
[[nodiscard]] std::string selection_text(const SelectionOptions& selection);

/// "finished in 6 min: 458 runs done (12 of them before), 0 failed, 0 skipped", and the commands that follow:
/// check and report if `names_next_steps`, or after an interruption the same command. Some lines, without the
/// last line end.
[[nodiscard]] std::string summary_text(const run::RunSummary& summary, const SelectionOptions& selection,
                                       bool names_next_steps);

} // namespace suite::app
