#include "metrics/power.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using golden::usage_message;
using testing::HasSubstr;

TEST(Power, AgreesWithNumericIntegration) {
    for (const auto& entry : golden::read("power.json", "powers"))
        golden::expect_close(two_sample_power(entry["difference"], entry["sd"], entry["n"]), entry["power"],
                             1e-12, "power of " + entry.dump());
}

TEST(Power, SampleSizeIsTheSmallestThatReachesThePower) {
    for (const auto& entry : golden::read("power.json", "sizes")) {
        const std::uint64_t n = two_sample_size(entry["difference"], entry["sd"], entry["power"]);

        EXPECT_EQ(n, entry["n"].get<std::uint64_t>()) << entry.dump();
    }
}

TEST(Power, OfNothingIsTheSignificanceLevel) {
    EXPECT_NEAR(two_sample_power(0, 1, 7), 0.05, 1e-14);
}

TEST(Power, OfAHugeEffectIsOne) {
    EXPECT_EQ(two_sample_power(1e9, 1e-3, 2), 1.0);
    EXPECT_EQ(two_sample_power(1e300, 1e-300, 1000), 1.0);
    EXPECT_EQ(two_sample_size(1e9, 1.0, 0.999), 2U);
}

TEST(Power, GrowsWithEveryValue) {
    for (std::uint64_t n = 2; n < 60; ++n)
        EXPECT_LT(two_sample_power(0.4, 1, n), two_sample_power(0.4, 1, n + 1)) << n;
}

TEST(Power, TinyEffectsNeedManyValuesNotForever) {
    // For large n: n effect² = 2 δ² with Φ(δ − z) + Φ(−δ − z) = 0.8, z = Φ⁻¹(0.975) (solved with mpmath).
    const std::uint64_t n = two_sample_size(1e-5, 1, 0.8);
    EXPECT_NEAR(static_cast<double>(n) * 1e-10, 15.6977210186523, 1e-9);
    EXPECT_THAT(usage_message([] { (void)two_sample_size(1e-12, 1, 0.8); }), HasSubstr("2^52"));
}

TEST(Power, SampleSizesEndAtTwoToThe52) {
    // As above: 15.6977 / effect² is 3.0e15, between 2^51 and 2^52, and 6.0e15, beyond.
    EXPECT_NEAR(static_cast<double>(two_sample_size(7.2336e-8, 1, 0.8)), 3.0e15, 1e12);
    EXPECT_THAT(usage_message([] { (void)two_sample_size(5.115e-8, 1, 0.8); }), HasSubstr("2^52"));
}

TEST(Power, OfADirectionIsThatOfItsOpposite) {
    EXPECT_EQ(two_sample_power(-0.7, 1.1, 9), two_sample_power(0.7, 1.1, 9));
    EXPECT_EQ(two_sample_size(-0.7, 1.1, 0.9), two_sample_size(0.7, 1.1, 0.9));
}

TEST(Power, IsComputedWhereItIsNearlyOne) {
    // Noncentralities around the largest that are still computed, 40 (1 + critical): the chance falls short
    // of 1 by less than a double shows on both sides; for 2 degrees of freedom and half of it, by 1e-2.
    EXPECT_EQ(two_sample_power(213, 1, 2), 1.0);
    EXPECT_EQ(two_sample_power(211, 1, 2), 1.0);
    EXPECT_LT(two_sample_power(4, 1, 2), 0.8);
}

TEST(PowerBadInput, IsNamed) {
    const std::string message = usage_message([] { (void)two_sample_size(0, -1, 1); });
    EXPECT_THAT(message, HasSubstr("sd: found -1"));
    EXPECT_THAT(message, HasSubstr("power: found 1,"));
    EXPECT_THAT(message, HasSubstr("difference: found 0"));
    EXPECT_THAT(usage_message([] { (void)two_sample_power(1, 1, 1); }), HasSubstr("n = 1"));
    EXPECT_THAT(usage_message([] { (void)two_sample_power(1, 0, 5); }), HasSubstr("zero variance"));
    EXPECT_THAT(usage_message([] { (void)two_sample_power(std::nan(""), 1, 5); }), HasSubstr("found nan"));
}

} // namespace
} // namespace metrics
