#include "metrics/sample.hpp"

#include <limits>

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

TEST(Summarise, AgreesWithExtendedPrecisionWhateverTheOffset) {
    for (const auto& expected : golden::read("estimates.json")) {
        const Estimate found = summarise(expected["values"].get<std::vector<double>>());

        golden::expect_close(found.mean.value(), expected["mean"], 1e-15, "mean");
        golden::expect_close(found.sd.value(), expected["sd"], 1e-14, "sd");
        golden::expect_close(found.ci95.value().low, expected["ci95"][0], 1e-14, "low");
        golden::expect_close(found.ci95.value().high, expected["ci95"][1], 1e-14, "high");
    }
}

TEST(Summarise, WhatDoesNotExistIsAbsent) {
    EXPECT_FALSE(summarise(std::vector<double>{}).mean.has_value());
    const Estimate one = summarise(std::vector{3.5});
    EXPECT_EQ(one.mean, 3.5);
    EXPECT_FALSE(one.sd.has_value());
    EXPECT_FALSE(one.ci95.has_value());
}

TEST(Summarise, EqualValuesHaveExactlyNoSpreadAndNoInterval) {
    const Estimate found = summarise(std::vector{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1});
    EXPECT_EQ(found.mean, 0.1);
    EXPECT_EQ(found.sd, 0.0);
    EXPECT_FALSE(found.ci95.has_value());
}

TEST(Summarise, OfASummaryKeepsItsNumbers) {
    const Estimate found = summarise(summary_sample(95.78, 0.09, 5));
    EXPECT_EQ(found.mean, 95.78);
    EXPECT_EQ(found.sd, 0.09);
    // t(0.975, 4) = 2.7764451051977987.
    golden::expect_close(found.ci95.value().high, 95.78 + 2.7764451051977987 * 0.09 / std::sqrt(5.0), 1e-14,
                         "high");
}

TEST(Summarise, OfTwoValuesHasTheirSpread) {
    const Estimate found = summarise(std::vector{1.0, 3.0});
    EXPECT_DOUBLE_EQ(found.sd.value(), std::sqrt(2.0));
    // t(0.975, 1) = 12.706204736174705, standard error 1.
    golden::expect_close(found.ci95.value().high, 2 + 12.706204736174705, 1e-14, "high");
}

TEST(Summarise, OfASummaryOfOneValueHasNoSpread) {
    const Estimate one = summarise(summary_sample(95.78, 0.09, 1));
    EXPECT_EQ(one.mean, 95.78);
    EXPECT_FALSE(one.sd.has_value());
    EXPECT_FALSE(summarise(summary_sample(95.78, 0.09, 0)).mean.has_value());
}

TEST(FindFaults, OfASummaryAreItsMeanAndSd) {
    const auto found = [](const Sample& sample) {
        suite::FaultList faults;
        find_faults(sample, "a", faults);
        return faults.faults().size();
    };
    EXPECT_EQ(found(summary_sample(1, 0, 2)), 0U);
    EXPECT_EQ(found(summary_sample(1, 0.5, 2)), 0U);
    EXPECT_EQ(found(summary_sample(1, -0.5, 2)), 1U);
    EXPECT_EQ(found(summary_sample(std::nan(""), INFINITY, 2)), 2U);
    EXPECT_EQ(found(Sample{.mean = 1, .n = 5}), 1U); // no sd
    EXPECT_EQ(found(summary_sample(1, 0.5, 1)), 1U);
    EXPECT_EQ(found(summary_sample(1, -0.5, 1)), 2U);            // one value and a negative sd
    EXPECT_EQ(found(summary_sample(std::nan(""), -0.5, 0)), 1U); // nothing more to say of no value
}

TEST(Moments, AreExactAroundAnyOrigin) {
    const Moments moments = moments_of(std::vector{1e9 + 1, 1e9 + 2, 1e9 + 6}, 1e9);
    EXPECT_DOUBLE_EQ(static_cast<double>(moments.mean_offset), 3.0);
    EXPECT_DOUBLE_EQ(static_cast<double>(moments.variance), 7.0);
    EXPECT_EQ(moments_of(std::vector{4.0}, 1.0).variance, 0.0L);
    EXPECT_EQ(moments_of(std::vector{4.0}, 1.0).mean_offset, 3.0L);
}

TEST(SummariseBadInput, NamesEveryValueThatIsNotFinite) {
    const std::string message = golden::usage_message([] {
        (void)summarise(std::vector{1.0, std::nan(""), -std::numeric_limits<double>::infinity()});
    });
    EXPECT_THAT(message, testing::HasSubstr("values[1]: found nan"));
    EXPECT_THAT(message, testing::HasSubstr("values[2]: found -inf"));
}

} // namespace
} // namespace metrics
