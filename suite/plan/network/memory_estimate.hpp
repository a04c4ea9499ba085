// Whether a machine can hold a run at all: said before it starts, instead of being killed on the way.
#pragma once

#include <string>

#include "suite/plan/order/run_config.hpp"

namespace suite::plan {

/// The least that one rank's training takes on the host: float32 arenas of weights, gradients, momentum and
/// standardised weights, under strict reduction one of gradients more for each level of the tree of
/// micro-batches (suite/train/reduce/gradient_reducer.hpp); and what every convolution and normalisation of
/// one micro-batch puts out, which the backward pass needs. Libraries come on top.
[[nodiscard]] double least_memory_bytes(const RunConfig& config, int ranks);

/// That, with what was measured to come on top; 0 where weights replace the run.
[[nodiscard]] double needed_memory_bytes(const RunConfig& config, int ranks);

/// Why the run does not fit so much memory; empty when it may, and where weights replace it.
[[nodiscard]] std::string memory_refusal(const RunConfig& config, int ranks, double memory_bytes);

} // namespace suite::plan
