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

TEST(SummariseBadInput, NamesEveryValueThatIsNotFinite) {
    const std::string message = golden::usage_message([] {
        (void)summarise(std::vector{1.0, std::nan(""), -std::numeric_limits<double>::infinity()});
    });
    EXPECT_THAT(message, testing::HasSubstr("values[1]: found nan"));
    EXPECT_THAT(message, testing::HasSubstr("values[2]: found -inf"));
}

} // namespace
} // namespace metrics
