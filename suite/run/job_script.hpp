// The Slurm scripts of a plan. Texts only: nothing is written or submitted here. Templates: ci/slurm/.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/spec/system.hpp"
#include "suite/run/job_parts.hpp"

namespace suite::run {

enum class JobShape {
    allocation, ///< one job that packs all runs, a scheduler on each of its nodes
    array,      ///< a job array over parts of the plan, so many of them at once
    ladder,     ///< one job, one scheduler; each run over its ranks, on the first nodes
};

/// What is to be submitted. Paths are absolute.
struct JobRequest {
    std::string name;        ///< of the jobs; one word
    plan::SystemSpec system; ///< with jobs
    JobShape shape = JobShape::allocation;
    std::filesystem::path program; ///< transferscale
    std::filesystem::path store;
    std::filesystem::path folder;                   ///< of the scripts and what they print
    std::vector<std::string> workloads;             ///< of the verbs that run, check and report
    std::vector<std::string> options;               ///< --profile P …: the same for all of them
    std::vector<std::string> run_options;           ///< --device D …: of run alone
    std::vector<std::string> cells;                 ///< --cell GLOB …: of all but array tasks
    std::vector<JobPart> parts;                     ///< array: its tasks
    WorkLeft left;                                  ///< of all plans
    int nodes = 1;                                  ///< allocation, ladder: of the job; array: tasks at once
    int ranks = 1;                                  ///< of the widest run
    std::optional<int> minutes;                     ///< instead of the estimate
    std::map<std::string, std::string> environment; ///< besides the system's
    std::string account;                            ///< instead of the system's
    std::string after;                              ///< --dependency of the first job: "afterany:12"
};

struct JobScript {
    std::string name;       ///< its file is NAME.sh
    std::string text;       ///< mode 755
    std::string after;      ///< name of the script whose job it waits for, whatever becomes of that
    std::string dependency; ///< of jobs that exist already: "afterany:12"
    int nodes = 1;          ///< of each task
    int tasks = 1;          ///< of an array
    JobTime time;
};

struct JobScripts {
    std::vector<JobScript> scripts; ///< in the order of submission: run, check, report
    std::string launcher;           ///< text of the file `launch`; empty: none is needed
    std::vector<std::string> notes; ///< what was decided that the user should know
};

/// Processes of one node that each do a run: one a GPU, or one for so many cores.
[[nodiscard]] int processes_per_node(const plan::SystemSpec& system);

/// Throws Error(usage) with all faults when the request does not fit the system's limits: nodes, minutes, a
/// run that is longer than any job, more passes than requeues; paths or names that no script can hold.
[[nodiscard]] JobScripts write_job_scripts(const JobRequest& request);

/// One word for the shell that is exactly this text.
[[nodiscard]] std::string shell_quoted(const std::string& text);

} // namespace suite::run
