#include "metrics/scores.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "metrics/delong.hpp"
#include "metrics/roc_auc.hpp"
#include "suite/base/error.hpp"
#include "suite/base/metric_kinds.hpp"
#include "suite/base/names.hpp"

namespace metrics {

namespace {

using suite::Error;
using suite::ErrorKind;

void require_finite(std::span<const float> scores, std::size_t classes) {
    const auto bad =
        std::find_if(scores.begin(), scores.end(), [](float number) { return !std::isfinite(number); });
    if (bad == scores.end())
        return;
    const auto position = static_cast<std::size_t>(bad - scores.begin());
    throw Error(ErrorKind::numeric,
                {fmt::format("score of sample {}, output {}", position / classes, position % classes),
                 fmt::format("{}", *bad), "a finite number", "the network diverged; look at its losses"});
}

void add_count_fault(suite::FaultList& faults, std::string_view what, std::size_t found,
                     std::size_t expected) {
    if (found != expected)
        faults.add({std::string(what), fmt::format("{}", found), fmt::format("{}", expected),
                    "score every test sample once"});
}

/// The gate before any number: right counts, finite scores, labels of the kind the metric needs.
void require_valid(const suite::MetricKind& metric, const Predictions& predictions) {
    suite::FaultList faults;
    const std::size_t numbers = predictions.samples * predictions.outputs;
    const bool single_label = !predictions.class_labels.empty();
    const bool multi_label = !predictions.label_matrix.empty();
    if (numbers == 0)
        faults.add({"predictions", "no scores", "one sample at least", "check the test part's count"});
    add_count_fault(faults, "number of scores", predictions.scores.size(), numbers);
    if (single_label)
        add_count_fault(faults, "number of class labels", predictions.class_labels.size(),
                        predictions.samples);
    if (multi_label)
        add_count_fault(faults, "number of matrix labels", predictions.label_matrix.size(), numbers);
    if (single_label == multi_label)
        faults.add({"labels", single_label ? "class labels and a matrix" : "none",
                    "either class labels or a matrix", ""});
    else if (metric.scored_on == suite::ScoredOn::classes && !single_label)
        faults.add({"labels", "a matrix", fmt::format("class labels for {}", metric.id),
                    "use mean_auc for multi-label targets"});
    faults.throw_if_any(ErrorKind::numeric);
    require_finite(predictions.scores, predictions.outputs);
}

double mean_auc_percent(const Predictions& predictions) {
    const MeanAuc mean =
        predictions.class_labels.empty()
            ? mean_auc(predictions.scores, predictions.label_matrix, predictions.outputs)
            : macro_one_vs_rest_auc(predictions.scores, predictions.class_labels, predictions.outputs);
    if (!mean.percent)
        throw Error(ErrorKind::numeric,
                    {"mean_auc", "no class with both label values",
                     "one class at least with positive and negative test samples", "enlarge the test part"});
    return *mean.percent;
}

double top1_percent(const Predictions& predictions) {
    return top1_accuracy(predictions.scores, predictions.class_labels, predictions.outputs);
}

/// Empty without classes.
std::vector<float> hits_of(const Predictions& predictions) {
    if (predictions.class_labels.size() != predictions.samples)
        return {};
    std::vector<float> hits(predictions.samples);
    for (std::size_t i = 0; i < predictions.samples; ++i) {
        const auto row = std::span(predictions.scores).subspan(i * predictions.outputs, predictions.outputs);
        hits[i] = std::max_element(row.begin(), row.end()) - row.begin() == predictions.class_labels[i]
                      ? 1.0F
                      : 0.0F;
    }
    return hits;
}

std::vector<float> influences_of(const Predictions& predictions) {
    const std::vector<double> influences =
        predictions.class_labels.empty()
            ? mean_auc_influences(predictions.scores, predictions.label_matrix, predictions.outputs)
            : macro_one_vs_rest_influences(predictions.scores, predictions.class_labels, predictions.outputs);
    return {influences.begin(), influences.end()};
}

/// How a metric of a test part is computed, and what each sample contributes.
struct Scorer {
    std::string_view metric_id;
    double (*value)(const Predictions& predictions);
    std::vector<float> (*outcomes)(const Predictions& predictions);
};

constexpr Scorer scorers[] = {
    {.metric_id = suite::top1_metric, .value = top1_percent, .outcomes = hits_of},
    {.metric_id = suite::mean_auc_metric, .value = mean_auc_percent, .outcomes = influences_of},
};

const Scorer* find_scorer(std::string_view metric_id) {
    const auto found =
        std::find_if(std::begin(scorers), std::end(scorers),
                     [metric_id](const Scorer& scorer) { return scorer.metric_id == metric_id; });
    return found == std::end(scorers) ? nullptr : found;
}

} // namespace

std::vector<float> image_outcomes(std::string_view metric_id, const Predictions& predictions) {
    const Scorer* scorer = find_scorer(metric_id);
    return scorer == nullptr ? std::vector<float>() : scorer->outcomes(predictions);
}

double top1_accuracy(std::span<const float> scores, std::span<const std::int64_t> labels,
                     std::size_t classes) {
    if (classes == 0 || labels.empty() || scores.size() != labels.size() * classes)
        throw Error(ErrorKind::numeric, {"number of scores", fmt::format("{}", scores.size()),
                                         fmt::format("{} × {}", labels.size(), classes), ""});
    std::size_t hits = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = scores.subspan(i * classes, classes);
        if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
            throw Error(ErrorKind::data,
                        {fmt::format("label of sample {}", i), fmt::format("{}", labels[i]),
                         fmt::format("a class in [0, {})", classes), "map the labels first"});
        if (std::any_of(row.begin(), row.end(), [](float number) { return std::isnan(number); }))
            throw Error(ErrorKind::numeric, {fmt::format("score of sample {}", i), "NaN", "a number",
                                             "the network diverged; look at its losses"});
        hits += std::max_element(row.begin(), row.end()) - row.begin() == labels[i] ? 1U : 0U;
    }
    return 100.0 * static_cast<double>(hits) / static_cast<double>(labels.size());
}

std::vector<double> softmax_rows(std::span<const float> logits, std::size_t classes) {
    require_finite(logits, classes);
    std::vector<double> probabilities(logits.size());
    for (std::size_t begin = 0; begin < logits.size(); begin += classes) {
        const auto row = logits.subspan(begin, classes);
        const double largest = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c)
            sum += probabilities[begin + c] = std::exp(row[c] - largest);
        for (std::size_t c = 0; c < classes; ++c)
            probabilities[begin + c] /= sum;
    }
    return probabilities;
}

MetricValue score(std::string_view metric_id, const Predictions& predictions) {
    const Scorer* scorer = find_scorer(metric_id);
    if (scorer == nullptr)
        throw Error(ErrorKind::usage,
                    {"metric", std::string(metric_id),
                     suite::expected_names(metric_id, suite::scored_metric_ids()), "name a metric"});
    const suite::MetricKind& kind = *suite::find_metric(metric_id);
    require_valid(kind, predictions);
    return {.name = std::string(metric_id),
            .value = scorer->value(predictions),
            .unit = std::string(kind.unit),
            .higher_is_better = kind.higher_is_better};
}

} // namespace metrics
