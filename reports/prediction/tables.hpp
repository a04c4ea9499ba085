// The tables of a prediction as words, for text, Markdown and pages alike. Private to reports.
#pragma once

#include <string>
#include <vector>

#include "reports/prediction/prediction.hpp"

namespace reports {

struct WordTable {
    std::string title;
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> notes; ///< below
};

/// Sentences before the tables: machine, rungs, the published numbers' note, the fitted model.
[[nodiscard]] std::vector<std::string> prediction_facts(const PredictionReport& report);
/// World sizes, forms, back-tests, simulations; those without rows are left out.
[[nodiscard]] std::vector<WordTable> prediction_tables(const PredictionReport& report);

} // namespace reports
