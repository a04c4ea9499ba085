// One term of a claim as a test, under one set of defensible choices. Private to metrics/claims.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/claims.hpp"

namespace metrics {

enum class Variance { welch, pooled };

/// The choices behind one verdict.
struct ClaimChoices {
    Rules rules{};
    Variance variance = Variance::welch;
    std::optional<std::uint64_t> left_out{}; ///< seed that is not looked at
    bool counts_single_images = true; ///< off: effects of less than images_of_an_effect count as not shown
};

/// Tests one term. The verdict is `missing` or, until the claim's rule is applied, `inconclusive`.
[[nodiscard]] TermResult test_term(const ClaimTerm& term, const ClaimChoices& choices);

/// Whether the term is about a cell and a bound; else about two cells.
[[nodiscard]] bool has_bound(const ClaimTerm& term);

/// The cell with the best mean, if any has numbers.
[[nodiscard]] const ClaimCell* best_cell(const ClaimTerm& term);

/// Seeds of the values of a cell: as given, or counted from 0.
[[nodiscard]] std::vector<std::uint64_t> seeds_of(const ClaimCell& cell);

} // namespace metrics
