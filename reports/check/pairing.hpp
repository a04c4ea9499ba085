// Values of the same seeds on both sides of a comparison. A seed decides the few-shot draw and the order of
// batches, so the same seed gives correlated scores here and there, and their differences vary less than the
// scores do. Published seeds are other draws: never paired with ours. Private to reports.
#pragma once

#include <algorithm>
#include <vector>

#include "metrics/verdict.hpp"

namespace reports {

/// Of the seeds that both lists have, in the order of `ours`; each entry has a seed and a value. A seed that
/// one side lacks is left out and changes nothing else. Fewer than two pairs are not tested in pairs
/// (metrics::compare).
template<typename Ours, typename Reference>
[[nodiscard]] metrics::SeedPairs shared_seeds(const std::vector<Ours>& ours,
                                              const std::vector<Reference>& reference) {
    metrics::SeedPairs pairs;
    for (const Ours& entry : ours) {
        const auto other = std::find_if(reference.begin(), reference.end(),
                                        [&entry](const Reference& r) { return r.seed == entry.seed; });
        if (other != reference.end()) {
            pairs.ours.push_back(entry.value);
            pairs.reference.push_back(other->value);
        }
    }
    return pairs;
}

} // namespace reports
