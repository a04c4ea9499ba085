// Where the workers of a verb are to train, asked before any of them starts.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "suite/app/verbs.hpp"

namespace suite::app {

/// What the worker program says of itself (transferscale-worker --describe): its MPI library, the topology,
/// and under "cuda" the devices that it sees. An empty object when it does not start.
[[nodiscard]] nlohmann::json described_worker();

/// --device, with TRANSFERSCALE_DEVICE as its default. `device` stays empty when neither is given: a GPU
/// where build and machine have one.
void add_device(CLI::App& verb, std::string& device);

/// How many GPUs workers on `device` will find here; 0: they train on the host. Throws Error(environment)
/// when cuda, or a precision that only GPUs have, is asked for and no worker here would find a GPU,
/// Error(usage) for such a precision with --device cpu. `elsewhere`: a launcher starts the workers on other
/// machines, so nothing is asked of this one.
[[nodiscard]] int request_device(const std::string& device, const std::string& precision, bool elsewhere);

} // namespace suite::app
