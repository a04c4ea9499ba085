#include "metrics/scores.hpp"

#include <limits>

#include "suite/base/metric_kinds.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using suite::ErrorKind;
using testing::HasSubstr;

Predictions single_label(const nlohmann::json& entry) {
    Predictions predictions{.outputs = entry["classes"].get<std::size_t>(),
                            .scores = entry["logits"].get<std::vector<float>>(),
                            .class_labels = entry["labels"].get<std::vector<std::int64_t>>()};
    predictions.samples = predictions.class_labels.size();
    return predictions;
}

std::string numeric_message(const std::string& metric, const Predictions& predictions) {
    return golden::message_of(ErrorKind::numeric, [&] { (void)score(metric, predictions); });
}

TEST(Score, Top1AndMacroAucInPercentAgreeWithTheGoldenFile) {
    for (const auto& entry : golden::read("auc.json", "macro")) {
        const MetricValue top1 = score("top1", single_label(entry));
        const MetricValue auc = score("mean_auc", single_label(entry));

        golden::expect_close(top1.value, entry["top1"], 1e-14, "top1");
        golden::expect_close(auc.value, entry["percent"], 1e-13, "mean_auc");
        EXPECT_EQ(top1.name, "top1");
        EXPECT_EQ(auc.unit, "%");
        EXPECT_TRUE(auc.higher_is_better);
    }
}

TEST(Score, HasAScorerForEveryMetricOfATestPart) {
    const Predictions predictions = single_label(golden::read("auc.json", "macro")[0]);
    for (const std::string& metric : suite::scored_metric_ids()) {
        EXPECT_EQ(score(metric, predictions).name, metric);
        EXPECT_EQ(image_outcomes(metric, predictions).size(), predictions.samples) << metric;
    }
}

TEST(Score, MultiLabelMeanAuc) {
    const auto entry = golden::read("auc.json", "multi")[1];
    Predictions predictions{.outputs = entry["classes"].get<std::size_t>(),
                            .scores = entry["scores"].get<std::vector<float>>(),
                            .label_matrix = golden::labels(entry["labels"])};
    predictions.samples = predictions.scores.size() / predictions.outputs;

    golden::expect_close(score("mean_auc", predictions).value, entry["percent"], 1e-13, "mean_auc");
}

TEST(Top1, CountsHitsOfAllSamplesAndClasses) {
    const std::vector<float> scores{0.1F, 0.7F, 0.2F, 0.9F, 0.0F, 0.1F, 0.2F, 0.3F, 0.5F, 0.1F, 0.8F, 0.1F};
    EXPECT_EQ(top1_accuracy(scores, std::vector<std::int64_t>{1, 0, 2, 0}, 3), 75.0);
    EXPECT_EQ(top1_accuracy(std::vector{0.3F}, std::vector<std::int64_t>{0}, 1), 100.0);
}

TEST(Top1BadInput, IsNamed) {
    const std::vector<float> scores{0.1F, 0.2F};
    const auto data = [&](std::int64_t label) {
        return golden::message_of(ErrorKind::data,
                                  [&] { (void)top1_accuracy(scores, std::vector<std::int64_t>{label}, 2); });
    };
    EXPECT_THAT(data(2), HasSubstr("label of sample 0: found 2, expected a class in [0, 2)"));
    EXPECT_THAT(data(-1), HasSubstr("label of sample 0: found -1"));
    EXPECT_THAT(
        golden::message_of(
            ErrorKind::numeric,
            [] {
                (void)top1_accuracy(std::vector{0.1F, std::nanf("")}, std::vector<std::int64_t>{0}, 2);
            }),
        HasSubstr("score of sample 0: found NaN"));
    for (const auto& [labels, classes] :
         std::vector<std::pair<std::vector<std::int64_t>, std::size_t>>{{{0}, 0}, {{}, 2}, {{0, 0}, 2}})
        EXPECT_THAT(
            golden::message_of(ErrorKind::numeric, [&] { (void)top1_accuracy(scores, labels, classes); }),
            HasSubstr("number of scores: found 2"));
    EXPECT_THAT(golden::message_of(ErrorKind::numeric,
                                   [] { (void)top1_accuracy({}, std::vector<std::int64_t>{0}, 0); }),
                HasSubstr("number of scores: found 0"));
}

