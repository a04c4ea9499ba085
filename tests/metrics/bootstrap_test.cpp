#include "metrics/bootstrap.hpp"

#include <limits>

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using suite::ErrorKind;
using testing::HasSubstr;

constexpr double confidence = 0.9; ///< of the golden intervals

std::vector<RatioPart> parts_of(const nlohmann::json& data, std::size_t first) {
    std::vector<RatioPart> parts;
    for (std::size_t i = 0; i < data[first].size(); ++i)
        parts.push_back({.numerator = data[first][i], .denominator = data[first + 1][i]});
    return parts;
}

BootstrapResult resampled(const nlohmann::json& expected, const Resampling& how) {
    const auto& data = expected["data"];
    return data.size() == 2 ? bootstrap_ratio(parts_of(data, 0), how)
                            : bootstrap_ratio_difference(parts_of(data, 0), parts_of(data, 2), how);
}

void expect_interval(const Interval& found, const nlohmann::json& expected, double tolerance,
                     const std::string& what) {
    EXPECT_NEAR(found.low, expected[0].get<double>(), tolerance) << what;
    EXPECT_NEAR(found.high, expected[1].get<double>(), tolerance) << what;
}

TEST(Bootstrap, IntervalsOfTheSameReplicatesAreScipys) {
    for (const auto& expected : golden::read("test_set.json", "bootstrap")) {
        const auto replicates = expected["replicates"].get<std::vector<double>>();
        const auto jackknife = expected["jackknife"].get<std::vector<double>>();

        const Interval percentile = percentile_interval(replicates, confidence);
        const Interval bca = bca_interval(replicates, expected["estimate"], jackknife, confidence);

        expect_interval(percentile, expected["percentile"], 1e-12, "percentile");
        expect_interval(bca, expected["BCa"], 1e-9, "BCa");
    }
}

TEST(Bootstrap, TiesWithTheEstimateCountHalfBelowIt) {
    const std::vector<double> replicates{1, 2, 2,
                                         3}; // half below 2: without bias, and the jackknife has no skew
    const std::vector<double> jackknife{1.5, 2, 2.5};

    const Interval percentile = percentile_interval(replicates, confidence);
    const Interval bca = bca_interval(replicates, 2, jackknife, confidence);

    EXPECT_NEAR(bca.low, percentile.low, 1e-12);
    EXPECT_NEAR(bca.high, percentile.high, 1e-12);
}

