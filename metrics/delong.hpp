// How far an area under the ROC curve would move with another test set (DeLong, DeLong, Clarke-Pearson,
// Biometrics 44, 1988), by ranks in O(n log n) (Sun, Xu, IEEE Signal Processing Letters 21, 2014).
//
// Every function returns one number a sample, its influence: by how much the sample pushes the score up or
// down (they sum to zero). The sum of their squares is the score's variance over test sets; of two networks
// that were scored on the same samples the sum of the squared differences is the variance of the difference.
// Influences of several classes add, and so do those of several trainings: means of scores have the means of
// influences.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace metrics {

/// Of one AUC (fraction 0..1). A positive's influence is (V − AUC) / √(m (m − 1)): V the share of negatives
/// that it beats (ties half), m the number of positives; a negative's likewise with the share of positives
/// that beat it. Squares sum to exactly DeLong's variance, and squared differences to his variance of a
/// paired difference. A lone positive or negative shows nothing of its own variation and has influence 0: the
/// variance is then a lower bound. Samples with a missing label (NaN) have 0. Empty when only one label value
/// is present. Throws as roc_auc does.
[[nodiscard]] std::vector<double> auc_influences(std::span<const double> scores,
                                                 std::span<const float> labels);
[[nodiscard]] std::vector<double> auc_influences(std::span<const float> scores,
                                                 std::span<const float> labels);

/// Of mean_auc (metrics/roc_auc.hpp), in percent: the mean over the classes that have both label values. A
/// sample is positive for one class and negative for another; its influences add, which carries the
/// correlation of classes over. Empty when no class has both label values.
[[nodiscard]] std::vector<double> mean_auc_influences(std::span<const float> scores,
                                                      std::span<const float> labels, std::size_t classes);

/// Of macro_one_vs_rest_auc, in percent.
[[nodiscard]] std::vector<double> macro_one_vs_rest_influences(std::span<const float> logits,
                                                               std::span<const std::int64_t> labels,
                                                               std::size_t classes);

} // namespace metrics
