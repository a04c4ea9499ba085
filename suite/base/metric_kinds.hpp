// The table of metrics: what declarations may name, what is scored, and how reports write it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// What a metric is computed from, and so to which runs it applies.
enum class ScoredOn {
    classes, ///< one class a test sample
    labels,  ///< labels that are 0, 1 or missing; or one class, taken as one label against the others
    times,   ///< wall times of training steps
};

/// How a metric of a test part depends on single test samples.
enum class SampleShare {
    counts,    ///< each sample is a hit or a miss: one is worth 100 / n points
    influence, ///< each sample moves the score by an influence of its own
    none,      ///< not of a test part
};

struct MetricKind {
    std::string_view id;    ///< in declarations, records and documents: "top1"
    std::string_view title; ///< for people: "top-1 accuracy"
    std::string_view unit;  ///< of its values: "%"
    std::string_view
        split; ///< of the data that it is computed on, "test" or "train"; "" of a ratio of records
    bool higher_is_better;
    ScoredOn scored_on;
    SampleShare share;
};

inline constexpr std::string_view top1_metric = "top1";
inline constexpr std::string_view mean_auc_metric = "mean_auc";
/// Throughput over ranks times the base case's.
inline constexpr std::string_view efficiency_metric = "efficiency";
/// Images of all ranks per second, with I/O.
inline constexpr std::string_view throughput_metric = "images_per_second";

/// A new metric is a row here and a scorer in metrics/scores.cpp.
[[nodiscard]] std::span<const MetricKind> metric_kinds() noexcept;
/// Null for an unknown id.
[[nodiscard]] const MetricKind* find_metric(std::string_view id) noexcept;
/// Whether each test sample is a hit or a miss, so that the score is a binomial share; false for an unknown
/// id.
[[nodiscard]] bool counts_samples(std::string_view id) noexcept;
/// Ids of those that a test part is scored on, in the table's order.
[[nodiscard]] std::vector<std::string> scored_metric_ids();
/// "top-1 accuracy, %"; the id itself when it is unknown.
[[nodiscard]] std::string metric_heading(std::string_view id);

} // namespace suite
