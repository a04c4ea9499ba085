#include "metrics/adjust.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using golden::usage_message;
using testing::HasSubstr;

TEST(Adjust, HolmAndBenjaminiHochbergAgreeWithTheirDefinitions) {
    for (const auto& family : golden::read("adjust.json")) {
        const auto p = family["p"].get<std::vector<double>>();

        const std::vector<double> by_holm = holm(p);
        const std::vector<double> by_bh = benjamini_hochberg(p);

        ASSERT_EQ(by_holm.size(), p.size());
        ASSERT_EQ(by_bh.size(), p.size());
        for (std::size_t i = 0; i < p.size(); ++i) {
            golden::expect_close(by_holm[i], family["holm"][i], 1e-14, "holm");
            golden::expect_close(by_bh[i], family["bh"][i], 1e-14, "bh");
        }
    }
}

// Benjamini and Heller (2008): the intersections of the closed testing principle, each by Bonferroni.
TEST(PartialConjunction, IsShownByAsManyAdjustedPValues) {
    for (const auto& family : golden::read("claims.json", "conjunctions")) {
        const auto p = family["p"].get<std::vector<double>>();
        for (std::size_t needed = 1; needed <= p.size(); ++needed) {
            std::vector<double> adjusted = partial_conjunction(p, needed);
            std::sort(adjusted.begin(), adjusted.end());
            golden::expect_close(adjusted[needed - 1], family["conjunctions"][needed - 1], 1e-14,
                                 family.dump());
        }
        const std::vector<double> one_needed = partial_conjunction(p, 1);
        for (std::size_t i = 0; i < p.size(); ++i)
            golden::expect_close(one_needed[i], family["holm"][i], 1e-14, "holm of " + family.dump());
        EXPECT_THAT(partial_conjunction(p, p.size()), testing::Pointwise(testing::DoubleEq(), p))
            << "no correction";
    }
}

TEST(PartialConjunction, GoesOnAsHolmBeyondTheNeededOnes) {
    EXPECT_THAT(partial_conjunction(std::vector{0.01, 0.02, 0.03, 0.2}, 2),
                testing::Pointwise(testing::DoubleEq(), std::vector{0.03, 0.06, 0.06, 0.2}));
}

TEST(Adjust, TextbookFamilyInTheOrderGiven) {
    EXPECT_THAT(holm(std::vector{0.04, 0.01, 0.03}),
                testing::Pointwise(testing::DoubleEq(), std::vector{0.06, 0.03, 0.06}));
    EXPECT_THAT(benjamini_hochberg(std::vector{0.04, 0.01, 0.03}),
                testing::Pointwise(testing::DoubleEq(), std::vector{0.04, 0.03, 0.04}));
}

TEST(Adjust, CertaintiesAreProbabilities) {
    EXPECT_THAT(holm(std::vector{0.0, 1.0}), testing::ElementsAre(0.0, 1.0));
    EXPECT_THAT(benjamini_hochberg(std::vector{1.0, 0.0}), testing::ElementsAre(1.0, 0.0));
}

TEST(AdjustBadInput, EveryFaultIsNamedByPosition) {
    const std::string message = usage_message([] { (void)holm(std::vector{0.5, -0.1, 1.5, std::nan("")}); });
    EXPECT_THAT(message, HasSubstr("p[1]: found -0.1"));
    EXPECT_THAT(message, HasSubstr("p[2]: found 1.5"));
    EXPECT_THAT(message, HasSubstr("p[3]: found nan"));
    EXPECT_THAT(usage_message([] { (void)benjamini_hochberg({}); }), HasSubstr("no p-values"));
    EXPECT_THAT(usage_message([] { (void)partial_conjunction(std::vector{0.5}, 2); }),
                HasSubstr("2 of 1 hypotheses"));
    EXPECT_THAT(usage_message([] { (void)partial_conjunction(std::vector{0.5}, 0); }),
                HasSubstr("0 of 1 hypotheses"));
}

} // namespace
} // namespace metrics
