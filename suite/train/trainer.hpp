// One training, from arrays to arrays: no tensor leaves this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suite/base/arena.hpp"
#include "suite/data/data_set.hpp"
#include "suite/data/loading/bad_images.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/engine.hpp"

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

/// Named parameters in one flat arena, and what else the training had (Engine::arenas()) beside them.
struct TrainedWeights {
    std::vector<NamedTensor> tensors; ///< of values
    std::vector<float> values;
    std::vector<NamedArena> arenas; ///< "buffers", "momentum", …; none where only weights are known
    std::int64_t step = 0;
};

/// Where a run stands between two steps: all that a new process needs to go on with the same bits.
struct TrainingState {
    std::int64_t step = 0;          ///< steps done
    std::vector<NamedArena> arenas; ///< those of the engine, in their order
    std::vector<LossPoint> losses;  ///< one per step done
    std::int64_t images_seen = 0;
    double train_seconds = 0.0;
    std::optional<LossScaleState> loss_scale{}; ///< of engines that have one
};

/// Where one step's time went on one rank, seconds of a monotonic clock.
struct StepTime {
    double data = 0.0;
    double forward = 0.0;               ///< with the loss
    double backward = 0.0;              ///< without the calls below
    double overlapped = 0.0;            ///< starting and advancing reductions inside backward
    double exposed_communication = 0.0; ///< waiting for other ranks after backward
    double optimiser = 0.0;             ///< with weight standardisation, both ways
    double whole = 0.0;
};
struct StepTimes {
    int ranks = 0;
    std::vector<StepTime> values; ///< steps x ranks
    [[nodiscard]] std::size_t steps() const noexcept {
        return ranks == 0 ? 0 : values.size() / static_cast<std::size_t>(ranks);
    }
};

struct TrainResult {
    std::vector<LossPoint> losses; ///< one per step
    Predictions predictions;
    TrainedWeights weights;
    StepTimes step_times;           ///< empty unless asked for
    std::uint64_t weights_hash = 0; ///< hash64, equal on all ranks
    std::size_t bucket_bytes = 0;   ///< of gradients summed at once over the ranks; 0: no buckets
    /// || sum in the wire's format - in float32 || / || in float32 ||: the largest of any bucket at the steps
    /// at which weights are compared, since these processes began. None: the wire is float32.
    std::optional<double> wire_error{};
    double train_seconds = 0.0; ///< optimiser steps only
    double evaluation_seconds = 0.0;
    std::int64_t images_seen = 0;
    std::size_t parameters = 0;
    std::vector<data::BadImage> skipped_images{};    ///< of training, since these processes began
    std::vector<data::BadImage> incomplete_images{}; ///< likewise: used though their data end early
};

/// How images behind a source are loaded; nothing here changes a result but what is skipped.
struct LoadingHooks {
    int workers = 1;               ///< threads of a rank; 0: the training thread loads
    std::size_t images_ahead = 32; ///< about so many are kept ready
    /// Of training images; of test images before training (test_images.hpp), evaluation itself stops.
    data::BadImagePolicy on_bad_image = data::BadImagePolicy::stop;
    std::pmr::memory_resource* memory = nullptr; ///< of images that wait, such as pinned; null: the heap
};

struct TrainContext {
    std::function<bool()> stop_requested; ///< of any rank; all stop between two steps → Error(interrupted)
    /// Steps done, steps in all, the last step's loss; on every rank that has one.
    std::function<void(std::int64_t step, std::int64_t total, double loss)> progress;
    const TrainingState* resume = nullptr; ///< of rank 0: where to go on
    /// Called on rank 0, every so many seconds and before a stop. What it throws ends the run on all ranks.
    std::function<void(const TrainingState&)> save;
    /// Seconds between saves; negative: by the cost of a save (suite/train/save_interval.hpp).
    double save_interval_seconds = -1.0;
    bool measure = false; ///< fill TrainResult::step_times
    /// Ranks compare their weights every so many steps, and at the end. 0: at the end only.
    std::int64_t compare_interval_steps = 50;
    LoadingHooks loading{};
    /// Empty: an engine in host memory.
    std::function<std::unique_ptr<Engine>(const plan::RunConfig&, std::size_t outputs)> make_engine;
    /// Of the memory where that engine's gradients lie; null: the communicator itself.
    dist::Communicator* gradient_communicator = nullptr;
};

/// Trains (from `parent` with a replaced head when given, from scratch otherwise) and evaluates once at the
/// end. A function of its arguments: the same bits for the same build and instruction set, one thread. Throws
/// Error(numeric) with step and last losses when a loss is not finite, Error(weights) when the parent's
/// tensors do not fit the network (all missing, extra and misshapen names at once), Error(interrupted).
[[nodiscard]] TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                                       const TrainedWeights* parent, const TrainContext& context);

/// The same on all ranks of a communicator of host memory; collective. The ranks share each step's batch and
/// the test split; parent, context.resume and context.save of rank 0 count. Every rank returns the whole
/// result (predictions and weights included) or throws the same Error. With strict reduction the result has
/// the same bits for every number of ranks.
///
/// Throws besides Error(usage) when the ranks cannot share the batch so (suite/train/shards.hpp), or
/// config.ranks is another number; Error(corruption) naming the ranks whose weights differ; Error(peer).
[[nodiscard]] TrainResult run_training(const plan::RunConfig& config, const data::DataSet& data_set,
                                       const TrainedWeights* parent, const TrainContext& context,
                                       dist::Communicator& communicator);

/// One thread, determinism switches, memory settings. Call once per process before anything else here.
void initialise_torch(std::uint64_t seed_for_library_generators = 0);
[[nodiscard]] std::string torch_version();
[[nodiscard]] std::string cpu_capability();

} // namespace suite::train
