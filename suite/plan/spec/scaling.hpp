// What a workload that measures declares: ladders of world sizes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"
#include "suite/plan/spec/training_kinds.hpp"

namespace suite::plan {

/// What stays the same along a ladder of world sizes.
enum class ScalingMode {
    weak,   ///< the images of one rank and step
    strong, ///< the images of all ranks in one step
};

/// A ladder of world sizes at the scale of one profile.
struct ScalingLadder {
    std::string profile;
    std::vector<int> ranks;           ///< rising, 1 first: the base case
    std::vector<int> oversubscribed;  ///< of them, what runs even where there are fewer cores; marked then
    int local_batch = 0;              ///< weak: images of one rank and step
    int strong_batch = 0;             ///< strong: images of all ranks and one step; 0 = no strong rungs
    int micro_batch = 0;              ///< images of one backward pass; divides both
    std::int64_t steps = 0;           ///< of one run, warm-up included
    std::int64_t warmup_steps = 0;    ///< left out of steady-state numbers
    std::string data_mode = "cached"; ///< "synthetic", "cached" or "real"
    Origin origin;
};

/// Throughput and efficiency over world sizes instead of scores. The workload's axes of roles scaling and
/// ranks take the places of the source and the shots: target/model/weak/4.
struct ScalingSpec {
    ReductionMode reduction = ReductionMode::fast; ///< of training for accuracy, too, at that scale
    double margin = 0.0; ///< points of efficiency below the reference that still count as equal
    std::string caveat;  ///< printed wherever absolute published numbers stand; "" for none
    std::vector<ScalingLadder> ladders; ///< one a profile
    [[nodiscard]] const ScalingLadder* ladder(const std::string& profile) const;
};

} // namespace suite::plan
