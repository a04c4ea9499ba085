#include "metrics/test_set.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::ElementsAre;

/// Of one training: the first `hits` of `images` images.
CellOutcomes first_hit(std::size_t images, std::size_t hits, std::size_t trainings = 1) {
    CellOutcomes cell{.metric = "top1", .test_set = "t", .trainings = trainings};
    cell.outcomes.resize(images);
    std::fill_n(cell.outcomes.begin(), hits, 1.0);
    cell.score = 100.0 * static_cast<double>(hits) / static_cast<double>(images);
    return cell;
}

CellOutcomes of_auc(std::vector<double> influences, double score) {
    return {.metric = "mean_auc",
            .test_set = "t",
            .trainings = 2,
            .score = score,
            .outcomes = std::move(influences)};
}

TEST(ImageOutcomes, OfAnAccuracyAreHits) {
    const Predictions predictions{
        .samples = 3, .outputs = 2, .scores = {1, 0, 0, 1, 2, 2}, .class_labels = {0, 0, 0}};
    EXPECT_THAT(image_outcomes("top1", predictions), ElementsAre(1, 0, 1)); // the first of equal scores wins
}

TEST(ImageOutcomes, OfAnAucAreInfluences) {
    const Predictions predictions{
        .samples = 4, .outputs = 1, .scores = {1, 2, 3, 4}, .label_matrix = {0, 1, 0, 1}};
    const float step = 25.0F / std::sqrt(2.0F);
    EXPECT_THAT(image_outcomes("mean_auc", predictions),
                ElementsAre(testing::FloatEq(step), testing::FloatEq(-step), testing::FloatEq(-step),
                            testing::FloatEq(step)));
}

TEST(ImageOutcomes, DoNotExistForOtherLabelsAndMetrics) {
    const Predictions predictions{
        .samples = 2, .outputs = 1, .scores = {1, 2}, .label_matrix = {1, std::nanf("")}};
    EXPECT_TRUE(image_outcomes("mean_auc", predictions).empty());
    EXPECT_TRUE(image_outcomes("top1", predictions).empty());
    EXPECT_TRUE(image_outcomes("dice", predictions).empty());
}

TEST(TestSet, IsNamedByItsLabels) {
    const Predictions first{.samples = 2, .outputs = 2, .scores = {1, 0, 0, 1}, .class_labels = {0, 1}};
    Predictions other_scores = first;
    other_scores.scores = {5, 6, 7, 8};
    Predictions other_labels = first;
    other_labels.class_labels = {1, 1};
    const Predictions matrix{.samples = 2, .outputs = 1, .scores = {1, 0}, .label_matrix = {0, 1}};
    Predictions missing = matrix;
    missing.label_matrix = {0, std::nanf("")};

    EXPECT_EQ(test_set_of(first).size(), 32U);
    EXPECT_EQ(test_set_of(first), test_set_of(other_scores));
    EXPECT_NE(test_set_of(first), test_set_of(other_labels));
    EXPECT_NE(test_set_of(matrix), test_set_of(missing));
}

TEST(TestSetSe, OfOneTrainingsAccuracyIsBinomial) {
    const CellOutcomes cell = first_hit(400, 328); // 82 %

    EXPECT_NEAR(*test_set_se(cell), 1.92, 0.005);
    golden::expect_close(*test_set_se(cell), *binomial_se(82, 400), 1e-12, "both forms");
    EXPECT_NEAR(*binomial_se(91, 121), 2.60, 0.005);
}

TEST(TestSetSe, OfSeveralTrainingsIsThatOfTheirMean) {
    CellOutcomes cell = first_hit(4, 0, 2);
    cell.outcomes = {1, 0.5, 0.5, 0}; // each training hits half, on other images
    golden::expect_close(*test_set_se(cell), 100 * std::sqrt(0.5) / 4, 1e-12, "mean of two");
}

TEST(TestSetSe, OfAnAucIsTheRootOfTheSquares) {
    EXPECT_EQ(test_set_se(of_auc({3, -4}, 80)), 5.0);
    EXPECT_EQ(test_set_se(CellOutcomes{}), std::nullopt);
    const CellOutcomes flat = of_auc({0, 0, 0}, 90); // no spread: only a difference of 0 can be told
    EXPECT_EQ(test_over_images(flat, flat)->p_greater, 0.5);
    EXPECT_EQ(test_over_images(flat, flat)->p_less, 0.5);
}

