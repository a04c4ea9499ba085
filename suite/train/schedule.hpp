// The learning rate as a pure function of the step (paper.md#batch-and-learning-rate,
// paper.md#bit-hyperrule).
#pragma once

#include <cstdint>

#include "suite/plan/order/run_config.hpp"

namespace suite::train {

/// Learning rate of optimiser step `step` (from 0).
///
/// step, cosine: with e = (step + 1) / steps_per_epoch (fractional epochs at the end of the step) and K =
/// workers, warm-up while e <= warmup_epochs: peak * (1 + e (K - 1) / warmup_epochs) / K; with K = 0 its
/// limit for many workers, peak * e / warmup_epochs. Afterwards `step`: peak / 10^k with k the number of
/// boundaries (epochs) <= the whole epoch of the step; `cosine`: from the peak to 0 over the epochs that are
/// left, peak * (1 + cos(pi (e - warmup_epochs) / (T - warmup_epochs))) / 2 with T = total_steps /
/// steps_per_epoch.
///
/// hyperrule, boundaries s0..s4: peak * step / s0 below s0 (0 at step 0), then peak / 10^k with k the number
/// of {s1, s2, s3} strictly less than the step, 0 from s4 on (the training has stopped).
[[nodiscard]] double learning_rate(const plan::ScheduleConfig& schedule, std::int64_t step);

} // namespace suite::train
