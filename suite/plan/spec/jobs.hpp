// How a system takes jobs: the table [system.jobs] of a system file.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace suite::plan {

/// Empty texts leave the choice to the site's defaults.
struct JobsSpec {
    std::string scheduler; ///< "slurm"
    std::string partition;
    std::string account;
    std::string qos;
    std::string constraint;
    std::vector<std::string> modules;               ///< loaded in this order before anything else
    std::map<std::string, std::string> environment; ///< set in every job
    /// Starts a run over several ranks: the words in front of the program, split at blanks. {ranks} becomes
    /// their number, {nodes} and {hosts} the first nodes of the allocation that hold them, {host_slots} the
    /// same as HOST:SLOTS.
    std::string launcher = "srun --mpi=pmix --ntasks={ranks} --nodes={nodes} --nodelist={hosts}";
    int cpus_per_process = 1; ///< cores that one process of a run gets
    int minutes_limit = 0;    ///< the partition's
    int nodes_limit = 0;      ///< of one job
    bool exclusive = false;   ///< whole nodes, whatever is asked for
    int signal_seconds = 300; ///< before the end of a job's time it is told to stop; 0: never
    int requeues_limit = 5;   ///< how often a job that was stopped puts itself back into the queue
    [[nodiscard]] bool operator==(const JobsSpec&) const = default;
};

} // namespace suite::plan
