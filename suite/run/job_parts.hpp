// How much of a plan is left, how it is cut into parts, and for how long a job asks.
#pragma once

#include <string>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/run/estimate.hpp"

namespace suite::run {

/// What is still to do, in wall seconds of one run at a time; a run over ranks is as much faster as it has
/// ranks.
struct WorkLeft {
    double total_seconds = 0.0;
    double longest_seconds = 0.0; ///< the longest chain: a pre-training run and one that follows it
    double longest_run_seconds = 0.0;
};

/// Cells that one task of a job array works on.
struct JobPart {
    std::string workload;
    std::vector<std::string> cells; ///< in the plan's order
    WorkLeft left;
};

/// A plan, what the store holds of it (as survey() says), and how fast its networks are trained.
struct PlannedWork {
    const plan::Plan* plan = nullptr;
    const std::vector<ItemStatus>* statuses = nullptr;
    Throughput throughput; ///< as expected_throughput() has it
    int ranks = 1;         ///< of runs that do not name their own number
};

/// All plans together; a run that several hold counts once.
[[nodiscard]] WorkLeft work_left(const std::vector<PlannedWork>& work);

/// At most `parts` parts of about the same length, longest first. Cells that follow the same pre-training run
/// stay together, so that no task waits for what another one trains; there may be fewer parts for that.
/// Finished cells are left out. Plans do not share a part: at least one part for each that is not finished.
[[nodiscard]] std::vector<JobPart> split_work(const std::vector<PlannedWork>& work, std::size_t parts);

/// What a job asks for.
struct JobTime {
    int minutes = 0;
    int passes = 1; ///< how often it is started until all is done: more than one when the limit is too short
    double estimate_seconds = 0.0; ///< without margin
};

/// Our choices, stated in the scripts: estimates from multiply-accumulates are good to about a third, and
/// starting, reading data and the first measured rate take minutes on a busy file system.
inline constexpr double time_margin = 1.5;
inline constexpr double start_up_seconds = 600.0;

/// For this work on so many processes; never above the limit.
[[nodiscard]] JobTime time_for(const WorkLeft& left, int processes, int minutes_limit, int signal_seconds);
/// With the minutes given.
[[nodiscard]] JobTime time_within(const WorkLeft& left, int processes, int minutes, int signal_seconds);

} // namespace suite::run
