// The chance to show one comparison of a claim, by the number of seeds. Private to reports.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "metrics/claims.hpp"
#include "reports/check/claims.hpp"

namespace reports {

/// What is known of a cell's values, with an sd; nothing when there is none.
using KnownOf = std::function<std::optional<metrics::ClaimCell>(const suite::plan::CellId& cell)>;

struct ComparisonPower {
    /// Chance to show it with this many seeds a cell at this level, if the means and sds that were seen are
    /// the true ones; of an equivalence, if there is no difference. Absent: no number of seeds is enough.
    std::function<double(std::uint64_t seeds, double alpha)> power{};
    std::string reason{}; ///< why it is absent
};

/// Few-shot comparisons are those of the seeds that both cells have. A maximum of k cells counts as its best
/// one at level alpha / k; "below" needs all of them.
[[nodiscard]] ComparisonPower power_of(const ClaimPair& pair, const KnownOf& known_of);

} // namespace reports
