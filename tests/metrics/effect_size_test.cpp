#include "metrics/effect_size.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

TEST(EffectSize, AgreesWithTheNoncentralTOfSciPy) {
    for (const auto& entry : golden::read("claims.json", "effects")) {
        const Sample a = make_sample(entry["a"].get<std::vector<double>>());
        const Sample b = make_sample(entry["b"].get<std::vector<double>>());
        const EffectTest test = effect_above(a, b, entry["sds"]);

        golden::expect_close(test.p_above, entry["p_above"], 1e-9, "p above of " + entry.dump());
        golden::expect_close(test.p_below, entry["p_below"], 1e-9, "p below of " + entry.dump());
    }
}

TEST(EffectSize, OfNoSdsIsThePooledTest) {
    const Sample a = summary_sample(81, 1, 5);
    const Sample b = summary_sample(80, 0.5, 9);
    EXPECT_DOUBLE_EQ(effect_above(a, b, 0).p_above, pooled(a, b).p_greater);
    EXPECT_DOUBLE_EQ(effect_above(a, b, 0).p_below, pooled(a, b).p_less);
}

TEST(EffectSize, TellsFarEffectsWithoutError) {
    const Sample b = summary_sample(0, 1e-6, 5);
    const EffectTest huge = effect_above(summary_sample(1e6, 1e-6, 5), b, 2);
    const EffectTest wanted = effect_above(summary_sample(1, 1, 5), summary_sample(0, 1, 5), 1e6);

    EXPECT_LT(huge.p_above, 1e-20);
    EXPECT_EQ(huge.p_below, 1.0);
    EXPECT_EQ(wanted.p_above, 1.0);
    EXPECT_EQ(wanted.p_below, 0.0);
}

TEST(EffectSize, ParentsMakeItHarderToShow) {
    const Sample a = summary_sample(85, 1, 5);
    const Sample b = summary_sample(80, 1, 5);
    const EffectTest without = effect_above(a, b, 1);
    const EffectTest with = effect_above(a, b, 1, VarianceComponent{.variance = 1, .df = 3});

    EXPECT_DOUBLE_EQ(with.sd, without.sd);
    EXPECT_GT(with.p_above, without.p_above);
}

TEST(EffectPower, AgreesWithScipy) {
    EXPECT_NEAR(effect_power(4, 2, 5, 0.05), 0.5569368907850775, 1e-9);
    EXPECT_NEAR(effect_power(3, 2, 12, 0.01), 0.21948543323650738, 1e-9);
    EXPECT_NEAR(effect_power(2, 0.5, 6, 0.05), 0.7137196687123766, 1e-9);
    EXPECT_NEAR(effect_power(2, 2, 5, 0.05), 0.05, 1e-9) << "at the border";
    EXPECT_NEAR(effect_power(0, 0, 5, 0.05), 0.05, 1e-9);
    EXPECT_THROW((void)effect_power(2, 1, 1, 0.05), suite::Error);
    EXPECT_THROW((void)effect_power(2, -1, 5, 0.05), suite::Error);
    EXPECT_THROW((void)effect_power(2, 1, 5, 0), suite::Error);
    EXPECT_THROW((void)effect_power(2, 1, 5, 1), suite::Error);
}

TEST(EffectSizeBadInput, IsNamed) {
    const Sample sample = summary_sample(80, 1, 5);
    EXPECT_THAT(golden::usage_message([&] { (void)effect_above(sample, sample, -1); }),
                testing::HasSubstr("a finite number of 0 or more"));
    EXPECT_THAT(golden::usage_message([&] { (void)effect_above(sample, summary_sample(1, 1, 1), 2); }),
                testing::HasSubstr("n = 1"));
}

} // namespace
} // namespace metrics
