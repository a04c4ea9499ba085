// A network's outputs on a test part become one number with unit and direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metrics {

/// Raw outputs (logits) of one evaluation, every test sample once, with its labels: either one class a sample
/// or a matrix of 0, 1, NaN (missing).
struct Predictions {
    std::size_t samples = 0;
    std::size_t outputs = 0;
    std::vector<float> scores{};              ///< samples × outputs, row-major, logits
    std::vector<std::int64_t> class_labels{}; ///< samples, or empty
    std::vector<float> label_matrix{};        ///< samples × outputs, or empty
};

struct MetricValue {
    std::string name{}; ///< metric id
    double value = 0;
    std::string unit{};
    bool higher_is_better = true;
};

/// The metric of these predictions, as suite/base/metric_kinds.hpp names it. Percentages are in percent
/// (57.3, not 0.573). `top1` needs class labels; `mean_auc` takes a label matrix (multi-label) or class
/// labels (macro one-vs-rest over the softmax). Throws Error(usage) for an unknown id, Error(numeric) when
/// counts are wrong, a score is not finite, or the metric does not exist for these labels (no sample; no
/// class with both label values).
[[nodiscard]] MetricValue score(std::string_view metric_id, const Predictions& predictions);

/// One number a test sample, in the order of the test part. Of `top1`: 1 where the network hit, else 0. Of
/// `mean_auc`: the sample's influence on the mean in points (metrics/delong.hpp). Empty for another metric,
/// and where the metric does not exist for these labels.
[[nodiscard]] std::vector<float> image_outcomes(std::string_view metric_id, const Predictions& predictions);

/// Share of samples whose highest score is at the label, in percent; the first of equal scores wins, as in
/// NumPy and torch. Throws Error(numeric) for wrong counts or a NaN, Error(data) for a label outside
/// [0, classes).
[[nodiscard]] double top1_accuracy(std::span<const float> scores, std::span<const std::int64_t> labels,
                                   std::size_t classes);

/// Softmax of each row in double. Throws Error(numeric) for a score that is not finite.
[[nodiscard]] std::vector<double> softmax_rows(std::span<const float> logits, std::size_t classes);

} // namespace metrics
