// Slurm's commands: sbatch and scontrol, with what can go wrong with them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace suite::run {

/// How a command ended and all that it printed on stdout and stderr.
struct CommandOutput {
    int exit_code = 0;
    std::string text;
    bool timed_out = false;
};

/// Runs a program found on PATH with empty stdin; ends it after the deadline. Throws Error(environment) when
/// there is no such program.
[[nodiscard]] CommandOutput run_command(const std::vector<std::string>& words, double deadline_seconds);

/// Submits a script and returns the job's id. Throws Error(environment) without sbatch, Error(peer) when the
/// controller does not answer, Error(usage) with sbatch's words when it refuses the script.
[[nodiscard]] std::string submit_script(const std::filesystem::path& script,
                                        const std::vector<std::string>& options);

/// What Slurm says of a job; of an array, of all its tasks together.
struct JobStatus {
    bool ended = false;
    std::string state; ///< of the first task that has not ended, else of the first that failed: "RUNNING"
    int exit_code = 0; ///< of the first that failed; 128 + signal when one ended it
};

/// From the lines of `scontrol --oneliner show job ID`, one a task. Throws Error(peer) when there is none.
[[nodiscard]] JobStatus job_status_from(std::string_view lines);
/// Asks Slurm. Throws Error(peer) when the controller does not answer, Error(store) when it knows no such
/// job (any more): silence is never success.
[[nodiscard]] JobStatus job_status(const std::string& id);

/// Waits until all jobs have ended; notes changes of state. The first exit code that is not 0. A controller
/// that is silent for longer than the patience: Error(peer); the jobs go on.
[[nodiscard]] int wait_for_jobs(const std::vector<std::string>& ids, double patience_seconds);

} // namespace suite::run
