#include "reports/prediction/measured_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "reports/check/rung.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

plan::LadderSpec training_of(const plan::Plan& plan, const plan::PlannedCell& cell) {
    const plan::RunConfig& config = plan.runs[cell.runs.front()].config;
    return {.file = {},
            .title = fmt::format("{} at profile {}, measured", plan.workload, plan.profile),
            .model = config.network.id,
            .classes = static_cast<int>(config.outputs()),
            .images_per_rank_step = config.train.batch / std::max(1, config.ranks),
            .micro_batch = config.train.micro_batch,
            .note = {}};
}

/// Logarithms of the base case's throughputs; empty when it may not count.
metrics::Sample base_logarithms(const RungResult& rung) {
    std::vector<double> values;
    for (const RungRun& run : rung.runs) {
        if (rung.invalid.empty() && !run.is_flagged()) {
            values.push_back(std::log(run.summary.images_per_second));
        }
    }
    return metrics::make_sample(values);
}

/// The rung as its base case has it per rank, times how much of that is left.
metrics::Rung rung_from(const RungResult& rung, double images_per_second, const metrics::Sample& logarithms) {
    return {.ranks = rung.ranks,
            .images_per_second = images_per_second,
            .sd = logarithms.sd ? std::optional(images_per_second * *logarithms.sd) : std::nullopt,
            .place = {}};
}

void drop_partial_sds(std::vector<metrics::Rung>& rungs) {
    if (std::ranges::any_of(rungs,
                            [](const metrics::Rung& rung) { return !(rung.sd.value_or(0.0) > 0.0); })) {
        for (metrics::Rung& rung : rungs) {
            rung.sd.reset();
        }
    }
}

} // namespace

MeasuredLadder measured_ladder(const plan::Plan& plan, Records& records) {
    MeasuredLadder ladder;
    std::optional<double> base;
    std::string model;
    for (const plan::PlannedCell& cell : plan.cells) { // rising ranks: the base case comes first
        model = model.empty() ? cell.id.model() : model;
        if (cell.id.at(plan::AxisRole::scaling) != plan::enum_name(plan::ScalingMode::weak) ||
            cell.id.model() != model) {
            continue;
        }
        const RungResult rung = rung_of(plan, cell, nullptr, records);
        const metrics::Sample alone = rung.ranks == 1 ? base_logarithms(rung) : metrics::Sample{};
        if (alone.n > 0) {
            base = std::exp(alone.mean);
            ladder.training = training_of(plan, cell);
            ladder.rungs.push_back(rung_from(rung, *base, alone));
        } else if (base && rung.efficiency) {
            ladder.rungs.push_back(
                rung_from(rung, *base * rung.efficiency->speedup, rung.efficiency->log_ratios));
        } else {
            ladder.left_out.push_back(
                fmt::format("{}: {}", cell.text, compare_rung(rung, nullptr, 0.0).reason));
        }
    }
    drop_partial_sds(ladder.rungs);
    return ladder;
}

} // namespace reports
