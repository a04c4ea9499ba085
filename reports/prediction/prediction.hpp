// What a step-time model calibrated on measured rungs says about more ranks, how well it did on rungs that it
// did not see, and where a simulation says that efficiency goes; as text, JSON, Markdown, a page and a
// figure.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "metrics/allreduce_simulation.hpp"
#include "metrics/step_backtest.hpp"
#include "reports/format/figure.hpp"

namespace reports {

/// What is asked.
struct PredictionRequest {
    std::string system; ///< id
    std::string system_title;
    int system_ranks = 0;     ///< that the machine has
    std::string ladder_title; ///< where the rungs come from
    std::string note;         ///< stands with their absolute numbers; may be empty
    std::string model;        ///< "" when unknown: no communication is modelled
    std::vector<metrics::Rung> ladder;
    metrics::StepShape shape;
    std::optional<metrics::StepForm> form = metrics::StepForm::square_root; ///< none: by leave-one-rung-out
    int most_calibrated = 0; ///< rungs above are held out; 0: none
    std::vector<int> back_tests = {16, 32, 64};
    int to = 1024;
    std::vector<int> simulated = {1024, 4096};
    int accumulation = 1; ///< backward passes of a step, of which the last hides communication
    int steps = 20;       ///< of a simulation
    std::uint64_t seed = 0;
};

/// A world size: measured, predicted or both.
struct PredictedRung {
    metrics::StepPrediction prediction; ///< at 95 %
    std::optional<double> measured_images_per_second;
    std::optional<double> measured_percent;
    bool is_calibrated = false; ///< the model has seen it
};

/// How another form would have answered.
struct FormOutcome {
    metrics::StepForm form = metrics::StepForm::square_root;
    std::optional<suite::Fault> obstacle; ///< then there is nothing else
    double rms_seconds = 0.0;
    std::optional<double> left_out_points; ///< leave-one-rung-out, root mean square
    double predicted_percent = 0.0;        ///< at `to`
    metrics::Interval interval{};
};

struct SimulatedRung {
    int ranks = 0;
    metrics::AllReduceAlgorithm algorithm = metrics::AllReduceAlgorithm::tree;
    metrics::SimulatedShares shares;
};

struct PredictionReport {
    PredictionRequest request;
    metrics::StepForm form = metrics::StepForm::square_root;
    double base_step_seconds = 0.0;
    double rms_seconds = 0.0;
    double degrees_of_freedom = 0.0;
    std::vector<metrics::StepParameter> parameters;
    std::vector<metrics::LeftOutRung> left_out;
    std::vector<PredictedRung> rungs; ///< rising
    std::vector<FormOutcome> forms;
    std::vector<metrics::BackTest> back_tests; ///< of the form
    std::vector<metrics::BackTest>
        chosen_back_tests;                   ///< of the form that the calibration rungs alone would choose
    std::vector<metrics::Coverage> coverage; ///< of back_tests
    double noise_share = 0.0; ///< of the simulations: that with which the form `extreme` fits the rungs
    std::vector<SimulatedRung> simulations;
};

/// Throws Error(usage) with everything that is wrong with the ladder, or why it cannot calibrate the form.
[[nodiscard]] PredictionReport predict(const PredictionRequest& request);

/// 110 columns.
[[nodiscard]] std::string prediction_text(const PredictionReport& report);
/// Numbers that do not exist or have no limit are null; shares of time in seconds, efficiencies in percent.
[[nodiscard]] nlohmann::ordered_json to_json(const PredictionReport& report);
[[nodiscard]] std::string to_markdown(const PredictionReport& report);
/// A self-contained page; `svg`: the figure, "" without.
[[nodiscard]] std::string to_html(const PredictionReport& report, const std::string& svg);

/// Efficiency over ranks: measured filled, predicted hollow with its 95 % interval; a panel for the
/// prediction and one for each back-test.
[[nodiscard]] std::string prediction_script(const PredictionReport& report, Picture picture,
                                            const std::filesystem::path& output);

/// Writes predict-SYSTEM.md, .json, .html and, where gnuplot is installed, .svg into the folder. A failing
/// gnuplot costs the figure only. Throws Error(environment) when a file cannot be written.
[[nodiscard]] WrittenFiles write_prediction(const PredictionReport& report,
                                            const std::filesystem::path& folder);

} // namespace reports
