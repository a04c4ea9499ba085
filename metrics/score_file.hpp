// Scores and labels from a CSV file, the input of `stats auc --file`.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace metrics {

struct ScoredLabels {
    std::vector<double> scores{};
    std::vector<float> labels{}; ///< 0, 1 or NaN (missing)
};

/// A table with the columns `score` and `label` (in either order; byte order mark, CRLF, quotes and blank
/// lines at the end are tolerated); a label is 0, 1 or empty. Throws Error(data) with file:line for every
/// fault, the first 100 in full.
[[nodiscard]] ScoredLabels read_score_file(const std::filesystem::path& path);
[[nodiscard]] ScoredLabels parse_score_table(std::string_view text, std::string_view file_name);

} // namespace metrics
