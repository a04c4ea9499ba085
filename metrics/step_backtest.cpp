#include "metrics/step_backtest.hpp"

#include <algorithm>
#include <cmath>

namespace metrics {

std::vector<LeftOutRung> leave_one_rung_out(std::span<const Rung> ladder, StepForm form,
                                            const StepShape& shape) {
    std::vector<LeftOutRung> list;
    for (std::size_t i = 1; i < ladder.size(); ++i) {
        std::vector<Rung> others(ladder.begin(), ladder.end());
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        if (others.size() < 2 || StepModel::obstacle(others, form, shape, Need::point)) {
            return {};
        }
        list.push_back({.ranks = ladder[i].ranks,
                        .measured_percent = efficiency_percent(ladder, ladder[i]),
                        .predicted_percent =
                            StepModel(others, form, shape).predict(ladder[i].ranks).efficiency_percent});
    }
    return list;
}

double rms_error_points(std::span<const LeftOutRung> rungs) {
    double squares = 0.0;
    for (const LeftOutRung& rung : rungs) {
        squares += rung.error_points() * rung.error_points();
    }
    return rungs.empty() ? INFINITY : std::sqrt(squares / static_cast<double>(rungs.size()));
}

std::optional<StepForm> choose_form(std::span<const Rung> ladder, const StepShape& shape,
                                    std::span<const StepForm> among) {
    std::optional<StepForm> best;
    double least = INFINITY;
    for (const StepForm form : among) {
        const double error = rms_error_points(leave_one_rung_out(ladder, form, shape));
        if (error < least && !StepModel::obstacle(ladder, form, shape)) {
            best = form;
            least = error;
        }
    }
    return best;
}

double BackTest::worst_error_points() const noexcept {
    double worst = 0.0;
    for (const HeldOutRung& rung : held_out) {
        worst = std::fabs(rung.error_points()) > std::fabs(worst) ? rung.error_points() : worst;
    }
    return worst;
}

BackTest back_test(std::span<const Rung> ladder, StepForm form, const StepShape& shape, int most_ranks) {
    const auto split = std::find_if(ladder.begin(), ladder.end(),
                                    [most_ranks](const Rung& rung) { return rung.ranks > most_ranks; });
    const std::span<const Rung> known(ladder.begin(), split);
    BackTest test{.form = form, .most_ranks = most_ranks};
    test.obstacle = StepModel::obstacle(known, form, shape);
    if (test.obstacle) {
        return test;
    }
    test.left_out = leave_one_rung_out(known, form, shape);
    const StepModel model(known, form, shape);
    for (const Rung& rung : std::span<const Rung>(split, ladder.end())) {
        HeldOutRung held{.prediction = model.predict(rung.ranks),
                         .measured_percent = efficiency_percent(ladder, rung)};
        for (const double level : coverage_levels) {
            const Interval interval = model.predict(rung.ranks, level).efficiency_interval;
            held.covered.push_back(held.measured_percent >= interval.low &&
                                   held.measured_percent <= interval.high);
        }
        test.held_out.push_back(std::move(held));
    }
    return test;
}

std::vector<Coverage> coverage_of(std::span<const BackTest> tests) {
    std::vector<Coverage> list;
    for (std::size_t i = 0; i < std::size(coverage_levels); ++i) {
        Coverage coverage{.level = coverage_levels[i]};
        for (const BackTest& test : tests) {
            for (const HeldOutRung& rung : test.held_out) {
                coverage.covered += rung.covered[i] ? 1U : 0U;
                ++coverage.rungs;
            }
        }
        list.push_back(coverage);
    }
    return list;
}

} // namespace metrics
