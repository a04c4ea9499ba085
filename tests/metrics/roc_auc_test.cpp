#include "metrics/roc_auc.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using suite::ErrorKind;
using testing::HasSubstr;

void expect_classes(const MeanAuc& found, const nlohmann::json& per_class) {
    ASSERT_EQ(found.classes.size(), per_class.size());
    for (std::size_t c = 0; c < per_class.size(); ++c) {
        ASSERT_EQ(found.classes[c].auc.has_value(), !per_class[c].is_null()) << "class " << c;
        if (!per_class[c].is_null())
            golden::expect_close(*found.classes[c].auc, per_class[c], 1e-13, "class " + std::to_string(c));
    }
}

TEST(RocAuc, AgreesWithScikitLearnThroughTiesAndMissingLabels) {
    for (const auto& expected : golden::read("auc.json", "single")) {
        const auto scores = expected["scores"].get<std::vector<double>>();

        const RocAuc found = roc_auc(std::span<const double>(scores), golden::labels(expected["labels"]));

        EXPECT_EQ(found.positives, expected["positives"].get<std::size_t>());
        EXPECT_EQ(found.missing, expected["missing"].get<std::size_t>());
        EXPECT_EQ(found.positives + found.negatives + found.missing, scores.size());
        ASSERT_EQ(found.auc.has_value(), !expected["auc"].is_null());
        if (found.auc)
            golden::expect_close(*found.auc, expected["auc"], 1e-13, "auc");
    }
}

TEST(RocAuc, CountsEveryPairTiesHalf) {
    const std::vector<float> scores{0.1F, 0.4F, 0.4F, 0.8F};
    EXPECT_EQ(roc_auc(std::span<const float>(scores), std::vector{0.0F, 0.0F, 1.0F, 1.0F}).auc, 0.875);
    EXPECT_EQ(roc_auc(std::span<const float>(scores), std::vector{1.0F, 0.0F, 0.0F, 0.0F}).auc, 0.0);
}

TEST(RocAuc, OfEqualScoresIsAHalf) {
    std::vector<double> scores(1000, 0.25);
    std::vector<float> labels;
    for (int i = 0; i < 1000; ++i)
        labels.push_back(i % 3 == 0 ? 1.0F : 0.0F);
    EXPECT_EQ(roc_auc(std::span<const double>(scores), labels).auc, 0.5);
}

TEST(RocAuc, NeedsOneSampleOfEachKind) {
    const std::vector<double> scores{0.1, 0.2, 0.3};
    EXPECT_EQ(roc_auc(std::span<const double>(scores), std::vector{1.0F, 0.0F, 1.0F}).auc, 0.5);
    EXPECT_EQ(roc_auc(std::span<const double>(scores), std::vector{0.0F, 1.0F, 0.0F}).auc, 0.5);
    EXPECT_FALSE(roc_auc(std::span<const double>(scores), std::vector{0.0F, 0.0F, 0.0F}).auc.has_value());
}

TEST(RocAuc, OfOneLabelValueDoesNotExist) {
    const std::vector<double> scores{0.1, 0.2, 0.3};
    const RocAuc found = roc_auc(std::span<const double>(scores), std::vector{1.0F, std::nanf(""), 1.0F});
    EXPECT_FALSE(found.auc.has_value());
    EXPECT_EQ(found.positives, 2U);
    EXPECT_EQ(found.missing, 1U);
}

TEST(RocAuc, AScoreThatIsMissingItsLabelMayBeAnything) {
    const std::vector<double> scores{0.1, std::nan(""), 0.3};
    EXPECT_EQ(roc_auc(std::span<const double>(scores), std::vector{0.0F, std::nanf(""), 1.0F}).auc, 1.0);
}

TEST(RocAuc, OfAMillionSamplesIsExact) {
    // Score i, positive when i is odd: of the 5e5 × 5e5 pairs, odd i = 2k+1 beats the k+1 even ones below.
    std::vector<double> scores;
    std::vector<float> labels;
    for (int i = 0; i < 1'000'000; ++i) {
        scores.push_back(i);
        labels.push_back(i % 2 == 1 ? 1.0F : 0.0F);
    }
    EXPECT_EQ(roc_auc(std::span<const double>(scores), labels).auc, 125'000'250'000.0 / 250'000'000'000.0);
}

