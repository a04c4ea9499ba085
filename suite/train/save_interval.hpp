// How often a run saves where it stands.
#pragma once

namespace suite::train {

/// Young and Daly: sqrt(2 * cost of a save * mean time to failure), with one failure in 51,000 device hours
/// (reliability.md 5.6) over `ranks` devices; at least 60 s, and at most 600 s so that no more than ten
/// minutes of work are lost (5.2).
[[nodiscard]] double save_interval_seconds(double save_cost_seconds, int ranks);

} // namespace suite::train
