// Where the efficiency of a rung went.
#pragma once

#include "suite/store/scaling_section.hpp"

namespace reports {

/// Percentage points of efficiency over steady steps, each the seconds that a step took longer than its base
/// case's for one reason, over the step's seconds; they add up to what is missing to 100. Negative where a
/// rung was the faster one.
struct EfficiencyLoss {
    double computing = 0.0; ///< data, forward, backward with the calls inside it, and optimiser of the mean
                            ///< rank: cores that share caches, memory or units; hidden communication
    double communication = 0.0; ///< exposed, beyond the next
    double waiting = 0.0;       ///< for the rank whose forward and backward took longest
    double other = 0.0;         ///< between the parts: agreement of the ranks, bookkeeping
    [[nodiscard]] double total() const noexcept { return computing + communication + waiting + other; }
};

/// Of a rung between its base cases, one rank each; a smaller batch a rank (strong scaling) is measured
/// against that share of the base case's step.
[[nodiscard]] EfficiencyLoss efficiency_loss(const suite::store::ScalingSummary& rung,
                                             const suite::store::ScalingSummary& before,
                                             const suite::store::ScalingSummary& after);

} // namespace reports