TEST(MeanAuc, DropsClassesWithOneLabelValueAsTheSigmoidNanMeanDoes) {
    for (const auto& expected : golden::read("auc.json", "multi")) {
        const MeanAuc found =
            mean_auc(expected["scores"].get<std::vector<float>>(), golden::labels(expected["labels"]),
                     expected["classes"].get<std::size_t>());

        expect_classes(found, expected["per_class"]);
        ASSERT_TRUE(found.percent.has_value());
        golden::expect_close(*found.percent, expected["percent"], 1e-13, "percent");
        EXPECT_EQ(found.valid_classes, found.classes.size() - 2);
    }
}

TEST(MeanAuc, WithoutAValidClassDoesNotExist) {
    const MeanAuc found = mean_auc(std::vector{0.5F, 0.1F}, std::vector{1.0F, 1.0F}, 1);
    EXPECT_FALSE(found.percent.has_value());
    EXPECT_EQ(found.valid_classes, 0U);
}

TEST(MeanAuc, OfOneValidClassIsItsAuc) {
    // Columns: scores 0.9, 0.1 with labels 1, 0; scores 0.2, 0.3 with labels 1, 1.
    const MeanAuc found =
        mean_auc(std::vector{0.9F, 0.2F, 0.1F, 0.3F}, std::vector{1.0F, 1.0F, 0.0F, 1.0F}, 2);
    EXPECT_EQ(found.percent, 100.0);
    EXPECT_EQ(found.valid_classes, 1U);
}

TEST(MeanAucBadInput, IsNoMatrix) {
    const auto message = [](std::size_t numbers, std::size_t labels, std::size_t classes) {
        return golden::message_of(ErrorKind::numeric, [&] {
            (void)mean_auc(std::vector<float>(numbers), std::vector<float>(labels), classes);
        });
    };
    EXPECT_THAT(message(2, 4, 2), HasSubstr("2 scores, 4 labels, 2 classes"));
    EXPECT_THAT(message(3, 3, 2), HasSubstr("3 scores, 3 labels, 2 classes"));
    EXPECT_THAT(message(2, 2, 0), HasSubstr("2 scores, 2 labels, 0 classes"));
}

TEST(MacroOneVsRest, AgreesWithScikitLearnOverTheSoftmax) {
    for (const auto& expected : golden::read("auc.json", "macro")) {
        const MeanAuc found = macro_one_vs_rest_auc(expected["logits"].get<std::vector<float>>(),
                                                    expected["labels"].get<std::vector<std::int64_t>>(),
                                                    expected["classes"].get<std::size_t>());

        expect_classes(found, expected["per_class"]);
        golden::expect_close(found.percent.value(), expected["percent"], 1e-13, "percent");
    }
}

TEST(RocAucBadInput, IsNamed) {
    const std::vector<double> scores{0.1, std::nan("")};
    const std::vector<float> labels{0.0F, 1.0F};
    EXPECT_THAT(golden::message_of(ErrorKind::numeric, [&] { (void)roc_auc(std::span(scores), labels); }),
                HasSubstr("score of sample 1: found NaN"));
    EXPECT_THAT(
        golden::message_of(ErrorKind::numeric,
                           [&] { (void)roc_auc(std::span<const double>(scores), std::vector{1.0F}); }),
        HasSubstr("found 2, expected 1"));
    EXPECT_THAT(
        golden::message_of(ErrorKind::data,
                           [&] {
                               (void)roc_auc(std::span<const double>(scores), std::vector{-1.0F, 1.0F});
                           }),
        HasSubstr("label of sample 0: found -1"));
    EXPECT_THAT(golden::message_of(
                    ErrorKind::data,
                    [] {
                        (void)macro_one_vs_rest_auc(std::vector{0.1F, 0.2F}, std::vector<std::int64_t>{2}, 2);
                    }),
                HasSubstr("found 2, expected a class in [0, 2)"));
    EXPECT_THAT(
        golden::message_of(ErrorKind::data,
                           [&] {
                               (void)roc_auc(std::span<const double>(scores), std::vector{0.5F, 1.0F});
                           }),
        HasSubstr("label of sample 0: found 0.5"));
    EXPECT_THAT(
        golden::message_of(
            ErrorKind::data,
            [] {
                (void)macro_one_vs_rest_auc(std::vector{0.1F, 0.2F}, std::vector<std::int64_t>{-1}, 2);
            }),
        HasSubstr("found -1, expected a class in [0, 2)"));
    EXPECT_THAT(golden::message_of(ErrorKind::numeric,
                                   [] {
                                       (void)mean_auc(std::vector{0.1F}, std::vector{1.0F, 0.0F}, 2);
                                   }),
                HasSubstr("1 scores, 2 labels, 2 classes"));
}

} // namespace
} // namespace metrics