TEST(Bootstrap, AgreesWithScipyWithinMonteCarloError) {
    for (const auto& expected : golden::read("test_set.json", "bootstrap")) {
        const BootstrapResult found = resampled(expected, {.resamples = 20'000, .confidence = confidence});

        // The density at a 5 % quantile is 0.103 / sd: the quantile's own error is 0.015 sd at 20,000
        // resamples.
        const double sd = expected["large_se"];
        EXPECT_NEAR(found.estimate, expected["estimate"].get<double>(), 1e-14);
        EXPECT_NEAR(found.standard_error, sd, 0.03 * sd);
        expect_interval(found.percentile, expected["large_percentile"], 0.07 * sd, "percentile");
        expect_interval(found.bca, expected["large_BCa"], 0.07 * sd, "BCa");
    }
}

TEST(Bootstrap, IsAFunctionOfItsSeed) {
    const std::vector<RatioPart> parts{{1, 2}, {3, 4}, {1, 5}, {2, 2}};

    const BootstrapResult once = bootstrap_ratio(parts, {.resamples = 99, .seed = 1});
    const BootstrapResult again = bootstrap_ratio(parts, {.resamples = 99, .seed = 1});
    const BootstrapResult other = bootstrap_ratio(parts, {.resamples = 99, .seed = 2});

    EXPECT_EQ(once.standard_error, again.standard_error);
    EXPECT_NE(once.standard_error, other.standard_error);
    EXPECT_EQ(resampled_indices(7, 1, 3), resampled_indices(7, 1, 3));
    EXPECT_NE(resampled_indices(7, 1, 3), resampled_indices(7, 1, 4));
}

TEST(Bootstrap, DrawsEverySampleEquallyOften) {
    std::vector<double> drawn(5);
    for (std::size_t resample = 0; resample < 2000; ++resample)
        for (const std::size_t index : resampled_indices(drawn.size(), 0, resample))
            ++drawn.at(index);
    for (const double count : drawn)
        EXPECT_NEAR(count, 2000, 4 * std::sqrt(2000 * 0.8));
}

TEST(Bootstrap, PairsOfEqualRatiosDoNotDiffer) {
    const std::vector<RatioPart> parts{{1, 2}, {3, 4}, {1, 5}};

    const BootstrapResult found = bootstrap_ratio_difference(parts, parts, {.resamples = 50});

    EXPECT_EQ(found.estimate, 0);
    EXPECT_EQ(found.standard_error, 0);
    EXPECT_EQ(found.p_greater, 1);
    EXPECT_EQ(found.p_less, 1);
    EXPECT_TRUE(std::isnan(found.bca.low));
}

TEST(Bootstrap, RatiosOfOneValueHaveNoSpread) {
    const std::vector<RatioPart> parts{
        {1, 1}, {2, 2}, {4, 4}}; // every resample's ratio is 1, whatever is drawn

    const BootstrapResult found = bootstrap_ratio(parts, {.resamples = 50});

    EXPECT_EQ(found.estimate, 1);
    EXPECT_EQ(found.standard_error, 0);
    EXPECT_EQ(found.percentile.low, 1);
    EXPECT_EQ(found.percentile.high, 1);
}

TEST(Bootstrap, ResamplesOfEmptySamplesAloneAreLeftOut) {
    const std::vector<RatioPart> parts{{1, 0}, {1, 2}}; // drawn twice, the first has no ratio

    const BootstrapResult found = bootstrap_ratio(parts, {.resamples = 50});

    EXPECT_EQ(found.estimate, 1);
    EXPECT_TRUE(std::isfinite(found.standard_error));
    EXPECT_LE(found.percentile.high, 1);
}

TEST(Bootstrap, OneSidedPsCountTheObservedOne) {
    const std::vector<RatioPart> above{{1, 2}, {3, 4}, {1, 5}};

    const BootstrapResult found = bootstrap_ratio(above, {.resamples = 99});

    EXPECT_EQ(found.p_greater, 0.01);
    EXPECT_EQ(found.p_less, 1);
}

TEST(Bootstrap, RefusesWhatHasNoRatio) {
    const std::vector<RatioPart> one{{1, 2}};
    const std::vector<RatioPart> empty{{0, 0}, {0, 0}};
    const std::vector<RatioPart> bad{{std::numeric_limits<double>::infinity(), 1}, {1, -1}};
    const std::vector<RatioPart> good{{1, 2}, {1, 2}};

    const auto message = [](const std::vector<RatioPart>& parts) {
        return golden::message_of(ErrorKind::numeric, [&] { static_cast<void>(bootstrap_ratio(parts)); });
    };

    EXPECT_THAT(message(one), HasSubstr("two at least"));
    EXPECT_THAT(message(empty), HasSubstr("a sum of 0"));
    EXPECT_THAT(message(bad), AllOf(HasSubstr("sample 0"), HasSubstr("sample 1")));
    EXPECT_THAT(golden::usage_message(
                    [&] { static_cast<void>(bootstrap_ratio(good, {.resamples = 0, .confidence = 1})); }),
                AllOf(HasSubstr("resamples"), HasSubstr("confidence")));
    EXPECT_THROW(static_cast<void>(bootstrap_ratio_difference(good, std::vector<RatioPart>(3, {1, 2}))),
                 suite::Error);
}

} // namespace
} // namespace metrics
