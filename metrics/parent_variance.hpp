// How much one pre-training run decides: the standard deviation τ of fine-tuned scores between pre-training
// runs ("parents") of one source and network that differ in their seed alone.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/sample.hpp"

namespace metrics {

struct ParentVariance {
    std::size_t parents = 0; ///< the fewest of a cell
    std::size_t cells = 0;   ///< that have two parents or more
    double tau = 0;          ///< sd between parents, in the metric's units; 0 where none shows
    Interval ci95{};         ///< of tau
    double df = 0;           ///< of τ² (Satterthwaite), below parents − 1; parents − 1 where τ is 0
    double within_sd = 0;    ///< of fine-tuning seeds within a parent, root mean square over cells

    [[nodiscard]] double variance() const noexcept { return tau * tau; }
};

/// One-way random-effects model, score = mean + parent + seed, estimated by the analysis of variance (method
/// of moments; Searle, Casella and McCulloch, Variance Components, 1992, chapter 3): in each cell
/// τ² = (MS between − MS within) / n0 with n0 = (N − Σ n²/N) / (parents − 1), which is the REML estimate
/// where it is positive and parents have equally many seeds. Cells are pooled with their parents − 1 as
/// weights; a negative sum is 0. The interval is that of Williams (Biometrika 49, 1962), at least 90 %, by
/// construction near 95 %; where τ is 0 it still bounds τ from above.
///
/// `cells`: the samples of each cell, one a parent. Cells of one source are fine-tuned from the same parents,
/// so that they are not independent witnesses of τ: the df of the mean square between parents lie between
/// parents − 1 (parents that are good are good for every cell) and that times the number of cells. The former
/// is taken. τ² is that mean square less the one within, so that its own df are fewer (Satterthwaite,
/// Biometrics Bulletin 2, 1946): τ⁴ / (between² / (parents − 1) + within² / df within). Where cells have
/// unequal numbers of parents the fewest count. Seeds are taken as nested in parents. Where equal seeds of
/// two parents correlate by r, as few-shot draws do, τ² comes out too small by r times the seeds' variance of
/// a mean.
///
/// Nothing when no cell has two parents with seeds enough to tell τ from the noise of the seeds: τ from one
/// parent is not known.
[[nodiscard]] std::optional<ParentVariance> parent_variance(std::span<const std::vector<Sample>> cells);

} // namespace metrics
