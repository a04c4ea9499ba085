// One training, from arrays to arrays: no tensor leaves this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suite/data/data_set.hpp"
#include "suite/plan/run_config.hpp"

namespace suite::train {

struct LossPoint {
    std::int64_t step = 0;
    double loss = 0.0; ///< of the whole step's batch, before the update
    double lr = 0.0;
};

/// Raw outputs on the test split, every sample once, in order.
struct Predictions {
    std::size_t samples = 0;
    std::size_t outputs = 0;
    std::vector<float> scores;         ///< samples x outputs logits
    std::vector<std::int64_t> classes; ///< multiclass labels
    std::vector<float> label_matrix;   ///< multilabel labels, NaN = missing
};

/// Named parameters in one flat arena, and the optimiser's momentum beside them when it is saved.
struct NamedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
    std::size_t offset = 0; ///< into the arena, elements
};
struct TrainedWeights {
    std::vector<NamedTensor> tensors;
    std::vector<float> values;
    std::vector<float> momentum; ///< empty or as long as values
    std::int64_t step = 0;
};

struct TrainResult {
    std::vector<LossPoint> losses; ///< one per step
    Predictions predictions;
    TrainedWeights weights;
    double train_seconds = 0.0; ///< optimiser steps only
    double evaluation_seconds = 0.0;
    std::int64_t images_seen = 0;
    std::size_t parameters = 0;
};

struct TrainHooks {
    std::function<bool()> stop_requested; ///< checked between steps; true → Error(interrupted)
    std::function<void(std::int64_t step, std::int64_t total)> progress;
};

/// Trains (from `parent` with a replaced head when given, from scratch otherwise) and evaluates once at the
/// end. A function of its arguments: the same bits for the same build and instruction set, one thread. Throws
/// Error(numeric) with step and last losses when a loss is not finite, Error(weights) when the parent's
/// tensors do not fit the network (all missing, extra and misshapen names at once), Error(interrupted).
[[nodiscard]] TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                                       const TrainedWeights* parent, const TrainHooks& hooks);

/// One thread, determinism switches, memory settings. Call once per process before anything else here.
void initialise_torch(std::uint64_t seed_for_library_generators = 0);
[[nodiscard]] std::string torch_version();
[[nodiscard]] std::string cpu_capability();

} // namespace suite::train
