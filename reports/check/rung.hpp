// A rung of a scaling workload: what its records say of throughput, efficiency, time and validity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/sample.hpp"
#include "metrics/scaling.hpp"
#include "reports/check/records.hpp"
#include "reports/prediction/efficiency_loss.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"
#include "suite/store/scaling_section.hpp"

namespace reports {

/// A finished run of a rung, with the base cases that it is measured against.
struct RungRun {
    std::uint64_t repetition = 0;
    std::string key;
    suite::store::ScalingSummary summary;
    std::vector<suite::store::ScalingRank> ranks;  ///< by rank
    std::vector<suite::store::ScalingSweep> sweep; ///< of all-reduces after the run
    std::optional<double> base_images_per_second; ///< geometric mean of those before and after; none: missing
    std::string base_flags;                       ///< of either; "" for none
    std::optional<EfficiencyLoss> loss;           ///< against both; none: missing
    [[nodiscard]] bool is_flagged() const { return !summary.flags.empty() || !base_flags.empty(); }
};

/// Seconds of one step, medians over the runs of a rung.
struct StepShares {
    double data = 0.0;
    double forward = 0.0;
    double backward = 0.0;
    double communication = 0.0; ///< exposed
    double optimizer = 0.0;
    double imbalance = 0.0;
    double p50 = 0.0; ///< of the slowest rank's whole step
    double p95 = 0.0;
};

struct RungResult {
    int ranks = 1;
    std::vector<RungRun> runs;  ///< finished ones, in the plan's order
    metrics::Sample throughput; ///< images per second with I/O, of all these runs
    metrics::Sample steady;     ///< without warm-up
    StepShares step;
    std::optional<EfficiencyLoss> loss;            ///< medians over the runs that have base cases
    std::optional<metrics::Efficiency> efficiency; ///< of repetitions without a flag: the result
    std::optional<metrics::Efficiency> flagged;    ///< of all, where some are flagged: shown, judged nowhere
    std::vector<std::string> flags;                ///< "busy in 2 of 5 runs"
    std::vector<std::string> invalid;              ///< what breaks a gate: wrong counts, unequal parameters
    std::optional<suite::plan::PrintedThroughput> published;
};

/// The rung behind a planned cell. Runs without a finished record with a scaling section are left out.
[[nodiscard]] RungResult rung_of(const suite::plan::Plan& plan, const suite::plan::PlannedCell& cell,
                                 const suite::plan::Reference* published, Records& records);

/// Efficiencies of the repetitions that count, percent, with the run behind each; of a base case its
/// throughputs over the mean of their repetition, so that their sd is the drift.
struct RungValue {
    std::uint64_t repetition = 0;
    double value = 0.0;
    std::string key;
};
[[nodiscard]] std::vector<RungValue> values_of(const RungResult& rung);

/// The verdict of a rung. Flagged or invalid: never a scaling result; the base case is 100 % by
/// definition and compared with nothing.
[[nodiscard]] metrics::CellComparison compare_rung(const RungResult& rung,
                                                   const suite::plan::Reference* published, double margin);

} // namespace reports
