// The rungs that a store holds of a scaling workload, as the ladder that a step-time model is calibrated on.
#pragma once

#include <string>
#include <vector>

#include "metrics/step_ladder.hpp"
#include "reports/check/records.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/spec/system.hpp"

namespace reports {

struct MeasuredLadder {
    std::vector<metrics::Rung> rungs;  ///< weak scaling, rising; valid and without a flag
    std::vector<std::string> left_out; ///< "CELL: reason", of the other rungs of the plan
    suite::plan::LadderSpec training;  ///< what was trained; no file
};

/// Of the plan's first network. Base throughput: geometric mean of its runs. That of N ranks: N times it,
/// times the efficiency that `check` gives, each repetition against the base cases beside it, so that drift
/// between repetitions is no scaling. sd: of the repetitions, on all rungs or on none.
[[nodiscard]] MeasuredLadder measured_ladder(const suite::plan::Plan& plan, Records& records);

} // namespace reports
