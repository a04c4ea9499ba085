// How fast this machine trains a profile's networks: a short pre-training run of each, in a store of its own.
#pragma once

#include <filesystem>

#include "suite/plan/plan.hpp"
#include "suite/run/estimate.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::run {

/// Optimiser steps of a measurement: long enough that start-up does not count, seconds on one core.
inline constexpr std::int64_t measured_steps = 60;

/// The plan's cheapest pre-training run of each network, cut to `measured_steps` steps.
[[nodiscard]] plan::Plan measurement_plan(const plan::Plan& plan);

/// Trains measurement_plan() in `scratch`, a folder that is made and removed, as the options say. Networks
/// whose data are not on this machine are left out. Throws as Scheduler::run.
[[nodiscard]] Throughput measure_throughput(const plan::Catalog& catalog, const plan::Plan& plan,
                                            const std::filesystem::path& scratch, const RunOptions& options);

} // namespace suite::run
