// The statistics recompute what Cherti & Jitsev 2021 printed. Numbers are copied from the published tables
// (Table 1, n = 5) and the authors' raw results (results/*.csv of SLAMPAI/large-scale-pretraining-transfer,
// commit fe6232b); expected p-values are those of paper.md#bold-print and paper.md#claims-against-numbers.
#include <fmt/format.h>

#include "metrics/claims.hpp"
#include "metrics/t_tests.hpp"
#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

const std::vector<double> cifar10_r50x1_21k{95.83, 95.69, 95.87, 95.66, 95.83};
const std::vector<double> tb_r50x1_21k{83.4711, 82.6446, 82.6446, 84.2975, 84.2975};
const std::vector<double> tb_r50x1_chexpert{80.1653, 79.3388, 79.3388, 80.1653, 80.1653};
const std::vector<double> tb_r152x4_chexpert{78.5124, 79.3388, 79.3388, 79.3388, 78.5124};
const std::vector<double> padchest_cl_r50x1_1k{80.3644, 79.9348, 80.0812, 80.2298, 80.2432};
const std::vector<double> padchest_cl_r50x1_21k{81.9049, 81.8084, 82.0870, 82.1318, 82.2379};

std::string printed(std::span<const double> values) {
    const Estimate estimate = summarise(values);
    return fmt::format("{:.2f} ± {:.2f}", estimate.mean.value(), estimate.sd.value());
}

Sample five(double mean, double sd) {
    return summary_sample(mean, sd, 5);
}
double p(const Sample& a, const Sample& b) {
    return welch(a, b).p;
}

TEST(Published, RawSeedsRoundToThePrintedMeanAndSd) {
    EXPECT_EQ(printed(cifar10_r50x1_21k), "95.78 ± 0.09");
    EXPECT_EQ(printed(tb_r50x1_21k), "83.47 ± 0.83");
    EXPECT_EQ(printed(padchest_cl_r50x1_1k), "80.17 ± 0.17");
    EXPECT_EQ(printed(padchest_cl_r50x1_21k), "82.03 ± 0.17");
}

TEST(Published, PValuesOfTable1) {
    EXPECT_NEAR(p(five(78.35, 1.63), five(76.30, 1.30)), 0.061, 0.0005) << "COVIDx R50x1, 21K vs 1K";
    EXPECT_NEAR(p(five(83.47, 0.83), five(81.65, 0.91)), 0.011, 0.0005) << "Tuberculosis R50x1, 21K vs L-MED";
    EXPECT_NEAR(p(five(83.47, 0.83), five(79.83, 1.50)), 0.0029, 0.0005) << "Tuberculosis R50x1, 21K vs 1K";
    EXPECT_NEAR(p(five(88.00, 0.03), five(87.79, 0.13)), 0.021, 0.0005) << "MIMIC-CXR R152x4, L-MED vs 21K";
    EXPECT_NEAR(p(five(86.66, 0.05), five(86.60, 0.14)), 0.41, 0.005) << "CheXpert R50x1, L-MED vs 21K";
    EXPECT_NEAR(p(five(87.82, 0.03), five(87.77, 0.07)), 0.20, 0.005) << "CheXpert R152x4, L-MED vs 21K";
    EXPECT_NEAR(p(five(93.32, 0.30), five(93.21, 0.14)), 0.49, 0.005) << "Pets R152x4, 1K vs 21K";
    EXPECT_NEAR(p(five(78.90, 0.49), five(78.35, 1.63)), 0.50, 0.005) << "COVIDx 21K, R152x4 vs R50x1";
    EXPECT_NEAR(p(five(80.83, 2.51), five(83.47, 0.83)), 0.077, 0.0005)
        << "Tuberculosis 21K, R152x4 vs R50x1";
}

TEST(Published, SummaryOfRawSeedsGivesThePValueOfTheSeeds) {
    const Sample raw = make_sample(tb_r50x1_21k);

    EXPECT_NEAR(p(raw, five(81.65, 0.91)), p(five(83.47, 0.83), five(81.65, 0.91)), 3e-4);
}

TEST(Published, DataScaleHelpsR50x1OnBothSmallTargetsHangsOnCovidx) {
    const Claim claim{
        .rule = ClaimRule::all,
        .terms = {{.label = "tuberculosis 21K > 1K", .a = {{five(83.47, 0.83)}}, .b = {five(79.83, 1.50)}},
                  {.label = "covidx 21K > 1K", .a = {{five(78.35, 1.63)}}, .b = {five(76.30, 1.30)}}}};

    const ClaimResult result = judge_claim(claim);

    // One-sided COVIDx is p = .03, so the claim stands; the two-sided p = .061 does not bear it.
    EXPECT_NEAR(result.terms[1].p_favour.value(), 0.0305, 0.0005);
    EXPECT_EQ(result.verdict, ClaimVerdict::holds);
}

TEST(Published, NetworkScaleHelpsTuberculosisFailsForTheChexpertSource) {
    const ClaimResult result = judge_claim({.terms = {{.label = "S-MED R152x4 > R50x1",
                                                       .a = {{make_sample(tb_r152x4_chexpert)}},
                                                       .b = {make_sample(tb_r50x1_chexpert)}}}});

    // paper.md says .021; SciPy says .0203 on the seeds and .0205 on the printed mean ± sd.
    EXPECT_NEAR(2 * result.terms[0].p_against.value(), 0.0203, 0.00005);
    EXPECT_EQ(result.verdict, ClaimVerdict::fails);
    EXPECT_EQ(result.robustness, "robust");
}

TEST(Published, R152x4With21KIsAsGoodAsTheLargestSupersetFailsOnMimic) {
    const auto term = [](const char* label, double mean_21k, double sd_21k, double mean_med, double sd_med) {
        return ClaimTerm{.label = label, .a = {{five(mean_21k, sd_21k)}}, .b = {five(mean_med, sd_med)}};
    };
    const ClaimResult better = judge_claim({.terms = {term("padchest-cl", 84.02, 0.24, 82.68, 0.05)}});
    const ClaimResult worse = judge_claim({.terms = {term("mimic-cxr", 87.79, 0.13, 88.00, 0.03)}});
    const ClaimResult tie = judge_claim({.terms = {term("chexpert", 87.77, 0.07, 87.82, 0.03)}});

    EXPECT_EQ(better.verdict, ClaimVerdict::holds);
    EXPECT_EQ(worse.verdict, ClaimVerdict::fails);
    EXPECT_EQ(tie.verdict, ClaimVerdict::inconclusive);
}

} // namespace
} // namespace metrics
