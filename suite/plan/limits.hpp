// Runs made smaller by hand, to try a whole path on a small machine: fewer images, shorter schedules, smaller
// batches. Such a run has a key of its own and never counts as a reproduction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "suite/plan/order/run_config.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/recipe.hpp"

namespace suite::plan {

struct RunLimits {
    std::optional<std::size_t> images{}; ///< of each part of every data set
    std::optional<std::int64_t> steps{}; ///< of every run
    std::optional<int> batch{};          ///< images of a step
    [[nodiscard]] bool any() const noexcept { return images || steps || batch; }
    /// "at most 64 images a data set, 8 steps a run, 16 images a step"; empty without limits.
    [[nodiscard]] std::string text() const;
};

/// Parts of at most so many images.
[[nodiscard]] DataSetSpec limited(DataSetSpec set, const RunLimits& limits);
/// A smaller batch, in micro-batches of at most the recipe's size (the largest that divides it). A peak
/// learning rate that is given per batch shrinks with it, as for any other batch.
[[nodiscard]] RecipeSpec limited(RecipeSpec recipe, const RunLimits& limits);
/// A schedule of more steps than allowed is shortened in proportion: warm-up, decays and end keep their
/// shares (a warm-up at least one step), and a step stands for what was an epoch's share of them.
void shorten(ScheduleConfig& schedule, const RunLimits& limits);

} // namespace suite::plan
