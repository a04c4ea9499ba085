#include "suite/worker/record_parts.hpp"

#include <algorithm>

#include "metrics/scores.hpp"
#include "metrics/test_set.hpp"
#include "suite/worker/executor.hpp"

namespace suite::worker {
namespace {

metrics::Predictions scored(const train::Predictions& predictions) {
    return {.samples = predictions.samples,
            .outputs = predictions.outputs,
            .scores = predictions.scores,
            .class_labels = predictions.classes,
            .label_matrix = predictions.label_matrix};
}

} // namespace

store::PredictionTable prediction_table(const train::Predictions& predictions) {
    return {.samples = predictions.samples,
            .outputs = predictions.outputs,
            .scores = predictions.scores,
            .classes = predictions.classes,
            .label_matrix = predictions.label_matrix};
}

std::vector<store::LossEntry> thinned(const std::vector<train::LossPoint>& losses) {
    const std::size_t stride = std::max<std::size_t>(1, (losses.size() + kept_losses - 1) / kept_losses);
    std::vector<store::LossEntry> kept;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        if (i % stride == 0 || i + 1 == losses.size()) {
            kept.push_back({.step = losses[i].step, .loss = losses[i].loss, .lr = losses[i].lr});
        }
    }
    return kept;
}

store::MetricEntry score(const std::string& metric, const train::Predictions& predictions) {
    const metrics::MetricValue value = metrics::score(metric, scored(predictions));
    return {.name = value.name,
            .split = "test",
            .value = value.value,
            .unit = value.unit,
            .direction = value.higher_is_better ? "higher" : "lower"};
}

std::optional<store::TestOutcomes> test_outcomes(const std::string& metric,
                                                 const train::Predictions& predictions) {
    const metrics::Predictions test = scored(predictions);
    std::vector<float> values = metrics::image_outcomes(metric, test);
    if (values.empty()) {
        return std::nullopt;
    }
    return store::TestOutcomes{
        .metric = metric, .test_set = metrics::test_set_of(test), .values = std::move(values)};
}

} // namespace suite::worker