TEST(BinomialSe, OfWhatIsNoAccuracyIsUnknown) {
    EXPECT_EQ(binomial_se(50, 0), std::nullopt);
    EXPECT_EQ(binomial_se(101, 10), std::nullopt);
    EXPECT_EQ(binomial_se(-1, 10), std::nullopt);
    EXPECT_EQ(binomial_se(100, 10), 0.0);
}

TEST(OverImages, OneTrainingASideTakesMidP) {
    const auto found = test_over_images(first_hit(100, 90), first_hit(100, 83));
    const NormalTest expected = mcnemar_mid_p({.only_a = 7, .only_b = 0});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->p_greater, expected.p_greater);
    EXPECT_NEAR(found->difference, 7, 1e-12);
    EXPECT_NEAR(found->standard_error, 100 * std::sqrt(7.0) / 100, 1e-12);
}

TEST(OverImages, SeveralTrainingsAreClusteredByImage) {
    const CellOutcomes a = first_hit(100, 90, 5);
    const CellOutcomes b = first_hit(100, 83, 5);
    const auto found = test_over_images(a, b);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->p_greater, mcnemar_clustered(a.outcomes, b.outcomes).p_greater);
    EXPECT_EQ(found->p_less, mcnemar_clustered(a.outcomes, b.outcomes).p_less);
}

TEST(OverImages, AShiftMovesTheNullDifference) {
    const auto found = test_over_images(first_hit(100, 90), first_hit(100, 83), -2);
    const double standard_error = std::sqrt(0.07 * 0.93 / 100) * 100;
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->standard_error, standard_error, 1e-12);
    EXPECT_NEAR(found->p_greater, normal_upper_tail(9 / standard_error), 1e-15);
}

TEST(OverImages, AgreesWithDeLongsTestOfTwoAucs) {
    for (const auto& expected : golden::read("test_set.json", "delong")) {
        const std::vector<float> labels = golden::labels(expected["labels"]);
        const auto cell = [&](const char* name, std::size_t column) {
            Predictions predictions{.samples = labels.size(), .outputs = 1, .label_matrix = labels};
            predictions.scores = expected[name].get<std::vector<float>>();
            const std::vector<float> outcomes = image_outcomes("mean_auc", predictions);
            return of_auc({outcomes.begin(), outcomes.end()}, 100 * expected["auc"][column].get<double>());
        };

        const auto found = test_over_images(cell("a", 0), cell("b", 1));

        ASSERT_TRUE(found);
        golden::expect_close(found->p, expected["p"], 1e-5, "p"); // outcomes are 32-bit floats
        EXPECT_NEAR(found->difference, 100 * expected["difference"].get<double>(), 1e-10);
    }
}

TEST(OverImages, ACellAgainstANumberHasItsOwnStandardError) {
    const auto found = test_over_images(first_hit(400, 328), 80.0);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->difference, 2, 1e-12);
    EXPECT_NEAR(found->p_greater, normal_upper_tail(2 / *binomial_se(82, 400)), 1e-12);
    EXPECT_EQ(test_over_images(CellOutcomes{}, 80.0), std::nullopt);
}

TEST(OverImages, WithoutSpreadKnowsNothing) {
    EXPECT_EQ(test_over_images(first_hit(10, 10), 80.0), std::nullopt);
    EXPECT_EQ(test_over_images(first_hit(10, 9), first_hit(10, 9), -1), std::nullopt);
    const auto same = test_over_images(first_hit(10, 9), first_hit(10, 9));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->p, 1);
}

TEST(OverImages, PairsTheSameTestSetOnly) {
    CellOutcomes other = first_hit(10, 5);
    other.test_set = "u";
    CellOutcomes auc = first_hit(10, 5);
    auc.metric = "mean_auc";
    EXPECT_EQ(test_over_images(first_hit(10, 5), other), std::nullopt);
    EXPECT_EQ(test_over_images(first_hit(10, 5), auc), std::nullopt);
    EXPECT_EQ(test_over_images(first_hit(10, 5), first_hit(11, 5)), std::nullopt);
    EXPECT_EQ(test_over_images(CellOutcomes{}, CellOutcomes{}), std::nullopt);
}

} // namespace
} // namespace metrics