TEST(Top1, TheFirstOfEqualScoresWins) {
    const std::vector<float> scores{0.5F, 0.5F, 0.5F, 0.5F};
    EXPECT_EQ(top1_accuracy(scores, std::vector<std::int64_t>{0, 1}, 2), 50.0);
}

TEST(Softmax, SurvivesLargeLogitsAndSumsToOne) {
    const std::vector<double> row = softmax_rows(std::vector{1000.0F, 999.0F, -1000.0F}, 3);
    EXPECT_NEAR(row[0], 1 / (1 + std::exp(-1.0)), 1e-15);
    EXPECT_NEAR(row[0] + row[1] + row[2], 1.0, 1e-15);
    const std::vector<double> rows = softmax_rows(std::vector{0.0F, 0.0F, 1.0F, 0.0F}, 2);
    EXPECT_THAT(rows, testing::Pointwise(testing::DoubleNear(1e-15),
                                         {0.5, 0.5, 1 / (1 + std::exp(-1.0)), 1 / (1 + std::exp(1.0))}));
}

TEST(ScoreBadInput, NothingIsScoredBehindANaN) {
    const Predictions predictions{.samples = 2,
                                  .outputs = 2,
                                  .scores = {0.1F, 0.2F, 0.3F, std::numeric_limits<float>::infinity()},
                                  .class_labels = {0, 1}};
    EXPECT_THAT(numeric_message("top1", predictions), HasSubstr("score of sample 1, output 1: found inf"));
}

TEST(ScoreBadInput, EveryWrongCountIsNamed) {
    const Predictions predictions{
        .samples = 3, .outputs = 2, .scores = {0.1F, 0.2F, 0.3F, 0.4F}, .class_labels = {0, 1}};
    const std::string message = numeric_message("top1", predictions);
    EXPECT_THAT(message, HasSubstr("number of scores: found 4, expected 6"));
    EXPECT_THAT(message, HasSubstr("number of class labels: found 2, expected 3"));
}

TEST(ScoreBadInput, MetricsThatDoNotExistForTheLabels) {
    const Predictions multi{.samples = 1, .outputs = 2, .scores = {0.1F, 0.2F}, .label_matrix = {1.0F, 0.0F}};
    EXPECT_THAT(numeric_message("top1", multi), HasSubstr("expected class labels for top1"));
    EXPECT_THAT(numeric_message("mean_auc", multi), HasSubstr("no class with both label values"));
    EXPECT_THAT(numeric_message("top1", {}), HasSubstr("no scores"));
}

TEST(ScoreBadInput, LabelsOfBothKindsOrAWrongMatrix) {
    const Predictions both{.samples = 1,
                           .outputs = 2,
                           .scores = {0.1F, 0.2F},
                           .class_labels = {0},
                           .label_matrix = {1.0F, 0.0F}};
    EXPECT_THAT(numeric_message("top1", both), HasSubstr("class labels and a matrix"));
    const Predictions none{.samples = 1, .outputs = 2, .scores = {0.1F, 0.2F}};
    EXPECT_THAT(numeric_message("top1", none), HasSubstr("labels: found none"));
    const Predictions small{
        .samples = 2, .outputs = 2, .scores = {0.1F, 0.2F, 0.3F, 0.4F}, .label_matrix = {1.0F, 0.0F}};
    EXPECT_THAT(numeric_message("mean_auc", small),
                HasSubstr("number of matrix labels: found 2, expected 4"));
}

TEST(ScoreBadInput, ScoresThatAreNotFiniteAreFoundInTheirPlace) {
    const Predictions predictions{.samples = 2,
                                  .outputs = 3,
                                  .scores = {0.1F, 0.2F, 0.3F, 0.4F, std::nanf(""), 0.6F},
                                  .class_labels = {0, 1}};
    EXPECT_THAT(numeric_message("top1", predictions), HasSubstr("score of sample 1, output 1: found nan"));
}

TEST(ScoreBadInput, UnknownMetricNamesTheKnownOnes) {
    const std::string message = golden::usage_message([] { (void)score("topp1", {}); });
    EXPECT_THAT(message, HasSubstr("topp1"));
    EXPECT_THAT(message, HasSubstr("top1"));
}

} // namespace
} // namespace metrics
