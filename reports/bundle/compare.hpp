// Two bundles of one workload beside each other: is the second machine, build or seed set equivalent, and how
// fast is it?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"
#include "reports/format/terminal.hpp"

namespace reports {

/// Training seconds of A over those of B, geometric means over runs: above 1, B is faster.
struct SpeedRatio {
    double ratio = 1.0;
    std::optional<metrics::Interval> ci95{}; ///< none below two values a side or without any spread
    std::size_t n = 0;                       ///< runs of the smaller side; of all cells: cells
};

struct CellChange {
    std::string id;
    std::string metric;
    metrics::Sample a;
    metrics::Sample b;
    metrics::CellComparison comparison; ///< of B with A as reference, within the declared margin
    std::size_t identical = 0;          ///< runs of both with the same key and value, bit for bit
    std::optional<SpeedRatio> speed{};  ///< none where a side has no times or the configurations differ
    bool incomplete = false;            ///< fewer runs than planned on a side
};

struct BundleComparison {
    std::string workload;
    std::string profile;
    std::vector<CellChange> cells;
    std::optional<SpeedRatio> speed{}; ///< geometric mean over the cells, interval over them
    [[nodiscard]] Counts counts() const;
};

/// Verdicts as `check` gives them, in pairs of the seeds that both bundles have; margins are those of A's
/// runs. Cells of one bundle only are missing. Throws Error(usage) when workload, profile or protocol differ.
[[nodiscard]] BundleComparison compare_bundles(const CheckResult& a, const CheckResult& b);

struct CompareRules {
    bool strict = false;               ///< missing or incomplete counts as failed
    std::optional<double> min_speed{}; ///< the whole interval of `speed` below it counts as failed
};
/// 1 when a cell is different, or by these rules; 0.
[[nodiscard]] int exit_code(const BundleComparison& comparison, const CompareRules& rules);

[[nodiscard]] nlohmann::ordered_json to_json(const BundleComparison& comparison);
/// The counts and the speed, then one line a cell, then the reasons as footnotes.
[[nodiscard]] std::string compare_text(const BundleComparison& comparison, const Page& page = {});

} // namespace reports
