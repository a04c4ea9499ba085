#include "suite/plan/limits.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suite::plan {

std::string RunLimits::text() const {
    std::vector<std::string> parts;
    if (images) {
        parts.push_back(fmt::format("{} images a part of a data set", *images));
    }
    if (steps) {
        parts.push_back(fmt::format("{} steps a run", *steps));
    }
    if (batch) {
        parts.push_back(fmt::format("{} images a step", *batch));
    }
    return parts.empty() ? "" : fmt::format("at most {}", fmt::join(parts, ", "));
}

DataSetSpec limited(DataSetSpec set, const RunLimits& limits) {
    set.train_images = std::min(set.train_images, limits.images.value_or(set.train_images));
    set.test_images = std::min(set.test_images, limits.images.value_or(set.test_images));
    return set;
}

RecipeSpec limited(RecipeSpec recipe, const RunLimits& limits) {
    if (!limits.batch || *limits.batch >= recipe.batch) {
        return recipe;
    }
    recipe.batch = *limits.batch;
    recipe.micro_batch = std::min(recipe.micro_batch, recipe.batch);
    while (recipe.batch % recipe.micro_batch != 0) {
        --recipe.micro_batch;
    }
    return recipe;
}

void shorten(ScheduleConfig& schedule, const RunLimits& limits) {
    if (!limits.steps || *limits.steps >= schedule.total_steps) {
        return;
    }
    const bool counts_epochs = schedule.kind != ScheduleKind::hyperrule;
    const double units = static_cast<double>(schedule.total_steps) /
                         static_cast<double>(counts_epochs ? schedule.steps_per_epoch : 1);
    const double share = static_cast<double>(*limits.steps) / units;
    for (std::int64_t& boundary : schedule.boundaries) {
        boundary = static_cast<std::int64_t>(std::ceil(static_cast<double>(boundary) * share));
    }
    schedule.warmup_epochs *= share;
    schedule.steps_per_epoch = 1;
    schedule.total_steps = *limits.steps;
}

} // namespace suite::plan
