// What training gives, as a record keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "suite/store/record.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {

[[nodiscard]] store::PredictionTable prediction_table(const train::Predictions& predictions);

/// About `kept_losses` of them, evenly spaced, the last one included.
[[nodiscard]] std::vector<store::LossEntry> thinned(const std::vector<train::LossPoint>& losses);

/// The metric of that name on the test part.
[[nodiscard]] store::MetricEntry score(const std::string& metric, const train::Predictions& predictions);

/// What each test image contributed to that metric; nothing for a metric without such numbers.
[[nodiscard]] std::optional<store::TestOutcomes> test_outcomes(const std::string& metric,
                                                               const train::Predictions& predictions);

} // namespace suite::worker
