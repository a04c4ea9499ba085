// A worker that is several ranks: rank 0 talks to the scheduler, the others follow it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "suite/plan/order/work_message.hpp"

namespace suite::worker {

struct RankServiceOptions {
    std::filesystem::path store;
    int ranks = 1; ///< that were asked for
    double deadline_seconds = 60.0;
    int first_core = -1; ///< 0: bind to this machine's cores; -1: do not bind
    bool oversubscribed = false;
    std::string device; ///< cpu, cuda, auto; "": auto
    int first_gpu = 0;  ///< of this worker's first rank; other workers of the machine take those before
};

/// Joins the ranks, compares program, libraries and settings, then executes orders until there are no more.
/// A stop that any rank is asked for stops all. Returns the exit code: 0, or 75 after a stop. Collective.
///
/// Throws Error(usage) on every rank when ranks differ or are not as many as asked for. Does not return when
/// a rank is lost: what is left says so to the scheduler and ends all with exit code 8.
[[nodiscard]] int serve_ranks(const RankServiceOptions& options, const std::function<bool()>& stop_requested,
                              const std::function<void(const plan::WorkReport&)>& send);

/// Where the options want it, binds this process as the `index`th of `count` ranks of its host: to one core,
/// since a rank computes on one thread and a rung of few ranks must not have more cores a rank than one of
/// many; on a machine with GPUs to all cores of its place. Throws Error(environment).
void bind_rank(const RankServiceOptions& options, int index, int count);

/// One JSON document: {"mpi", "topology", "cuda"}: the library (null in a build without MPI), what hwloc
/// sees, and {"compiled", "gpus", "reason", "driver", "nccl"} (versions as numbers, 0 = none).
[[nodiscard]] std::string describe_ranks();

} // namespace suite::worker
