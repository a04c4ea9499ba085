// How often a run saves where it stands.
#pragma once

namespace suite::train {

/// Young and Daly: sqrt(2 * cost of a save * mean time to failure), with one failure in 51,000 device hours
/// over `ranks` devices (419 stops in 21.2 million GPU hours: "The Llama 3 Herd of Models", 2024); at least
/// 60 s, and at most 600 s so that no more than ten minutes of work are lost.
[[nodiscard]] double save_interval_seconds(double save_cost_seconds, int ranks);

} // namespace suite::train
