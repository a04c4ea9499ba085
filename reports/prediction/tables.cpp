#include "reports/prediction/tables.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reports {
namespace {

using metrics::BackTest;
using metrics::Interval;

std::string percent(double value) {
    return fmt::format("{:.2f}", value);
}

std::string milliseconds(double seconds) {
    return std::isfinite(seconds) ? fmt::format("{:.1f}", 1e3 * seconds) : "no limit";
}

std::string interval_text(const Interval& interval) {
    return fmt::format("[{:.2f}, {:.2f}]", interval.low, interval.high);
}

std::string points(double value) {
    return fmt::format("{:+.2f}", value);
}

std::string parameter_text(const metrics::StepParameter& parameter) {
    return fmt::format("{} = {:.4g} ms [{:.4g}, {:.4g}]", parameter.name, 1e3 * parameter.seconds,
                       1e3 * parameter.ci95.low, 1e3 * parameter.ci95.high);
}

std::string left_out_text(const std::vector<metrics::LeftOutRung>& rungs) {
    std::vector<std::string> parts;
    for (const auto& rung : rungs) {
        parts.push_back(fmt::format("{} {}", rung.ranks, points(rung.error_points())));
    }
    return fmt::format("{}; rms {:.2f} points", fmt::join(parts, ", "), metrics::rms_error_points(rungs));
}

std::string kind_of(const PredictedRung& rung) {
    if (!rung.measured_percent) {
        return "predicted";
    }
    return rung.is_calibrated ? "measured, fitted" : "measured, held out";
}

WordTable world_size_table(const PredictionReport& report) {
    WordTable table{.title = "World sizes",
                    .header = {"ranks", "images/s", "efficiency %", "model %", "95 % interval", "step ms",
                               "communication ms", "growing ms", "constant ms", "input ms", "what"},
                    .rows = {},
                    .notes = {"efficiency: of the measured rung; model: fitted or predicted, never measured. "
                              "images/s is the model's where nothing was measured."}};
    for (const PredictedRung& rung : report.rungs) {
        const auto& model = rung.prediction;
        table.rows.push_back(
            {std::to_string(model.ranks),
             fmt::format("{:.2f}", rung.measured_images_per_second.value_or(model.images_per_second)),
             rung.measured_percent ? percent(*rung.measured_percent) : "—", percent(model.efficiency_percent),
             model.ranks == 1 ? "—" : interval_text(model.efficiency_interval),
             milliseconds(model.step_seconds), milliseconds(model.communication_seconds),
             milliseconds(model.imbalance_seconds), milliseconds(model.constant_seconds),
             milliseconds(model.input_seconds), kind_of(rung)});
    }
    if (!report.request.note.empty()) {
        table.notes.push_back(report.request.note);
    }
    if (report.form != metrics::StepForm::network) {
        table.notes.push_back(
            "The form has no term of its own for communication: what of it is exposed is in the "
            "constant and the growing part.");
    }
    return table;
}

WordTable form_table(const PredictionReport& report) {
    const std::string at = fmt::format("% at {}", report.request.to);
    WordTable table{
        .title = "How other forms would have answered",
        .header = {"form", "step of 1 rank plus", "rms ms", "left out, points", at, "95 % interval"},
        .rows = {},
        .notes = {}};
    for (const FormOutcome& form : report.forms) {
        const std::string name =
            fmt::format("{}{}", metrics::to_string(form.form), form.form == report.form ? " *" : "");
        if (form.obstacle) {
            table.rows.push_back({name, std::string(metrics::formula_of(form.form)), "—", "—", "—",
                                  fmt::format("needs {}", form.obstacle->expected)});
            continue;
        }
        table.rows.push_back({name, std::string(metrics::formula_of(form.form)),
                              milliseconds(form.rms_seconds),
                              form.left_out_points ? percent(*form.left_out_points) : "—",
                              percent(form.predicted_percent), interval_text(form.interval)});
    }
    table.notes.emplace_back(
        "* the form used; left out: root mean square of the leave-one-rung-out errors in efficiency.");
    return table;
}

void add_back_test(const BackTest& test, WordTable& table) {
    for (const metrics::HeldOutRung& rung : test.held_out) {
        table.rows.push_back(
            {fmt::format("≤ {}", test.most_ranks), std::string(metrics::to_string(test.form)),
             std::to_string(rung.prediction.ranks), percent(rung.measured_percent),
             percent(rung.prediction.efficiency_percent), points(rung.error_points()),
             interval_text(rung.prediction.efficiency_interval), rung.covered.back() ? "yes" : "no"});
    }
    if (test.obstacle) {
        table.notes.push_back(fmt::format("≤ {}: found {}, expected {}.", test.most_ranks,
                                          test.obstacle->found, test.obstacle->expected));
        return;
    }
    const std::string left_out = test.left_out.empty() ? "too few rungs to leave one out"
                                                       : "left out: " + left_out_text(test.left_out);
    table.notes.push_back(fmt::format("≤ {} ({}): worst error {} points; {}.", test.most_ranks,
                                      metrics::to_string(test.form), points(test.worst_error_points()),
                                      left_out));
}

WordTable back_test_table(const std::string& title, const std::vector<BackTest>& tests) {
    WordTable table{.title = title,
                    .header = {"calibrated", "form", "ranks", "measured %", "predicted %", "error points",
                               "95 % interval", "inside"},
                    .rows = {},
                    .notes = {}};
    for (const BackTest& test : tests) {
        add_back_test(test, table);
    }
    return table;
}

std::string coverage_text(const std::vector<metrics::Coverage>& coverage) {
    std::vector<std::string> parts;
    for (const auto& entry : coverage) {
        parts.push_back(
            fmt::format("{} of {} in the {:.0f} % interval", entry.covered, entry.rungs, 100 * entry.level));
    }
    return fmt::format(
        "Coverage: {}. Rungs of one ladder share its calibration, so these counts are not independent.",
        fmt::join(parts, ", "));
}

WordTable simulation_table(const PredictionReport& report) {
    WordTable table{.title = "Where efficiency goes (simulated)",
                    .header = {"ranks", "all-reduce", "step ms", "compute ms", "waiting ms", "bandwidth ms",
                               "latency ms", "efficiency %"},
                    .rows = {},
                    .notes = {}};
    for (const SimulatedRung& rung : report.simulations) {
        const auto& shares = rung.shares;
        table.rows.push_back({std::to_string(rung.ranks), std::string(metrics::to_string(rung.algorithm)),
                              milliseconds(shares.step_seconds), milliseconds(shares.compute_seconds),
                              milliseconds(shares.waiting_seconds), milliseconds(shares.bandwidth_seconds),
                              milliseconds(shares.latency_seconds), percent(shares.efficiency_percent())});
    }
    const auto& request = report.request;
    table.notes.push_back(
        fmt::format("Simulated, not measured: {} buckets, the last of {} backward passes hides "
                    "communication, a rank's compute time "
                    "varies by {:.3g} % (sd; the value with which the form `extreme` fits the rungs), {} "
                    "steps, seed {}. waiting: for "
                    "the slowest rank; bandwidth and latency: communication that backward does not hide.",
                    request.shape.bucket_bytes.size(), request.accumulation, 100 * report.noise_share,
                    request.steps, request.seed));
    if (request.system_ranks > 0 && !request.simulated.empty() &&
        request.simulated.back() > request.system_ranks) {
        table.notes.push_back(
            fmt::format("The machine has {} ranks; beyond them the network is assumed to go on alike.",
                        request.system_ranks));
    }
    return table;
}

} // namespace

