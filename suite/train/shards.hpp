// How the ranks share the images of a step: pure arithmetic.
#pragma once

#include <cstddef>
#include <vector>

#include "suite/plan/spec/training_kinds.hpp"

namespace suite::train {

/// One micro-batch of a step's batch.
struct Shard {
    std::size_t index = 0; ///< among all shards of the step, whoever has them; keys MixUp
    std::size_t first = 0; ///< image of the batch
    std::size_t count = 0;
    [[nodiscard]] bool operator==(const Shard&) const = default;
};

/// All shards of a step, every image once, in order; each rank has a run of them, at least one.
struct ShardPlan {
    std::vector<Shard> all;
    std::size_t mine_begin = 0;
    std::size_t mine_end = 0;
    [[nodiscard]] std::size_t mine() const noexcept { return mine_end - mine_begin; }
    [[nodiscard]] std::size_t first_image() const noexcept { return all[mine_begin].first; }
    [[nodiscard]] std::size_t images() const noexcept {
        return all[mine_end - 1].first + all[mine_end - 1].count - first_image();
    }
};

/// strict: the micro-batches, shared evenly: `ranks` must be a power of two that divides their number. fast:
/// the images shared as evenly as can be, each rank's share cut into micro-batches of at most `micro_batch`;
/// where ranks divide the micro-batches these are the same. Throws Error(usage) naming both numbers and the
/// fix; all faults at once.
[[nodiscard]] ShardPlan shard_plan(int batch, int micro_batch, int ranks, int rank, plan::ReductionMode mode);

} // namespace suite::train
