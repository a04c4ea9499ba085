// Predictions as documents: what stands in them, that published absolutes carry their note, that nothing
// predicted looks measured.
#include "reports/prediction/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/metrics/published_ladder.hpp"

namespace reports {
namespace {

using testing::HasSubstr;
using testing::Not;

PredictionRequest published_request() {
    return {.system = "booster",
            .system_title = "A booster",
            .system_ranks = 3744,
            .ladder_title = "Published ladder",
            .note = "Its absolutes are <odd>.",
            .model = "R152x4",
            .ladder = published::ladder(),
            .shape = published::shape(),
            .accumulation = 8,
            .steps = 3};
}

const PredictionReport& published_report() {
    static const PredictionReport report = predict(published_request());
    return report;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

TEST(Prediction, ListsMeasuredAndPredictedWorldSizesApart) {
    PredictionRequest request = published_request();
    request.to = 4096;
    request.most_calibrated = 64;
    const PredictionReport report = predict(request);
    ASSERT_EQ(report.rungs.size(), 12U); // the ladder's ten, 2,048 and 4,096
    EXPECT_TRUE(report.rungs[5].is_calibrated);
    EXPECT_FALSE(report.rungs[6].is_calibrated);
    EXPECT_TRUE(report.rungs[9].measured_percent);
    EXPECT_FALSE(report.rungs[10].measured_percent);
    EXPECT_EQ(report.rungs[11].prediction.ranks, 4096);
    const auto document = to_json(report);
    EXPECT_TRUE(document["rungs"][11]["measured_efficiency"].is_null());
    EXPECT_NEAR(document["rungs"][9]["measured_efficiency"].get<double>(), 93.77, 0.005);
}

TEST(Prediction, BackTestsStayWithin15PointsWithTheDeclaredForm) {
    const auto document = to_json(published_report());
    ASSERT_EQ(document["back_tests"].size(), 3U);
    for (const auto& test : document["back_tests"]) {
        EXPECT_EQ(test["form"], "sqrt");
        EXPECT_LE(std::abs(test["worst_error_points"].get<double>()), 1.5);
        EXPECT_FALSE(test["left_out"].empty());
    }
    EXPECT_EQ(document["coverage"].size(), 3U);
    EXPECT_EQ(document["coverage"][2]["rungs"], 15);
}

TEST(Prediction, SaysThatTheFormIsNotBlindAndWhatABlindChoiceGives) {
    const std::string text = prediction_text(published_report());
    EXPECT_THAT(text, HasSubstr("The form `sqrt` is not"));
    ASSERT_FALSE(published_report().chosen_back_tests.empty());
    EXPECT_EQ(published_report().chosen_back_tests[0].form, metrics::StepForm::extreme_value);
}

TEST(Prediction, TheNoteStandsWhereverAbsoluteNumbersStand) {
    for (const std::string& text : {prediction_text(published_report()), to_markdown(published_report())}) {
        EXPECT_EQ(count_of(text, "Its absolutes are <odd>."),
                  2U); // before the tables and below that of images/s
    }
    EXPECT_EQ(count_of(to_html(published_report(), ""), "Its absolutes are &lt;odd&gt;."), 2U);
    EXPECT_EQ(to_json(published_report())["note"], "Its absolutes are <odd>.");
}

TEST(Prediction, LinesFitATerminal) {
    std::istringstream lines(prediction_text(published_report()));
    for (std::string line; std::getline(lines, line);) {
        const auto columns =
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
        EXPECT_LE(columns, 150) << line;
    }
}

TEST(Prediction, SimulatesWhereEfficiencyGoes) {
    ASSERT_EQ(published_report().simulations.size(), 4U); // 1,024 and 4,096 ranks by ring and tree
    for (const SimulatedRung& rung : published_report().simulations) {
        EXPECT_GT(rung.shares.efficiency_percent(), 10.0);
        EXPECT_LT(rung.shares.efficiency_percent(), 100.0);
    }
    EXPECT_THAT(prediction_text(published_report()), HasSubstr("The machine has 3744 ranks"));
}

TEST(Prediction, WithoutANetworkNothingIsSimulated) {
    PredictionRequest request = published_request();
    request.shape.bucket_bytes.clear();
    const PredictionReport report = predict(request);
    EXPECT_TRUE(report.simulations.empty());
    EXPECT_TRUE(report.forms.back().obstacle);
}

TEST(Prediction, ChoosesAFormWhenNoneIsGiven) {
    PredictionRequest request = published_request();
    request.form.reset();
    const auto report = predict(request);
    for (const FormOutcome& form : report.forms) {
        if (form.form == report.form) {
            for (const FormOutcome& other : report.forms) {
                EXPECT_LE(*form.left_out_points, other.left_out_points.value_or(INFINITY));
            }
        }
    }
}

TEST(Prediction, EqualRequestsGiveEqualDocuments) {
    EXPECT_EQ(to_json(predict(published_request())).dump(), to_json(published_report()).dump());
}

TEST(PredictionBadInput, IsRefused) {
    PredictionRequest request = published_request();
    request.most_calibrated = 4;
    EXPECT_THROW((void)predict(request), suite::Error);
    request.ladder.resize(1);
    EXPECT_THROW((void)predict(request), suite::Error);
}

TEST(PredictionFigure, MeasuredIsFilledAndPredictedHollow) {
    const std::string script = prediction_script(published_report(), Picture::svg, "out.svg");
    EXPECT_EQ(count_of(script, "set title"), 4U); // the fit and three back-tests
    EXPECT_THAT(script, HasSubstr("pt 7 ps 0.9 lc rgb '#222222' title 'measured, calibrates'"));
    EXPECT_THAT(script, HasSubstr("pt 6 ps 1.0 lw 1.6 lc rgb '#1f4e8c' title 'predicted'"));
    // The first panel predicts nothing: all its world sizes are measured and fitted.
    EXPECT_THAT(script, Not(HasSubstr("$predicted_0")));
    EXPECT_THAT(script, HasSubstr("$predicted_1"));
}

TEST(PredictionFigure, IsDrawn) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    const auto folder = std::filesystem::temp_directory_path() / "prediction-test";
    const auto paths = write_prediction(published_report(), folder).paths;
    ASSERT_EQ(paths.size(), 4U);
    for (const auto& path : paths) {
        EXPECT_GT(std::filesystem::file_size(path), 1000U) << path;
    }
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace reports
