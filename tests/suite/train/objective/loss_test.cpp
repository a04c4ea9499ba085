#include "suite/train/objective/loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/suite/kernels/golden.hpp"

namespace suite::train {
namespace {

using test::expect_close;

class LossTest : public testing::Test {
protected:
    static constexpr std::size_t outputs = 5;
    const test::Arrays golden_ = test::read_golden("losses.txt");
    const std::vector<float> logits_ = test::as_floats(golden_.at("logits"));
    const std::vector<float> labels_ = test::as_floats(golden_.at("labels"));
    const std::vector<std::int64_t> classes_{golden_.at("classes").begin(), golden_.at("classes").end()};
    const MixUp mixup_{golden_.at("lambda")[0], {golden_.at("partner").begin(), golden_.at("partner").end()}};
    const Targets multiclass_{plan::Task::multiclass, classes_, {}};
    const Targets multilabel_{plan::Task::multilabel, {}, labels_};

    void expect_golden(const Targets& targets, const MixUp& mixup, const std::string& name) const {
        std::vector<float> gradient(logits_.size(), 7.0F);
        const double loss = loss_and_gradient(logits_, outputs, targets, mixup, 0.25, gradient);
        EXPECT_NEAR(loss, golden_.at(name)[0], 1e-8 * std::abs(golden_.at(name)[0])) << name;
        std::vector<double> expected = golden_.at(name + "_gradient");
        std::ranges::for_each(expected, [](double& value) { value *= 0.25; });
        expect_close(gradient, expected, 1e-6, name);
    }
};

TEST_F(LossTest, CrossEntropyAgreesWithTorch) {
    expect_golden(multiclass_, {}, "ce");
}

TEST_F(LossTest, MaskedBinaryCrossEntropyAgreesWithTorch) {
    expect_golden(multilabel_, {}, "bce");
}

TEST_F(LossTest, MixUpAgreesWithTorch) {
    expect_golden(multiclass_, mixup_, "ce_mixup");
    expect_golden(multilabel_, mixup_, "bce_mixup");
}

TEST_F(LossTest, AllMaskedIsZero) {
    const std::vector<float> missing(logits_.size(), std::numeric_limits<float>::quiet_NaN());
    std::vector<float> gradient(logits_.size(), 7.0F);
    EXPECT_EQ(loss_and_gradient(logits_, outputs, {plan::Task::multilabel, {}, missing}, {}, 1.0, gradient),
              0.0);
    EXPECT_EQ(gradient, std::vector<float>(logits_.size(), 0.0F));
}

TEST_F(LossTest, InfiniteLogitsGiveNoFiniteLoss) {
    std::vector<float> logits = logits_;
    logits[7] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> gradient(logits.size());
    EXPECT_FALSE(std::isfinite(loss_and_gradient(logits, outputs, multiclass_, {}, 1.0, gradient)));
}

TEST_F(LossTest, MixedImagesAreWeightedMeans) {
    const std::vector<float> images = {1, 2, 10, 20, 100, 200};
    std::vector<float> mixed(6);
    mix_images(images, 2, {0.75, {2, 0, 1}}, mixed);
    EXPECT_EQ(mixed, (std::vector<float>{25.75F, 51.5F, 7.75F, 15.5F, 77.5F, 155.0F}));
}

TEST_F(LossTest, MixUpDrawsAreFunctionsOfSeedAndStep) {
    EXPECT_EQ(mixup_lambda(0.1, 3, 17), mixup_lambda(0.1, 3, 17));
    EXPECT_NE(mixup_lambda(0.1, 3, 17), mixup_lambda(0.1, 3, 18));
    EXPECT_NE(mixup_lambda(0.1, 3, 17), mixup_lambda(0.1, 4, 17));
    EXPECT_NE(mixup_partners(64, 3, 17, 0), mixup_partners(64, 3, 17, 1));
}

TEST_F(LossTest, MixUpLambdaHasTheMomentsOfBeta) {
    // Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)).
    constexpr int draws = 20000;
    double sum = 0.0;
    double squares = 0.0;
    for (int step = 0; step < draws; ++step) {
        const double lambda = mixup_lambda(0.1, 1, step);
        ASSERT_TRUE(lambda >= 0.0 && lambda <= 1.0);
        sum += lambda;
        squares += (lambda - 0.5) * (lambda - 0.5);
    }
    EXPECT_NEAR(sum / draws, 0.5, 0.015);
    EXPECT_NEAR(squares / draws, 1.0 / 4.8, 0.004);
}

TEST_F(LossTest, MixUpLambdaHasTheDistributionOfBeta) {
    const test::Arrays golden = test::read_golden("mixup.txt");
    constexpr int draws = 20000;
    std::vector<double> lambdas;
    for (int step = 0; step < draws; ++step) {
        lambdas.push_back(mixup_lambda(0.1, 2, step));
    }
    for (std::size_t i = 0; i < golden.at("lambda").size(); ++i) {
        const double bound = golden.at("lambda")[i];
        const double p = golden.at("probability")[i];
        const auto below = std::ranges::count_if(lambdas, [bound](double lambda) { return lambda <= bound; });
        EXPECT_NEAR(static_cast<double>(below), draws * p, 5 * std::sqrt(draws * p * (1 - p))) << bound;
    }
}

TEST_F(LossTest, MixUpPartnersOfEveryImageAreEvenlyDrawn) {
    std::vector<int> counts(64, 0);
    constexpr int draws = 8000;
    for (int step = 0; step < draws; ++step) {
        const std::vector<std::size_t> partner = mixup_partners(8, 1, step, 3);
        for (std::size_t i = 0; i < 8; ++i) {
            ++counts[i * 8 + partner[i]];
        }
    }
    for (const int count : counts) { // an image may be its own partner, as in the published code
        EXPECT_NEAR(count, draws / 8.0, 5 * std::sqrt(draws / 8.0 * 7 / 8));
    }
}

TEST_F(LossTest, MixUpPartnersAreAPermutation) {
    std::vector<std::size_t> partner = mixup_partners(33, 9, 2, 5);
    std::ranges::sort(partner);
    std::vector<std::size_t> all(33);
    std::iota(all.begin(), all.end(), std::size_t{0});
    EXPECT_EQ(partner, all);
}

} // namespace
} // namespace suite::train
