// Area under the ROC curve by ranks (Mann–Whitney), exact with ties counted half, O(n log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace metrics {

struct RocAuc {
    std::optional<double> auc{}; ///< fraction 0..1; none when only one label value is present
    std::size_t positives = 0;
    std::size_t negatives = 0;
    std::size_t missing = 0;
};

/// One score and one label (0, 1, or NaN = missing) a sample; a higher score means positive. Samples with a
/// missing label do not count. Throws Error(numeric) when counts differ or a counted score is NaN,
/// Error(data) for another label.
[[nodiscard]] RocAuc roc_auc(std::span<const double> scores, std::span<const float> labels);
[[nodiscard]] RocAuc roc_auc(std::span<const float> scores, std::span<const float> labels);

/// Unweighted mean over the classes that have both label values (paper.md#metrics).
struct MeanAuc {
    std::optional<double> percent{}; ///< 0..100; none when no class has both label values
    std::vector<RocAuc> classes{};   ///< one a class, in order
    std::size_t valid_classes = 0;
};

/// Multi-label: scores and labels are samples × classes, row-major. The paper scores by the sigmoid; any
/// monotone map gives the same ranks, so raw logits are taken: unlike a float sigmoid they do not saturate
/// into ties. Throws as roc_auc does.
[[nodiscard]] MeanAuc mean_auc(std::span<const float> scores, std::span<const float> labels,
                               std::size_t classes);

/// Single label (PadChest-Cl): macro one-vs-rest over the softmax outputs. Takes logits, samples × classes,
/// row-major; the softmax divides by a number of each sample's own, which changes ranks, and is taken in
/// double. Classes that no sample (or every sample) has are dropped. Throws Error(numeric) when counts differ
/// or a logit is not finite, Error(data) for a label outside [0, classes).
[[nodiscard]] MeanAuc macro_one_vs_rest_auc(std::span<const float> logits,
                                            std::span<const std::int64_t> labels, std::size_t classes);

/// Throws Error(numeric) unless there are as many numbers as labels, in whole rows of `classes` > 0.
void require_matrix(std::size_t numbers, std::size_t labels, std::size_t classes);
/// Throws Error(data) naming every label outside [0, classes).
void require_class_labels(std::span<const std::int64_t> labels, std::size_t classes);

} // namespace metrics
