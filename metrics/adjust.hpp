// Corrections for many tests. Both return adjusted p-values in the order given and throw Error(usage) for an
// empty family or a p outside [0, 1].
#pragma once

#include <span>
#include <vector>

namespace metrics {

/// Holm (1979): controls the chance of any false finding; for the tests of one claim.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);
/// Benjamini–Hochberg (1995): controls the share of false findings; for the cells of a table.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

} // namespace metrics
