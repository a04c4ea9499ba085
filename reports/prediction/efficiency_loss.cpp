#include "reports/prediction/efficiency_loss.hpp"

namespace reports {
namespace {

using suite::store::ScalingSummary;

constexpr double percent = 100.0;

double computing_seconds(const ScalingSummary& run) {
    return run.data_seconds + run.forward_seconds + run.backward_seconds + run.optimizer_seconds;
}

double step_seconds(const ScalingSummary& run) {
    return static_cast<double>(run.local_batch * run.ranks) / run.steady_images_per_second;
}

} // namespace

EfficiencyLoss efficiency_loss(const ScalingSummary& rung, const ScalingSummary& before,
                               const ScalingSummary& after) {
    const double share = static_cast<double>(rung.local_batch) / static_cast<double>(before.local_batch);
    const double base_computing = share * (computing_seconds(before) + computing_seconds(after)) / 2.0;
    const double base_step = share * (step_seconds(before) + step_seconds(after)) / 2.0;
    const double step = step_seconds(rung);
    const double points = percent / step;
    EfficiencyLoss loss{.computing = points * (computing_seconds(rung) - base_computing),
                        .communication = points * (rung.communication_seconds - rung.imbalance_seconds),
                        .waiting = points * rung.imbalance_seconds};
    loss.other = points * (step - base_step) - loss.total();
    return loss;
}

} // namespace reports
