// A worker that is several ranks: rank 0 talks to the scheduler, the others follow it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "suite/plan/work_message.hpp"

namespace suite::worker {

struct RankServiceOptions {
    std::filesystem::path store;
    int ranks = 1; ///< that were asked for
    double deadline_seconds = 60.0;
    int first_core = -1; ///< bind to the cores from here on; -1: do not bind
    bool oversubscribed = false;
};

/// Joins the ranks, compares program, libraries and settings, then executes orders until there are no more.
/// A stop that any rank is asked for stops all. Returns the exit code: 0, or 75 after a stop. Collective.
///
/// Throws Error(usage) on every rank when ranks differ or are not as many as asked for. Does not return when
/// a rank is lost: what is left says so to the scheduler and ends all with exit code 8.
[[nodiscard]] int serve_ranks(const RankServiceOptions& options, const std::function<bool()>& stop_requested,
                              const std::function<void(const plan::WorkReport&)>& send);

/// One JSON document: {"mpi", "topology"}: the library (null in a build without MPI) and what hwloc sees.
[[nodiscard]] std::string describe_ranks();

} // namespace suite::worker
