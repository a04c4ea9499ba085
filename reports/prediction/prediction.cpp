#include "reports/prediction/prediction.hpp"

#include <algorithm>
#include <set>

namespace reports {
namespace {

using metrics::Rung;
using metrics::StepForm;
using metrics::StepModel;

// Forward takes a third of a step's work, backward two (6 FLOP per multiply-add and image).
constexpr double backward_share = 2.0 / 3.0;

std::span<const Rung> up_to(const std::vector<Rung>& ladder, int most_ranks) {
    const auto end = std::find_if(ladder.begin(), ladder.end(), [most_ranks](const Rung& rung) {
        return most_ranks > 0 && rung.ranks > most_ranks;
    });
    return {ladder.begin(), end};
}

// Measured world sizes, the powers of two between the last of them and `to`, and `to`.
std::set<int> world_sizes(const PredictionRequest& request) {
    std::set<int> sizes{request.to};
    int largest = 1;
    for (const Rung& rung : request.ladder) {
        sizes.insert(rung.ranks);
        largest = std::max(largest, rung.ranks);
    }
    for (std::int64_t size = 1; size < request.to; size *= 2) {
        if (size > largest) {
            sizes.insert(static_cast<int>(size));
        }
    }
    return sizes;
}

std::vector<PredictedRung> predicted_rungs(const PredictionRequest& request, const StepModel& model,
                                           std::span<const Rung> calibrated) {
    std::vector<PredictedRung> rungs;
    for (const int ranks : world_sizes(request)) {
        PredictedRung& rung = rungs.emplace_back();
        rung.prediction = model.predict(ranks);
        const auto measured = std::find_if(request.ladder.begin(), request.ladder.end(),
                                           [ranks](const Rung& entry) { return entry.ranks == ranks; });
        if (measured != request.ladder.end()) {
            rung.measured_images_per_second = measured->images_per_second;
            rung.measured_percent = metrics::efficiency_percent(request.ladder, *measured);
            rung.is_calibrated = ranks <= calibrated.back().ranks;
        }
    }
    return rungs;
}

FormOutcome outcome_of(StepForm form, const PredictionRequest& request, std::span<const Rung> calibrated) {
    FormOutcome outcome{.form = form, .obstacle = StepModel::obstacle(calibrated, form, request.shape)};
    if (outcome.obstacle) {
        return outcome;
    }
    const StepModel model(calibrated, form, request.shape);
    const auto prediction = model.predict(request.to);
    outcome.rms_seconds = model.rms_seconds();
    outcome.predicted_percent = prediction.efficiency_percent;
    outcome.interval = prediction.efficiency_interval;
    if (const auto left_out = metrics::leave_one_rung_out(calibrated, form, request.shape);
        !left_out.empty()) {
        outcome.left_out_points = metrics::rms_error_points(left_out);
    }
    return outcome;
}

void add_back_tests(PredictionReport& report) {
    const PredictionRequest& request = report.request;
    for (const int most : request.back_tests) {
        const auto known = up_to(request.ladder, most);
        if (known.size() < 2 || known.size() == request.ladder.size()) {
            continue; // nothing to calibrate on, or nothing held out
        }
        report.back_tests.push_back(metrics::back_test(request.ladder, report.form, request.shape, most));
        if (const auto chosen = metrics::choose_form(known, request.shape)) {
            report.chosen_back_tests.push_back(
                metrics::back_test(request.ladder, *chosen, request.shape, most));
        }
    }
    report.coverage = metrics::coverage_of(report.back_tests);
}

// The sd with which the slowest of N ranks explains the rungs; 0 when they do not say.
double noise_share_of(std::span<const Rung> calibrated, const metrics::StepShape& shape) {
    if (StepModel::obstacle(calibrated, StepForm::extreme_value, shape, metrics::Need::point)) {
        return 0.0;
    }
    const StepModel model(calibrated, StepForm::extreme_value, shape);
    return model.parameters()[1].seconds / model.base_step_seconds();
}

void add_simulations(PredictionReport& report) {
    const PredictionRequest& request = report.request;
    if (request.shape.bucket_bytes.empty()) {
        return;
    }
    const double backward = backward_share * report.base_step_seconds;
    for (const int ranks : request.simulated) {
        for (const auto algorithm : metrics::nccl_algorithms) {
            metrics::SimulatedTraining training{.fabric = request.shape.fabric,
                                                .ranks = ranks,
                                                .algorithm = algorithm,
                                                .bucket_bytes = request.shape.bucket_bytes,
                                                .forward_seconds = report.base_step_seconds - backward,
                                                .backward_seconds = backward,
                                                .window_seconds = backward / request.accumulation,
                                                .noise_share = report.noise_share,
                                                .steps = request.steps,
                                                .seed = request.seed};
            report.simulations.push_back(
                {.ranks = ranks, .algorithm = algorithm, .shares = metrics::simulate(training)});
        }
    }
}

StepForm form_of(const PredictionRequest& request, std::span<const Rung> calibrated) {
    if (request.form) {
        return *request.form;
    }
    if (const auto chosen = metrics::choose_form(calibrated, request.shape)) {
        return *chosen;
    }
    throw suite::Error(suite::ErrorKind::usage,
                       suite::Fault{"rungs", "too few to choose a form by leaving each out",
                                    "four or more above 1 rank", "name a form, or measure more world sizes"});
}

} // namespace

PredictionReport predict(const PredictionRequest& request) {
    suite::FaultList faults;
    metrics::find_ladder_faults(request.ladder, request.ladder_title, faults);
    faults.throw_if_any(suite::ErrorKind::usage);
    const auto calibrated = up_to(request.ladder, request.most_calibrated);
    PredictionReport report{.request = request, .form = form_of(request, calibrated)};
    if (const auto fault = StepModel::obstacle(calibrated, report.form, request.shape)) {
        throw suite::Error(suite::ErrorKind::usage, *fault);
    }
    const StepModel model(calibrated, report.form, request.shape);
    report.base_step_seconds = model.base_step_seconds();
    report.rms_seconds = model.rms_seconds();
    report.degrees_of_freedom = model.degrees_of_freedom();
    report.parameters = model.parameters(request.seed);
    report.left_out = metrics::leave_one_rung_out(calibrated, report.form, request.shape);
    report.rungs = predicted_rungs(request, model, calibrated);
    for (const StepForm form : metrics::all_step_forms) {
        report.forms.push_back(outcome_of(form, request, calibrated));
    }
    add_back_tests(report);
    report.noise_share = noise_share_of(calibrated, request.shape);
    add_simulations(report);
    return report;
}

} // namespace reports
