// Weights between files and networks: official .npz files and checkpoints of the store.
#pragma once

#include <filesystem>
#include <string>

#include "suite/store/checkpoint_file.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/official_weights.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {

[[nodiscard]] store::Checkpoint checkpoint_of(const std::string& key, train::TrainedWeights weights);
[[nodiscard]] train::TrainedWeights trained_weights_of(store::Checkpoint checkpoint);

/// The state of a run that is not done, and back; nothing when another build made it or it is a finished
/// run's. Throws Error(weights) when its steps are not one after the other.
[[nodiscard]] store::Checkpoint checkpoint_of(const std::string& key, train::TrainingState state,
                                              std::string build);
[[nodiscard]] std::optional<train::TrainingState> training_state_of(store::Checkpoint checkpoint,
                                                                    const std::string& build);

/// A network for inference with the weights of a file, which is an official .npz or a checkpoint. Of .npz
/// files one tensor at a time is held besides the network. Throws Error(weights) naming every tensor that
/// does not fit or is not finite.
[[nodiscard]] train::InferenceNetwork load_network(const plan::NetworkSpec& network, std::size_t outputs,
                                                   const std::filesystem::path& weights);

/// The .npz as a checkpoint at step 0 without momentum. Its key is the SHA-256 of the values, so that a run
/// can name it as its parent.
[[nodiscard]] store::Checkpoint import_official(const std::filesystem::path& npz,
                                                const plan::NetworkSpec& network, std::size_t outputs,
                                                train::HeadSource head);
/// The checkpoint's parameters as an official file; `outputs` 0: as many as it has. `where` begins the
/// messages. Throws Error(weights).
void export_official(store::Checkpoint checkpoint, const std::string& where, const plan::NetworkSpec& network,
                     std::size_t outputs, const std::filesystem::path& npz);

} // namespace suite::worker
