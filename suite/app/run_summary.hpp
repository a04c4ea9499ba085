// What `run` says at its end, and what to type next.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "suite/run/scheduler.hpp"

namespace suite::app {

/// This program's name as it was called, quoted for a shell where that is needed.
[[nodiscard]] std::string called_name();

/// Words for a shell that select the same runs for plan, check and report: the workloads and the options that
/// were given to `command` and that those take.
[[nodiscard]] std::string selection_text(const CLI::App& command, const std::vector<std::string>& workloads);

/// "finished in 6 min: 458 runs done (12 of them before), 0 failed, 0 skipped", and the commands that follow:
/// check and report if `names_next_steps`, or after an interruption the same command. Some lines, without the
/// last line end. `selection`: as selection_text() has it.
[[nodiscard]] std::string summary_text(const run::RunSummary& summary, const std::string& selection,
                                       bool names_next_steps);

} // namespace suite::app
