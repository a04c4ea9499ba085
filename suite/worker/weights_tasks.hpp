// What the worker program does besides runs.
#pragma once

#include <cstddef>

#include "suite/plan/network/spec.hpp"
#include "suite/plan/order/weights_order.hpp"

namespace suite::worker {

/// Does it and says so: one JSON document on stdout when asked for, a line on stderr otherwise. Results are
/// files, written whole or not at all. Throws Error: usage (unknown network), weights, data (images),
/// numeric (logits that are not finite), environment (a result that cannot be written).
void perform(const plan::WeightsOrder& order);

/// How many images of this size go through the network at once: their maps take some 256 MB at most.
[[nodiscard]] std::size_t inference_batch(const plan::NetworkSpec& network, std::size_t height,
                                          std::size_t width);

} // namespace suite::worker
