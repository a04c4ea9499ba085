// How often a run saves where it stands.
#pragma once

namespace suite::train {

/// Young and Daly: sqrt(2 * cost of a save * mean time to failure), with one failure in 51,000 device hours
/// over `ranks` devices (419 stops in 21.2 million GPU hours: "The Llama 3 Herd of Models", 2024); at least
/// 60 s, and at most 600 s so that no more than ten minutes of work are lost.
[[nodiscard]] double save_interval_seconds(double save_cost_seconds, int ranks);

/// Seconds between saves that TRANSFERSCALE_SAVE_SECONDS asks for, where jobs are stopped more often than
/// that; −1 without it: by save_interval_seconds(). Throws Error(usage) unless it is a number of 0 or more.
[[nodiscard]] double wanted_save_seconds();

} // namespace suite::train
