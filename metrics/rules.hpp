// The rules by which cells and claims are judged, each of which can be switched off. Every report judges with
// all of them on; the simulation (metrics/simulation.hpp) switches one off at a time to show what it is for.
#pragma once

#include "metrics/t_tests.hpp"

namespace metrics {

struct Rules {
    double alpha = default_alpha;
    /// `different` is |difference| shown to be larger than the margin; off: shown not to be 0.
    bool different_beyond_margin = true;
    /// Cells shown to be equivalent enter Benjamini–Hochberg with p = 1; off: with the p of their difference,
    /// and are called equivalent afterwards.
    bool equivalents_at_one = true;
    /// The rounding of a printed mean narrows what can be shown, on both sides of the margin; off: it widens
    /// the margin.
    bool rounding_narrows = true;
    bool withholds_at_chance = true; ///< no `equivalent` where chance lies within the margin of the reference
    bool pools_sds = true;           ///< margins in sds use the sd pooled over similar cells
    bool caps_margins = true;        ///< margins in sds end at the cap declared for the metric
    bool pairs_seeds = true;         ///< values of the same seeds are tested in pairs
    /// "All of" is an intersection–union test: no correction; off: Holm over its terms.
    bool all_of_is_intersection = true;
    bool counts_parents = true; ///< the variance between pre-training runs is added where it is known
};

} // namespace metrics
