#include "metrics/delong.hpp"

#include <numeric>

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

double squares(const std::vector<double>& values) {
    return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

std::vector<double> minus(std::vector<double> a, const std::vector<double>& b) {
    std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::minus<>());
    return a;
}

TEST(DeLong, SquaresSumToTheVarianceOfItsDefinition) {
    for (const auto& expected : golden::read("test_set.json", "delong")) {
        const auto a = expected["a"].get<std::vector<double>>();
        const auto b = expected["b"].get<std::vector<double>>();
        const std::vector<float> labels = golden::labels(expected["labels"]);

        const std::vector<double> of_a = auc_influences(std::span<const double>(a), labels);
        const std::vector<double> of_b = auc_influences(std::span<const double>(b), labels);

        golden::expect_close(squares(of_a), expected["variance"][0], 1e-11, "variance of a");
        golden::expect_close(squares(of_b), expected["variance"][1], 1e-11, "variance of b");
        golden::expect_close(squares(minus(of_a, of_b)), expected["difference_variance"], 1e-11,
                             "variance of the paired difference");
        EXPECT_NEAR(std::accumulate(of_a.begin(), of_a.end(), 0.0), 0, 1e-12);
    }
}

TEST(DeLong, OfFourSamplesByHand) {
    // Positives 2 and 4 beat {1} and {1, 3} of the negatives 1 and 3: V = 1/2, 1; both negatives: 1, 1/2.
    const std::vector<double> scores{1, 2, 3, 4};
    const std::vector<float> labels{0, 1, 0, 1};
    const double step = 0.25 / std::sqrt(2.0);

    const std::vector<double> found = auc_influences(std::span<const double>(scores), labels);

    EXPECT_THAT(found,
                testing::ElementsAre(testing::DoubleNear(step, 1e-15), testing::DoubleNear(-step, 1e-15),
                                     testing::DoubleNear(-step, 1e-15), testing::DoubleNear(step, 1e-15)));
}

TEST(DeLong, MeansOverClassesAddImageByImage) {
    for (const auto& expected : golden::read("test_set.json", "mean_auc")) {
        const auto scores = expected["scores"].get<std::vector<float>>();
        const auto influences = expected["influences"].get<std::vector<double>>();

        const std::vector<double> found =
            mean_auc_influences(scores, golden::labels(expected["labels"]), expected["classes"]);

        ASSERT_EQ(found.size(), influences.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            EXPECT_NEAR(found[i], influences[i], 1e-11);
        golden::expect_close(std::sqrt(squares(found)), expected["se"], 1e-11, "standard error");
    }
}

TEST(DeLong, OneVersusRestTakesTheSoftmax) {
    for (const auto& expected : golden::read("test_set.json", "one_vs_rest")) {
        const auto logits = expected["logits"].get<std::vector<float>>();
        const auto labels = expected["labels"].get<std::vector<std::int64_t>>();

        const std::vector<double> found = macro_one_vs_rest_influences(logits, labels, expected["classes"]);

        golden::expect_close(std::sqrt(squares(found)), expected["se"], 1e-11, "standard error");
    }
}

TEST(DeLong, OfOneLabelValueDoesNotExist) {
    const std::vector<float> scores{1, 2};
    EXPECT_TRUE(auc_influences(std::span<const float>(scores), std::vector{1.0F, std::nanf("")}).empty());
    EXPECT_TRUE(mean_auc_influences(scores, std::vector{1.0F, 1.0F}, 1).empty());
}

TEST(DeLong, AMissingLabelHasNoInfluence) {
    const std::vector<float> scores{3, 1, 2, 9};
    const std::vector<float> labels{1, 0, 1, std::nanf("")};
    EXPECT_EQ(auc_influences(std::span<const float>(scores), labels).back(), 0);
}

} // namespace
} // namespace metrics
