// One run on one rank, from its start to its result. Private to suite/train; suite/train/trainer.hpp says
// what it promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <vector>

#include "suite/dist/deferred_failure.hpp"
#include "suite/train/detail/step_images.hpp"
#include "suite/train/reduce/gradient_reducer.hpp"
#include "suite/train/shards.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train::detail {

/// One run on one rank; every buffer is made once. tests/suite/train/training_state_test.cpp lists the
/// members: each is saved, or follows from the arguments, or is made anew in every step.
class Training {
public:
    /// This rank's own part; nothing here waits for other ranks.
    Training(const plan::RunConfig& config, const data::DataSet& data_set, const TrainedWeights* parent,
             const TrainContext& context, dist::Communicator& communicator);

    void share_start();
    void run();
    [[nodiscard]] TrainResult finish();

private:
    const plan::RunConfig& config_;
    const data::DataSet& data_set_;
    const TrainContext& context_;
    dist::Communicator& communicator_;
    std::size_t outputs_;
    std::vector<std::size_t> subset_;
    ShardPlan shards_;
    StepImages step_images_;
    std::pmr::vector<float> mixed_;
    std::unique_ptr<Engine> engine_; ///< behind the images: it may copy some to the last
    std::unique_ptr<GradientReducer> reducer_;
    dist::DeferredFailure deferred_;
    TrainingState state_;        ///< its arenas are filled for saving only
    std::vector<double> shared_; ///< losses by shard, stop requests, failures: one small sum a step
    bool stop_agreed_ = false;
    double started_seconds_ = 0.0;
    double saved_seconds_ = 0.0;
    double save_cost_seconds_ = 0.0;
    PassSeconds pass_seconds_;
    StepTime step_time_;
    std::vector<StepTime> step_times_;
    std::optional<double> wire_error_; ///< the largest so far

    [[nodiscard]] bool is_first_rank() const { return communicator_.rank() == 0; }
    [[nodiscard]] double* sink(double& seconds) const { return context_.measure ? &seconds : nullptr; }
    [[nodiscard]] dist::Communicator& reducing() const;
    void make_reducer(std::size_t bucket_bytes);
    void initialise(const TrainedWeights* parent);
    void resume();
    void resume_loss_scale(const TrainingState& from);
    void share_loss_scale();
    void step();
    void compute(double lambda);
    void prefetch(const ImageBatch& images, const Shard& shard);
    void pass(const Shard& shard, double lambda);
    [[nodiscard]] double share_losses();
    void update(double loss);
    [[nodiscard]] bool judges_wire() const;
    void record_wire_errors();
    void record_times(double whole_seconds);
    [[nodiscard]] bool must_stop() const;
    [[noreturn]] void stop();
    void save_if_due();
    void save();
    void compare_weights();
    [[nodiscard]] StepTimes gather_times();
    [[nodiscard]] TrainedWeights take_weights();
};

} // namespace suite::train::detail
