// Made-up studies whose truth is known, judged by the functions that judge real ones (compare, judge_family,
// judge_claim): how often a verdict is wrong, and how often a true difference or agreement is shown. Values
// are normal. Study number i of a seed is the same on every machine, with every number of threads and under
// all rules, so that two sets of rules are compared on the same values.
//
//     SimulatedStudy study{.cells = std::vector<SimulatedCell>(88)};      // a perfect reproduction
//     simulate(study, {}, {.studies = 1000}).any_false_different.share    // studies with a false alarm
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/claims.hpp"
#include "metrics/margin.hpp"
#include "metrics/rules.hpp"
#include "metrics/verdict.hpp"

namespace metrics {

/// The truth about one cell, and how its two sides are known.
struct SimulatedCell {
    double mean = 0.0;   ///< true mean of the reference
    double offset = 0.0; ///< true mean of ours − that of the reference
    double sd = 1.0;     ///< of one value of either side; 0: every seed gives the same value
    std::size_t seeds = 5;
    std::size_t reference_seeds = 5;
    MarginRule margin{.points = 0.0, .sds = 2.0};
    std::size_t group = 0;  ///< the margins of cells of one group use one pooled sd
    std::size_t parent = 0; ///< cells of one parent are fine-tuned from one pre-training run on each side
    std::optional<double> chance{};
    std::optional<int> printed_decimals{}; ///< the reference is a printed mean ± sd; nothing: raw values
};

struct SimulatedStudy {
    std::vector<SimulatedCell> cells{};
    double parent_sd = 0.0; ///< τ between pre-training runs, in sds of the cell; each side has its own parent
    /// Pre-training runs of ours of each source. The means are those of the first; with two or more, τ is
    /// estimated from all (parent_variance) and known to the rules.
    std::size_t parents = 1;
    /// Both sides have the same seeds, whose values correlate so; nothing: seeds of their own. Needs equal
    /// numbers of seeds and a value in [0, 1].
    std::optional<double> seed_correlation{};
};

struct SimulationOptions {
    std::uint64_t studies = 1000;
    std::uint64_t seed = 1;
    unsigned threads = 1; ///< decide nothing but the time
};

/// A share with its Monte Carlo standard error, from the variance between studies (cells of one study share
/// parents and a correction).
struct Rate {
    double share = 0.0;
    double standard_error = 0.0;
    std::uint64_t trials = 0; ///< 0: nothing to count, the share means nothing
};

/// A cell is truly within its margin if |offset| is not above the margin that its true sds give. At the
/// margin itself both `equivalent` and `different` are false.
struct StudyRates {
    Rate equivalent;          ///< of cells
    Rate different;           ///< of cells
    Rate inconclusive;        ///< of cells
    Rate unresolved;          ///< of cells: "differs, size unresolved", a part of the inconclusive ones
    Rate any_false_different; ///< of studies: at least one cell truly within its margin is called different
    Rate false_different;     ///< of cells truly within their margin
    Rate false_equivalent;    ///< of cells truly at or outside their margin
    Rate detected;            ///< of cells truly outside their margin: called different
};

/// What the declared margins come to with the true sds, by cell; they do not depend on the rules in force.
[[nodiscard]] std::vector<double> true_margins(const std::vector<SimulatedCell>& cells);

/// The inputs of study number `index`: what the rules are then applied to.
[[nodiscard]] std::vector<CellInput> draw_study(const SimulatedStudy& study, const Rules& rules,
                                                std::uint64_t seed, std::uint64_t index);

/// Throws Error(usage) with every problem: no cells, no studies, a side with fewer than 2 seeds, numbers out
/// of range.
[[nodiscard]] StudyRates simulate(const SimulatedStudy& study, const Rules& rules,
                                  const SimulationOptions& options);

/// A claim over pairs of cells, whose true differences (a − b) are known.
struct SimulatedClaim {
    ClaimRule rule = ClaimRule::all;
    std::size_t at_least = 1;      ///< of ClaimRule::at_least
    std::vector<double> effects{}; ///< one a term, in sds of a value; the term is true when above 0
    std::size_t seeds = 5;         ///< a cell
};
struct ClaimRates {
    Rate holds;
    Rate fails;
    Rate inconclusive;
};
[[nodiscard]] ClaimRates simulate(const SimulatedClaim& claim, const Rules& rules,
                                  const SimulationOptions& options);

} // namespace metrics
