// A pre-training run that published weights stand in for: nothing is trained, the file becomes its
// checkpoint.
#pragma once

#include "suite/plan/order/run_config.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/store/store.hpp"

namespace suite::worker {

/// Checks that the order's file still is the one that was planned (SHA-256), reads it whole, writes it as the
/// run's checkpoint, and gives the run's record without times and provenance. Throws Error(weights): the file
/// is gone, another one, or does not fit the network; then every key is named.
[[nodiscard]] store::RunRecord take_up_weights(const plan::WorkOrder& order, const plan::RunConfig& config,
                                               const store::Store& store);

} // namespace suite::worker
