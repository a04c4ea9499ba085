// The test split's logits, every sample once, shared by the ranks.
#pragma once

#include "suite/data/loading/loader.hpp"
#include "suite/dist/communicator.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train {

/// Collective over a communicator of host memory; every rank returns all predictions in the split's order.
/// The batches are those of one rank, dealt round by round, so the scores have the same bits for every number
/// of ranks; what is left of the last round is a matter of counts. Throws what any rank met, on all of them.
[[nodiscard]] Predictions evaluate_split(Engine& engine, const data::Split& split,
                                         const data::LoaderOptions& options, std::size_t evaluation_batch,
                                         std::size_t outputs, dist::Communicator& communicator,
                                         const LoadingHooks& loading = {});

} // namespace suite::train
