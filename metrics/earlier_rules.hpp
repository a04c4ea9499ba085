// The rules of the versions before the present ones: bundles of their schemas are verified by them, and the
// simulation compares the present rules with them.
#pragma once

#include "metrics/rules.hpp"

namespace metrics {

inline constexpr Rules earlier_rules{.different_beyond_margin = false,
                                     .equivalents_at_one = false,
                                     .rounding_narrows = false,
                                     .withholds_at_chance = false,
                                     .pools_sds = false,
                                     .caps_margins = false,
                                     .pairs_seeds = false,
                                     .all_of_is_intersection = false,
                                     .counts_parents = false};

} // namespace metrics
