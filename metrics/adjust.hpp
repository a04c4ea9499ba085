// Corrections for many tests. All return adjusted p-values in the order given and throw Error(usage) for an
// empty family or a p outside [0, 1].
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace metrics {

/// Holm (1979): controls the chance of any false finding; for the tests of one claim.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);
/// Benjamini–Hochberg (1995): controls the share of false findings; for the cells of a table.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

/// For a statement that needs `needed` of the n hypotheses to be shown: that many adjusted p-values are below
/// alpha exactly when the partial-conjunction test shows it, (n − needed + 1) · p_(needed) < alpha (Benjamini
/// and Heller, Biometrics 64, 2008). All needed: no correction (the intersection–union test; Berger,
/// Technometrics 24, 1982). One needed: Holm. Beyond the needed ones Holm's steps go on, so that once the
/// statement is true the chance of any false finding stays below alpha as well.
/// Throws Error(usage) unless 1 <= needed <= n.
///     partial_conjunction({{.01, .02, .20}}, 2)   // .02, .04, .20
[[nodiscard]] std::vector<double> partial_conjunction(std::span<const double> p_values, std::size_t needed);

} // namespace metrics
