// Tasks that a worker process does for a verb: infer, weights import, weights export.
#pragma once

#include "suite/app/verbs.hpp"
#include "suite/plan/order/weights_order.hpp"

namespace suite::app {

struct WeightsOptions {
    plan::WeightsOrder order;
    OutputOptions output;
};

/// --model and --classes; returns the latter.
CLI::Option* add_model(CLI::App& verb, WeightsOptions& options);
/// Checks what can be checked without torch, then lets a worker do it; its exit code. Throws Error(usage) for
/// an unknown network or a result in the place of an input, Error(environment) when no worker runs.
[[nodiscard]] int perform(const WeightsOptions& options);

} // namespace suite::app
