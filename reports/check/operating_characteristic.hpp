// What the verdicts on a workload's cells can show: how often a cell is called equivalent, different or
// inconclusive when its true difference is known. Simulated (metrics/simulation.hpp) with the workload's own
// cells, standard deviations, numbers of seeds, margins and rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "metrics/simulation.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// All cells off by the same multiple of their sd, or of their margin.
struct OperatingPoint {
    double offset = 0.0;
    metrics::StudyRates rates;
};

struct UnsimulatedCell {
    std::string cell;
    std::string reason;
};

struct OperatingCharacteristic {
    std::string workload;
    std::string profile;
    std::size_t cells = 0; ///< that were simulated
    std::vector<UnsimulatedCell> left_out;
    std::string reason; ///< why nothing was simulated; else ""
    std::uint64_t studies = 0;
    std::vector<OperatingPoint> by_sds;     ///< 0, 1, 2, 3
    std::vector<OperatingPoint> by_margins; ///< 0, 0.5, 1, 1.5, 2
};

/// The chance of at least one false `different` in a whole workload that is reproduced perfectly.
[[nodiscard]] const metrics::Rate& false_alarm(const OperatingCharacteristic& known);

/// A cell's true sd is that of the references of its margin group, on both sides; the numbers of values are
/// the planned seeds and those of the reference. Seeds count as different on both sides, as against published
/// numbers: pairs of shared seeds show more. Both sides count as fine-tuned from one pre-training run. Cells
/// without a reference, or whose references show no spread, are left out. `threads` decide nothing but the
/// time.
[[nodiscard]] OperatingCharacteristic operating_characteristic(const suite::plan::Plan& plan,
                                                               const suite::plan::References& references,
                                                               std::uint64_t studies = 2000,
                                                               unsigned threads = 1);

[[nodiscard]] std::string operating_text(const OperatingCharacteristic& known);
/// One table, one row a workload that could be simulated.
[[nodiscard]] std::string operating_markdown(std::span<const OperatingCharacteristic> all);
[[nodiscard]] nlohmann::ordered_json to_json(const OperatingCharacteristic& known);

} // namespace reports
