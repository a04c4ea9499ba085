// The gate before a number is published.
#pragma once

#include <span>

#include "suite/data/data_set.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {

[[nodiscard]] double mean_loss(std::span<const train::LossPoint> losses);

/// Right count, finite scores, and a loss that did not blow up (the mean
/// of the last quarter of the curve at most twice that of the first, for runs of 16 steps or more: fewer are
/// too noisy to judge). Throws Error(numeric).
void check_validity(const plan::RunConfig& config, const data::DataSet& data_set,
                    const train::TrainResult& result);

} // namespace suite::worker
