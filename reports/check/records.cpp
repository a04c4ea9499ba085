#include "reports/check/records.hpp"

#include <algorithm>
#include <optional>

#include "metrics/test_set.hpp"
#include "suite/base/error.hpp"

namespace reports {
namespace {

using suite::store::Lookup;
using suite::store::LossEntry;
using suite::store::PredictionTable;
using suite::store::RunRecord;
using suite::store::TestOutcomes;

std::vector<LossEntry> thinned(const std::vector<LossEntry>& losses, std::size_t count) {
    if (losses.size() <= count) {
        return losses;
    }
    std::vector<LossEntry> kept;
    for (std::size_t i = 0; i < count; ++i) {
        kept.push_back(losses[i * (losses.size() - 1) / (count - 1)]);
    }
    return kept;
}

/// From the predictions that a record holds; nothing where they cannot be scored.
std::optional<TestOutcomes> outcomes_of(const std::string& metric, PredictionTable table) {
    const metrics::Predictions predictions{.samples = table.samples,
                                           .outputs = table.outputs,
                                           .scores = std::move(table.scores),
                                           .class_labels = std::move(table.classes),
                                           .label_matrix = std::move(table.label_matrix)};
    try {
        std::vector<float> values = metrics::image_outcomes(metric, predictions);
        return values.empty() ? std::nullopt
                              : std::optional(TestOutcomes{.metric = metric,
                                                           .test_set = metrics::test_set_of(predictions),
                                                           .values = std::move(values)});
    } catch (const suite::Error&) { // they are not what the score was computed from
        return std::nullopt;
    }
}

void take_outcomes(RunRecord& record) {
    const auto scored = std::find_if(record.metrics.begin(), record.metrics.end(),
                                     [](const auto& entry) { return entry.split == "test"; });
    if (record.predictions && !record.outcomes && scored != record.metrics.end()) {
        record.outcomes = outcomes_of(scored->name, *std::move(record.predictions));
    }
}

void strip(RunRecord& record, Keep keep) {
    take_outcomes(record);
    record.predictions.reset();
    record.losses = thinned(record.losses, most_losses_kept);
    if (keep == Keep::for_reports) {
        if (record.scaling) {
            record.scaling->steps.clear();
        }
        record.config.clear();
        record.config.shrink_to_fit();
    }
}

} // namespace

const Lookup& Records::look_up(const std::string& key) {
    const auto found = kept_.find(key);
    if (found != kept_.end()) {
        return found->second;
    }
    Lookup& lookup = kept_[key];
    if (store_ != nullptr) {
        lookup = store_->look_up(key);
        if (lookup.record) {
            strip(*lookup.record, keep_);
        }
    }
    return lookup;
}

std::string Records::place(const std::string& key) const {
    return store_ == nullptr ? "record " + key : store_->record_path(key).string();
}

} // namespace reports
