#include <cmath>

#include "reports/prediction/prediction.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

ordered_json number(double value) {
    return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json number(const std::optional<double>& value) {
    return value ? number(*value) : ordered_json(nullptr);
}

ordered_json interval(const metrics::Interval& range) {
    return {number(range.low), number(range.high)};
}

ordered_json obstacle(const std::optional<suite::Fault>& fault) {
    return fault ? ordered_json(suite::to_string(*fault)) : ordered_json(nullptr);
}

ordered_json left_out_json(const std::vector<metrics::LeftOutRung>& rungs) {
    ordered_json list = ordered_json::array();
    for (const auto& rung : rungs) {
        list.push_back({{"ranks", rung.ranks},
                        {"measured", number(rung.measured_percent)},
                        {"predicted", number(rung.predicted_percent)},
                        {"error_points", number(rung.error_points())}});
    }
    return list;
}

ordered_json rung_json(const PredictedRung& rung) {
    const auto& model = rung.prediction;
    return {{"ranks", model.ranks},
            {"measured_images_per_second", number(rung.measured_images_per_second)},
            {"measured_efficiency", number(rung.measured_percent)},
            {"calibrated", rung.is_calibrated},
            {"efficiency", number(model.efficiency_percent)},
            {"efficiency_ci95", interval(model.efficiency_interval)},
            {"images_per_second", number(model.images_per_second)},
            {"images_per_second_ci95", interval(model.images_interval)},
            {"step_seconds", number(model.step_seconds)},
            {"step_seconds_ci95", interval(model.step_interval)},
            {"communication_seconds", number(model.communication_seconds)},
            {"imbalance_seconds", number(model.imbalance_seconds)},
            {"constant_seconds", number(model.constant_seconds)},
            {"input_seconds", number(model.input_seconds)}};
}

ordered_json back_tests_json(const std::vector<metrics::BackTest>& tests) {
    ordered_json list = ordered_json::array();
    for (const auto& test : tests) {
        ordered_json held_out = ordered_json::array();
        for (const auto& rung : test.held_out) {
            held_out.push_back({{"ranks", rung.prediction.ranks},
                                {"measured", number(rung.measured_percent)},
                                {"predicted", number(rung.prediction.efficiency_percent)},
                                {"ci95", interval(rung.prediction.efficiency_interval)},
                                {"error_points", number(rung.error_points())}});
        }
        list.push_back({{"calibrated_to", test.most_ranks},
                        {"form", metrics::to_string(test.form)},
                        {"obstacle", obstacle(test.obstacle)},
                        {"worst_error_points", number(test.worst_error_points())},
                        {"left_out", left_out_json(test.left_out)},
                        {"held_out", held_out}});
    }
    return list;
}

ordered_json parameters_json(const PredictionReport& report) {
    ordered_json list = ordered_json::array();
    for (const auto& parameter : report.parameters) {
        list.push_back({{"name", parameter.name},
                        {"seconds", number(parameter.seconds)},
                        {"ci95", interval(parameter.ci95)}});
    }
    return list;
}

ordered_json forms_json(const PredictionReport& report) {
    ordered_json list = ordered_json::array();
    for (const FormOutcome& form : report.forms) {
        const bool is_there = !form.obstacle;
        list.push_back({{"form", metrics::to_string(form.form)},
                        {"formula", metrics::formula_of(form.form)},
                        {"obstacle", obstacle(form.obstacle)},
                        {"rms_seconds", is_there ? number(form.rms_seconds) : ordered_json(nullptr)},
                        {"left_out_points", number(form.left_out_points)},
                        {"efficiency", is_there ? number(form.predicted_percent) : ordered_json(nullptr)},
                        {"efficiency_ci95", is_there ? interval(form.interval) : ordered_json(nullptr)}});
    }
    return list;
}

ordered_json simulations_json(const PredictionReport& report) {
    ordered_json list = ordered_json::array();
    for (const SimulatedRung& rung : report.simulations) {
        list.push_back({{"ranks", rung.ranks},
                        {"algorithm", metrics::to_string(rung.algorithm)},
                        {"step_seconds", rung.shares.step_seconds},
                        {"compute_seconds", rung.shares.compute_seconds},
                        {"waiting_seconds", rung.shares.waiting_seconds},
                        {"bandwidth_seconds", rung.shares.bandwidth_seconds},
                        {"latency_seconds", rung.shares.latency_seconds},
                        {"efficiency", rung.shares.efficiency_percent()}});
    }
    return list;
}

} // namespace

ordered_json to_json(const PredictionReport& report) {
    const PredictionRequest& request = report.request;
    ordered_json document{{"system", request.system},
                          {"system_ranks", request.system_ranks},
                          {"ladder", request.ladder_title},
                          {"note", request.note},
                          {"model", request.model},
                          {"images_per_rank_step", request.shape.images_per_rank_step},
                          {"to", request.to},
                          {"form", metrics::to_string(report.form)},
                          {"formula", metrics::formula_of(report.form)},
                          {"base_step_seconds", number(report.base_step_seconds)},
                          {"rms_seconds", number(report.rms_seconds)},
                          {"degrees_of_freedom", number(report.degrees_of_freedom)},
                          {"parameters", parameters_json(report)},
                          {"left_out", left_out_json(report.left_out)},
                          {"rungs", ordered_json::array()},
                          {"forms", forms_json(report)},
                          {"back_tests", back_tests_json(report.back_tests)},
                          {"chosen_back_tests", back_tests_json(report.chosen_back_tests)},
                          {"coverage", ordered_json::array()},
                          {"noise_share", number(report.noise_share)},
                          {"simulations", simulations_json(report)}};
    for (const PredictedRung& rung : report.rungs) {
        document["rungs"].push_back(rung_json(rung));
    }
    for (const auto& entry : report.coverage) {
        document["coverage"].push_back(
            {{"level", entry.level}, {"covered", entry.covered}, {"rungs", entry.rungs}});
    }
    return document;
}

} // namespace reports
