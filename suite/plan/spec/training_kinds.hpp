// What trainings are told apart by: the words that recipes, run configurations and ladders share.
#pragma once

namespace suite::plan {

enum class RunKind { pretrain, finetune, scaling };
enum class OptimizerKind { sgd, sgd_agc };
/// How the gradients of a step's micro-batches are summed.
enum class ReductionMode {
    strict, ///< in a fixed binary tree: the same bits whatever the number of ranks
    fast,   ///< added up on each rank, then over the ranks while the backward pass runs
};
/// In which format gradients travel between ranks.
enum class WireFormat { float32, bfloat16, float16 };
/// In which numbers convolutions and the head compute; all else is float32 (paper.md#mixed-precision).
enum class Precision { float32, tf32, bfloat16, float16 };
enum class ScheduleKind { step, cosine, hyperrule };
enum class Augmentation {
    none,
    flip,                ///< horizontal flip p = 0.5
    crop_flip,           ///< resize, random crop, flip (BiT's resolution rule)
    random_resized_crop, ///< area 0.08–1, ratio 3/4–4/3, flip (paper.md#natural-images)
    xray, ///< shift, rotation ±45°, scale 0.9–1.1, reflect-101 border, flip (paper.md#x-ray-augmentation)
};

/// What published recipes vary of an augmentation.
struct AugmentationDetail {
    int resize = 0;      ///< crop_flip: short side before the crop; 0 = 5/4 of the crop (160 -> 128)
    bool squash = false; ///< crop_flip: resize both sides to it, as BiT, instead of the short one
    double shift = 0.25; ///< xray: largest shift, share of the side (8 row 11)
    int rand_augment_operations = 0; ///< RandAugment's N before everything else; 0 = none
    int rand_augment_magnitude = 0;  ///< RandAugment's M, of 0 to 30
    [[nodiscard]] bool operator==(const AugmentationDetail&) const = default;
};
enum class HeadInit {
    framework,  ///< U(±1/sqrt(fan_in)) for weights and bias, as run by the authors
                ///< (paper.md#fine-tuning-recipe)
    zero,       ///< as BiT
    prevalence, ///< weights as framework, bias = logit of the label's prevalence: a declared deviation
};

} // namespace suite::plan
