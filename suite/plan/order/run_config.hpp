// The fully resolved configuration of one run: everything that can change its result, nothing that cannot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "suite/base/metric_kinds.hpp"
#include "suite/plan/network/spec.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/training_kinds.hpp"

namespace suite::plan {

/// A data set with its members resolved (empty unless it is a superset).
struct DataConfig {
    DataSetSpec set;
    std::vector<DataSetSpec> members;
};

/// A schedule with every length known. Learning rate is a pure function of the step
/// (suite/train/schedule.hpp).
struct ScheduleConfig {
    ScheduleKind kind = ScheduleKind::hyperrule;
    double peak_lr = 0.0;
    std::int64_t total_steps = 0;
    std::int64_t steps_per_epoch = 1;     ///< step and cosine
    double warmup_epochs = 0.0;           ///< step and cosine
    int workers = 1;                      ///< K of the warm-up formula; 0 = its limit, linear from 0
    std::vector<std::int64_t> boundaries; ///< decay epochs (step), or the five steps of HyperRule
};

struct TrainConfig {
    OptimizerKind optimizer = OptimizerKind::sgd_agc;
    double momentum = 0.9;
    bool nesterov = true;
    double weight_decay = 0.0;
    double agc_clip = 0.01;
    double agc_epsilon = 1e-3;
    ScheduleConfig schedule;
    int batch = 0;
    int micro_batch = 0;
    double mixup_alpha = 0.0;
    Augmentation augmentation = Augmentation::none;
    AugmentationDetail augmentation_detail;
    HeadInit head_init = HeadInit::framework;
    std::vector<double> mean; ///< 3 values
    std::vector<double> std;  ///< 3 values
    bool oversampling = false;
    int evaluation_batch = 128;
    int outputs = 0; ///< of the network; 0 = as many as the data set has labels
};

/// What a scaling run measures with; `seed` is its repetition.
struct ScalingConfig {
    int occasion =
        0; ///< 0-based index among the runs of the base case, one before and one after each larger rung
    std::int64_t warmup_steps = 0;
    std::string data_mode;
    [[nodiscard]] bool operator==(const ScalingConfig&) const = default;
};

/// The file that a pre-training run is replaced by.
struct WeightsConfig {
    std::string file;   ///< name as published
    std::string sha256; ///< of its bytes, hexadecimal
    [[nodiscard]] bool operator==(const WeightsConfig&) const = default;
};

struct RunConfig {
    RunKind kind = RunKind::finetune;
    std::string protocol;
    std::uint64_t seed = 0;
    NetworkSpec network;
    DataConfig data;
    std::size_t shots = 0;                            ///< per class; 0 = the full training set
    FewShotDraw few_shot_draw = FewShotDraw::generic; ///< of these shots
    TrainConfig train;
    std::string metric;     ///< "top1" or "mean_auc"
    std::string parent_key; ///< run key of the pre-training run; empty for pre-training itself
    ReductionMode reduction = ReductionMode::strict;
    WireFormat wire = WireFormat::float32; ///< fast only
    std::size_t bucket_bytes = 0;          ///< fast only; 0: as suite/train/reduce/bucket_plan.hpp has it
    bool measured_buckets =
        false; ///< fast only: of the size that suits these ranks, measured before training
    /// On how many ranks, where the result depends on it: fast, and runs that measure scaling. 0: any number
    /// gives the same result.
    int ranks = 0;
    std::optional<ScalingConfig> scaling; ///< of kind scaling
    /// Text of the RunLimits that made this run, or its parent, smaller than its recipe says; else empty.
    std::string limits;
    /// Of kind pretrain: nothing is trained, the network takes these weights. Of the data set only the id is
    /// given then, of `train` the outputs and the inputs' mean and sd.
    std::optional<WeightsConfig> weights;
    Precision precision = Precision::float32; ///< others need a device
    /// Numerical libraries take the code path that every x86 CPU with AVX2 has, so that these CPUs give the
    /// same bits; other last bits than without.
    bool portable_bits = false;

    /// Outputs of the network. Those beyond the data set's labels never see a positive
    /// (paper.md#pre-training-recipes).
    [[nodiscard]] std::size_t outputs() const noexcept {
        return train.outputs > 0 ? static_cast<std::size_t>(train.outputs) : data.set.outputs();
    }
};

/// Sorted-key JSON without blanks; equal configurations give equal text on every machine. Fields that came
/// later are left out where they have their default, so that older keys stay.
[[nodiscard]] std::string canonical_text(const RunConfig& config);
/// The same for a data set alone: equal texts mean equal images and labels.
[[nodiscard]] std::string canonical_text(const DataConfig& config);
/// Exact inverse: canonical_text(run_config_from_text(t)) == t. Throws Error(usage) on anything else.
[[nodiscard]] RunConfig run_config_from_text(std::string_view text);
/// SHA-256 of the canonical text, 64 hexadecimal digits.
[[nodiscard]] std::string run_key(const RunConfig& config);

} // namespace suite::plan
