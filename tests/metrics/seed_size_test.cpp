// Numbers by scipy (tests/fixtures/audit_golden.py prints them) and closed forms.
#include "metrics/seed_size.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "metrics/power.hpp"

namespace {

using namespace metrics;

TEST(DirectionalPower, AgreesWithTheNoncentralTOfScipy) {
    EXPECT_NEAR(directional_power(1, {.sd = 0.5, .n = 6}, {.sd = 2, .n = 6}, 0.0125), 0.09761854305098894,
                1e-9);
    EXPECT_NEAR(paired_power(1, {.sd = 1.3, .n = 7}, 0.05), 0.5618693126139437, 1e-9);
}

TEST(DirectionalPower, IsTheTwoSidedPowerAtHalfItsAlphaButForTheOtherTail) {
    // At this effect the tail on the wrong side is below 1e-9.
    EXPECT_NEAR(directional_power(2, {.sd = 1, .n = 8}, {.sd = 1, .n = 8}, 0.025), two_sample_power(2, 1, 8),
                1e-8);
}

TEST(DirectionalPower, IsAlphaWhenThereIsNoDifference) {
    EXPECT_NEAR(directional_power(0, {.sd = 1, .n = 5}, {.sd = 1, .n = 5}, 0.05), 0.05, 1e-9);
}

TEST(EquivalencePower, AgreesWithScipysQuadrature) {
    const Group five{.sd = 1, .n = 5};
    EXPECT_NEAR(equivalence_power(1, five, five), 0.06870321485831882, 1e-7);
    EXPECT_NEAR(equivalence_power(1.5, five, five), 0.4182685835923368, 1e-7);
    EXPECT_NEAR(equivalence_power(2, five, five), 0.7835798746848643, 1e-7);
    EXPECT_NEAR(equivalence_power(3, five, five), 0.9920765452012237, 1e-7);
    EXPECT_NEAR(equivalence_power(1.5, {.sd = 1, .n = 12}, {.sd = 0.6, .n = 5}), 0.9481785526341594, 1e-7);
}

TEST(EquivalencePower, IsCertainWithoutNoise) {
    EXPECT_EQ(equivalence_power(0.1, {.sd = 0, .n = 2}, {.sd = 0, .n = 2}), 1);
}

TEST(EquivalencePower, IsNoneWhereNoDifferenceIsWithinReach) {
    // The margin is so small against the standard error that even the smallest S in reach rejects nothing.
    EXPECT_EQ(equivalence_power(0.01, {.sd = 1, .n = 5000}, {.sd = 1, .n = 5000}), 0);
}

TEST(DirectionalPower, WithoutNoiseIsTheSignOfTheEffect) {
    EXPECT_EQ(directional_power(0.5, {.sd = 0, .n = 2}, {.sd = 0, .n = 2}, 0.05), 1);
    EXPECT_EQ(directional_power(0, {.sd = 0, .n = 2}, {.sd = 0, .n = 2}, 0.05), 0);
    EXPECT_EQ(directional_power(-2, {.sd = 0, .n = 2}, {.sd = 0, .n = 2}, 0.05), 0);
    EXPECT_EQ(paired_power(0.5, {.sd = 0, .n = 2}, 0.05), 1);
}

TEST(DirectionalPower, OfAHugeEffectIsOneOrNone) {
    EXPECT_EQ(directional_power(1e9, {.sd = 1, .n = 5}, {.sd = 1, .n = 5}, 0.05), 1);
    EXPECT_EQ(directional_power(-1e9, {.sd = 1, .n = 5}, {.sd = 1, .n = 5}, 0.05), 0);
}

TEST(DirectionalPower, CountsTheSpreadOfOneSideAlone) {
    // With no noise in b, Welch's df are those of a: the power of one mean against a constant.
    EXPECT_NEAR(directional_power(1, {.sd = 1.3, .n = 7}, {.sd = 0, .n = 3}, 0.05),
                paired_power(1, {.sd = 1.3, .n = 7}, 0.05), 1e-12);
    EXPECT_NEAR(directional_power(1, {.sd = 0, .n = 3}, {.sd = 1.3, .n = 7}, 0.05),
                paired_power(1, {.sd = 1.3, .n = 7}, 0.05), 1e-12);
}

TEST(Sizes, AreTheSmallestWithThePower) {
    EXPECT_EQ(directional_size(0.5, 1, 1, 0.8, 0.05), 51U);
    EXPECT_EQ(paired_size(0.5, 1, 0.8, 0.05), 27U);
    EXPECT_EQ(equivalence_size(2, 1, {.sd = 1, .n = 5}, 0.8), 6U);
    EXPECT_EQ(equivalence_size_of_both(2, 1, 1, 0.8), 6U);
}

TEST(JointPower, IsTheFrechetBoundOverThePowerfulOnes) {
    EXPECT_NEAR(joint_power(std::vector{0.9, 0.95, 0.5}, 2), 1 - 0.1 - 0.05, 1e-15);
    EXPECT_NEAR(joint_power(std::vector{0.9, 0.95, 0.5}, 3), 1 - 0.1 - 0.05 - 0.5, 1e-15);
    EXPECT_DOUBLE_EQ(joint_power(std::vector{0.9, 0.95, 0.5}, 1), 0.95);
    EXPECT_EQ(joint_power(std::vector{0.1, 0.2}, 2), 0);
    EXPECT_THROW((void)joint_power(std::vector{0.1}, 2), suite::Error);
    EXPECT_THROW((void)joint_power(std::vector{0.1}, 0), suite::Error);
}

TEST(SmallestSeeds, IsTheFirstThatReachesThePower) {
    const auto grows = [](std::uint64_t n) { return 1 - 1.0 / static_cast<double>(n); };
    EXPECT_EQ(smallest_seeds(grows, 0.9), 10U);
    EXPECT_EQ(smallest_seeds(grows, 0.5), 2U);
    EXPECT_EQ(smallest_seeds(grows, 0.7), 4U);
    EXPECT_FALSE(smallest_seeds([](std::uint64_t) { return 0.3; }, 0.5));
    EXPECT_THROW((void)smallest_seeds(grows, 1.0), suite::Error);
}

TEST(Sizes, AreNoneWhereNoneIsEnough) {
    EXPECT_FALSE(directional_size(-0.1, 1, 1, 0.8, 0.05));
    EXPECT_FALSE(directional_size(1e-6, 1, 1, 0.8, 0.05));
    EXPECT_FALSE(equivalence_size(1, 1, {.sd = 1, .n = 5}, 0.8)); // 29 % with any number of ours
}

TEST(Sizes, OfLargeEffectsAreTwo) {
    EXPECT_EQ(directional_size(50, 1, 1, 0.8, 0.05), 2U);
    EXPECT_EQ(paired_size(50, 1, 0.8, 0.05), 2U);
    EXPECT_EQ(equivalence_size_of_both(50, 1, 1, 0.8), 2U);
}

TEST(Sizes, HaveThePowerAndOneLessHasNot) {
    for (const double effect : {0.0055, 0.0057, 0.03, 0.2, 0.7, 1.5}) {
        const auto n = directional_size(effect, 1, 1.5, 0.9, 0.05);
        ASSERT_TRUE(n) << effect;
        const auto power = [&](std::uint64_t size) {
            return directional_power(effect, {.sd = 1, .n = size}, {.sd = 1.5, .n = size}, 0.05);
        };
        EXPECT_GE(power(*n), 0.9) << effect;
        EXPECT_LT(power(*n - 1), 0.9) << effect;
    }
}

TEST(Sizes, EndAtAMillion) {
    // n = 2 (z(0.95) + z(0.8))² / effect² = 12.3651 / effect²: 0.98 and 1.02 million.
    EXPECT_NEAR(static_cast<double>(directional_size(0.003552, 1, 1, 0.8, 0.05).value()), 980'000, 1000);
    EXPECT_FALSE(directional_size(0.003481, 1, 1, 0.8, 0.05));
}

TEST(Sizes, RefuseWhatIsNoDesign) {
    EXPECT_THROW((void)directional_size(1, 1, 1, 1.0, 0.05), suite::Error);
    EXPECT_THROW((void)equivalence_power(0, {.sd = 1, .n = 5}, {.sd = 1, .n = 5}), suite::Error);
    EXPECT_THROW((void)equivalence_power(1, {.sd = NAN, .n = 5}, {.sd = 1, .n = 5}), suite::Error);
    EXPECT_THROW((void)paired_power(1, {.sd = 1, .n = 1}, 0.05), suite::Error);
    EXPECT_THROW((void)paired_power(1, {.sd = -0.5, .n = 5}, 0.05), suite::Error);
    EXPECT_THROW((void)paired_power(1, {.sd = 1, .n = 5}, 0), suite::Error);
    EXPECT_THROW((void)paired_power(1, {.sd = 1, .n = 5}, 1), suite::Error);
    EXPECT_THROW((void)directional_size(1, 1, 1, 0, 0.05), suite::Error);
    EXPECT_THROW((void)equivalence_power(INFINITY, {.sd = 1, .n = 5}, {.sd = 1, .n = 5}), suite::Error);
    EXPECT_FALSE(directional_size(0, 1, 1, 0.8, 0.05));
    EXPECT_FALSE(paired_size(0, 1, 0.8, 0.05));
}

TEST(DirectionalPower, OfAStandardErrorIsThatOfItsGroups) {
    const double error = std::sqrt(2.0 * 1.5 * 1.5 / 5);
    EXPECT_NEAR(directional_power(2, error, 8, 0.05),
                directional_power(2, {.sd = 1.5, .n = 5}, {.sd = 1.5, .n = 5}, 0.05), 1e-12);
    EXPECT_LT(directional_power(2, 2 * error, 8, 0.05), directional_power(2, error, 8, 0.05));
    EXPECT_THROW((void)directional_power(1, 1.0, 0.0, 0.05), suite::Error);
}

} // namespace
