// What became of each planned run: its value, or why there is none.
#pragma once

#include <optional>
#include <string>

#include "reports/check/records.hpp"
#include "reports/check/result.hpp"
#include "suite/plan/plan.hpp"

namespace reports {

struct Outcome {
    std::optional<double> value; ///< the cell's metric on the test split, of a finished run
    std::string failure;         ///< "PHASE: REASON" of a failed run, in one line
    std::string damage;          ///< the whole message about a file that counts as absent
    std::string refusal{};       ///< of a run without a record: why a machine could not hold it or its parent
};

/// The metric that this split is scored on counts; a record without it, or with a number that is not finite,
/// is damaged.
inline constexpr std::string_view judged_split = "test";

[[nodiscard]] Outcome outcome_of(const suite::plan::PlannedRun& run, Records& records);

[[nodiscard]] ReferenceSide side_of(const suite::plan::Reference& reference);

/// What remains of a comparison when runs were made smaller by hand: the difference, but no test and no
/// verdict other than inconclusive or missing.
[[nodiscard]] metrics::CellComparison without_verdict(const metrics::CellComparison& comparison,
                                                      const std::string& limits);

/// The first line of a text, shortened to `longest` bytes at a character's border.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest = 200);

} // namespace reports
