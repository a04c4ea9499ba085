#include "suite/train/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace suite::train {
namespace {

using plan::ScheduleConfig;

double tenths(double peak, std::int64_t count) {
    return peak / std::pow(10.0, static_cast<double>(count));
}

/// BiT-HyperRule (paper.md#bit-hyperrule).
double hyperrule(const ScheduleConfig& schedule, std::int64_t step) {
    assert(schedule.boundaries.size() == 5);
    const auto& bounds = schedule.boundaries;
    if (step >= bounds[4]) {
        return 0.0;
    }
    if (step < bounds[0]) {
        return schedule.peak_lr * static_cast<double>(step) / static_cast<double>(bounds[0]);
    }
    return tenths(schedule.peak_lr, std::count_if(bounds.begin() + 1, bounds.begin() + 4,
                                                  [&](std::int64_t b) { return b < step; }));
}

/// Fractional epochs at the end of the step.
double epochs_done(const ScheduleConfig& schedule, std::int64_t step) {
    return static_cast<double>(step + 1) / static_cast<double>(schedule.steps_per_epoch);
}

double step_decay(const ScheduleConfig& schedule, std::int64_t step) {
    const std::int64_t epoch = step / schedule.steps_per_epoch;
    return tenths(schedule.peak_lr, std::count_if(schedule.boundaries.begin(), schedule.boundaries.end(),
                                                  [&](std::int64_t b) { return b <= epoch; }));
}

/// Share of the peak at the end of the step; K = 0: the limit for many workers.
double warm_up(const ScheduleConfig& schedule, double epochs) {
    const double share = epochs / schedule.warmup_epochs;
    if (schedule.workers == 0) {
        return share;
    }
    const auto workers = static_cast<double>(schedule.workers);
    return (1.0 + share * (workers - 1.0)) / workers;
}

double cosine(const ScheduleConfig& schedule, std::int64_t step) {
    const double epochs =
        static_cast<double>(schedule.total_steps) / static_cast<double>(schedule.steps_per_epoch);
    const double done =
        (epochs_done(schedule, step) - schedule.warmup_epochs) / (epochs - schedule.warmup_epochs);
    return 0.5 * schedule.peak_lr * (1.0 + std::cos(std::numbers::pi * done));
}

} // namespace

double learning_rate(const ScheduleConfig& schedule, std::int64_t step) {
    if (schedule.kind == plan::ScheduleKind::hyperrule) {
        return hyperrule(schedule, step);
    }
    const double e = epochs_done(schedule, step);
    if (schedule.warmup_epochs > 0.0 && e <= schedule.warmup_epochs) {
        return schedule.peak_lr * warm_up(schedule, e);
    }
    return schedule.kind == plan::ScheduleKind::step ? step_decay(schedule, step) : cosine(schedule, step);
}

} // namespace suite::train
