#include "suite/worker/validity.hpp"

#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace suite::worker {
namespace {

// Means of fewer losses than this say nothing about a trend: a run of under 16 steps is a smoke run.
constexpr std::size_t fewest_judged_losses = 4;

} // namespace

double mean_loss(std::span<const train::LossPoint> losses) {
    return std::accumulate(losses.begin(), losses.end(), 0.0,
                           [](double sum, const train::LossPoint& point) { return sum + point.loss; }) /
           static_cast<double>(losses.size());
}

void check_validity(const plan::RunConfig& config, const data::DataSet& data_set,
                    const train::TrainResult& result) {
    FaultList faults;
    const train::Predictions& p = result.predictions;
    if (p.samples != data_set.test.size() || p.outputs != config.outputs() ||
        p.scores.size() != p.samples * p.outputs) {
        faults.add({.where = "evaluation",
                    .found = fmt::format("{} x {} scores", p.samples, p.outputs),
                    .expected = fmt::format("{} x {}", data_set.test.size(), config.outputs()),
                    .fix = ""});
    }
    for (const float value : p.scores) {
        if (!std::isfinite(value)) {
            faults.add({.where = "evaluation",
                        .found = "a score that is not finite",
                        .expected = "finite scores",
                        .fix = "lower the learning rate of the recipe"});
            break;
        }
    }
    const std::size_t quarter = result.losses.size() / 4;
    if (quarter > 0) {
        const double first = mean_loss(std::span(result.losses).first(quarter));
        const double last = mean_loss(std::span(result.losses).last(quarter));
        const bool rose = quarter >= fewest_judged_losses && last > 2.0 * first;
        if (rose || !std::isfinite(first) || !std::isfinite(last)) {
            faults.add({.where = "training",
                        .found = fmt::format("a loss that rose from {:.4g} to {:.4g}", first, last),
                        .expected = "a loss that falls",
                        .fix = "lower the learning rate of the recipe"});
        }
    }
    faults.throw_if_any(ErrorKind::numeric);
}

} // namespace suite::worker
