// What training gives, as a record keeps it.
#pragma once

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

} // namespace suite::worker
