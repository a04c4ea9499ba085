// What the TOML files under workloads/recipes/ declare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"
#include "suite/plan/spec/training_kinds.hpp"

namespace suite::plan {

/// One row of BiT-HyperRule: for training sets with fewer than `below` images (paper.md#bit-hyperrule).
struct HyperRuleRow {
    std::size_t below = 0;                ///< exclusive upper bound of n; 0 = no bound
    std::vector<std::int64_t> boundaries; ///< warm-up end, three decays, stop; steps
    double mixup_alpha = 0.0;             ///< 0 = no MixUp
    std::optional<double> lr;             ///< replaces the recipe's base_lr for this row
};

struct RecipeSpec {
    std::string id;
    RunKind kind = RunKind::finetune;
    std::string protocol = "as-run"; ///< or "as-written", where paper and code disagree
    OptimizerKind optimizer = OptimizerKind::sgd_agc;
    double base_lr = 0.0;
    int lr_batch = 0; ///< peak lr = base_lr * batch / lr_batch; 0 = base_lr as it stands
    double momentum = 0.9;
    bool nesterov = true;
    double weight_decay = 0.0;
    double agc_clip = 0.01; ///< paper.md#adaptive-gradient-clipping
    double agc_epsilon = 1e-3;
    ScheduleKind schedule = ScheduleKind::hyperrule;
    int batch = 0;       ///< global batch of one optimiser step, images
    int micro_batch = 0; ///< images per backward pass; divides batch
    int outputs = 0;     ///< of the network in pre-training; 0 = as many as the data set has labels
    int workers =
        1; ///< K of the warm-up formula (paper.md#batch-and-learning-rate): GPUs of the published run
    double warmup_epochs = 0.0;
    std::int64_t warmup_steps = 0; ///< instead of the two above: linear from 0 over so many steps, as BiT
    int epochs = 0;
    std::vector<int> decay_epochs;
    std::vector<HyperRuleRow> hyperrule;
    Augmentation augmentation = Augmentation::none;
    AugmentationDetail augmentation_detail;
    HeadInit head_init = HeadInit::framework;
    std::vector<double> mean; ///< 3 values of pixel / 255; empty: see resolve_normalisation in resolve.cpp
    std::vector<double> std;
    int evaluation_batch = 128;
    std::vector<std::string> deviations; ///< from the published recipe, in words, for reports
    Origin origin;
};

} // namespace suite::plan
