#include "metrics/mcnemar.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

TEST(McNemar, AgreesWithStatsmodelsAndTheBinomial) {
    for (const auto& expected : golden::read("test_set.json", "mcnemar")) {
        const Discordant counts{.only_a = expected["only_a"], .only_b = expected["only_b"]};

        const NormalTest exact = mcnemar_exact(counts);
        const NormalTest mid = mcnemar_mid_p(counts);

        const std::string what = expected["only_a"].dump() + " against " + expected["only_b"].dump();
        golden::expect_close(exact.p, expected["exact"], 1e-12, what + " exact");
        golden::expect_close(exact.p_greater, expected["exact_greater"], 1e-12, what + " greater");
        golden::expect_close(exact.p_less, expected["exact_less"], 1e-12, what + " less");
        golden::expect_close(mid.p, expected["mid_p"], 1e-12, what + " mid-p");
        golden::expect_close(mid.p_greater, expected["mid_p_greater"], 1e-12, what + " mid-p greater");
        golden::expect_close(mid.p_less, expected["mid_p_less"], 1e-12, what + " mid-p less");
    }
}

TEST(McNemar, DifferenceIsOfTheDiscordantImages) {
    EXPECT_EQ(mcnemar_exact({.only_a = 3, .only_b = 1}).difference, 0.5);
    EXPECT_EQ(mcnemar_mid_p({.only_a = 1, .only_b = 3}).difference, -0.5);
    EXPECT_EQ(mcnemar_exact({}).difference, 0);
}

/// Shares of one training: 1 where it hit.
std::pair<std::vector<double>, std::vector<double>> one_pair(std::size_t both, std::size_t only_a,
                                                             std::size_t only_b) {
    std::vector<double> a(both, 1.0);
    std::vector<double> b(both, 1.0);
    a.insert(a.end(), only_a, 1.0);
    b.insert(b.end(), only_a, 0.0);
    a.insert(a.end(), only_b, 0.0);
    b.insert(b.end(), only_b, 1.0);
    return {a, b};
}

TEST(McNemar, ClusteredIsTheUncorrectedTestForOneTrainingASide) {
    for (const auto& expected : golden::read("test_set.json", "mcnemar")) {
        if (!expected.contains("chi_squared"))
            continue;
        const auto [a, b] = one_pair(50, expected["only_a"], expected["only_b"]);

        const NormalTest found = mcnemar_clustered(a, b);

        golden::expect_close(found.p, expected["chi_squared"], 1e-12, expected.dump());
    }
}

TEST(McNemar, ClusteredAgreesWithObuchowskisFormula) {
    for (const auto& expected : golden::read("test_set.json", "clustered")) {
        const auto a = expected["a"].get<std::vector<double>>();
        const auto b = expected["b"].get<std::vector<double>>();

        const NormalTest found = mcnemar_clustered(a, b);

        golden::expect_close(found.difference, expected["difference"], 1e-12, "difference");
        golden::expect_close(found.p, expected["p"], 1e-10, "p");
        golden::expect_close(found.p_greater, expected["p_greater"], 1e-10, "p_greater");
        golden::expect_close(found.p_less, expected["p_less"], 1e-10, "p_less");
    }
}

TEST(McNemar, OfNetworksThatAgreeEverywhereDecidesNothing) {
    const std::vector<double> same{1, 0, 1};
    const NormalTest found = mcnemar_clustered(same, same);
    EXPECT_EQ(found.p, 1);
    EXPECT_EQ(found.p_greater, 0.5);
    EXPECT_EQ(found.p_less, 0.5);
}

TEST(McNemar, RefusesOtherImages) {
    const std::vector<double> two{1, 0};
    const std::vector<double> three{1, 0, 1};
    EXPECT_THROW(static_cast<void>(mcnemar_clustered(two, three)), suite::Error);
    EXPECT_THROW(static_cast<void>(mcnemar_clustered({}, {})), suite::Error);
}

TEST(NormalTest, TailsKeepTheirDigits) {
    golden::expect_close(normal_upper_tail(10), 7.619853024160527e-24, 1e-12, "P(Z >= 10)");
    const NormalTest shifted = normal_test(3, 2, 1);
    golden::expect_close(shifted.p_greater, 0.15865525393145705, 1e-12, "P(Z >= 1)");
    golden::expect_close(shifted.p_less, 0.8413447460685429, 1e-12, "P(Z <= 1)");
    golden::expect_close(shifted.p, 0.3173105078629141, 1e-12, "two-sided");
    EXPECT_EQ(shifted.difference, 3);
    EXPECT_EQ(shifted.standard_error, 2);
}

} // namespace
} // namespace metrics