std::vector<std::string> prediction_facts(const PredictionReport& report) {
    const PredictionRequest& request = report.request;
    std::vector<std::string> facts;
    facts.push_back(fmt::format("System: {} ({}), {} ranks.", request.system_title, request.system,
                                request.system_ranks));
    const std::size_t used = static_cast<std::size_t>(std::count_if(
        report.rungs.begin(), report.rungs.end(), [](const auto& rung) { return rung.is_calibrated; }));
    facts.push_back(fmt::format("Rungs: {}; {} of {} calibrate the model{}; {:g} images a rank and step.",
                                request.ladder_title, used, request.ladder.size(),
                                request.model.empty() ? "" : "; network " + request.model,
                                request.shape.images_per_rank_step));
    if (!request.note.empty()) {
        facts.push_back("Note: " + request.note);
    }
    std::vector<std::string> parameters;
    for (const auto& parameter : report.parameters) {
        parameters.push_back(parameter_text(parameter));
    }
    facts.push_back(fmt::format(
        "Step of N ranks = step of 1 rank, {} ms, + {}: {}; residuals {} ms rms, {:g} degrees of freedom.",
        milliseconds(report.base_step_seconds), metrics::formula_of(report.form), fmt::join(parameters, ", "),
        milliseconds(report.rms_seconds), report.degrees_of_freedom));
    if (!report.left_out.empty()) {
        facts.push_back("Leave-one-rung-out errors (predicted less measured efficiency): " +
                        left_out_text(report.left_out) + ".");
    }
    return facts;
}

std::vector<WordTable> prediction_tables(const PredictionReport& report) {
    std::vector<WordTable> tables{world_size_table(report), form_table(report)};
    if (!report.back_tests.empty()) {
        tables.push_back(back_test_table("Back-test: calibrated on the first rungs, the others held out",
                                         report.back_tests));
        tables.back().notes.push_back(coverage_text(report.coverage));
        tables.back().notes.emplace_back("The parameters are blind to the held-out rungs. The form `sqrt` is "
                                         "not: it was chosen after looking at the whole "
                                         "published ladder.");
    }
    if (!report.chosen_back_tests.empty()) {
        tables.push_back(back_test_table(
            "The same with the form that leave-one-rung-out chooses from the calibration rungs alone",
            report.chosen_back_tests));
    }
    if (!report.simulations.empty()) {
        tables.push_back(simulation_table(report));
    }
    return tables;
}

} // namespace reports
