// The second column of claims: would another test set agree?
#include "reports/check/test_set.hpp"

#include <map>

#include "reports/bundle/bundle.hpp"
#include "reports/format/json.hpp"
#include "reports/format/report_files.hpp"
#include "reports/format/terminal.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::ClaimVerdict;
using suite::store::Lookup;
using suite::store::LookupState;
using suite::store::TestOutcomes;
using synthetic::RunRecord;
using testing::DoubleNear;
using testing::HasSubstr;

const std::string small_cells = "[ct][ou][vb]*/R50x1/*K-NAT";
const std::string both_small = "data-scale-small-targets"; // 21K-NAT above 1K-NAT on COVIDx and Tuberculosis
constexpr std::size_t images = 400;

/// The first `hits` of 400 images: networks that agree on all images but the last ones that either hits.
TestOutcomes first_hit(std::size_t hits) {
    TestOutcomes outcomes{.metric = "top1", .test_set = "laptop", .values = std::vector<float>(images)};
    std::fill_n(outcomes.values.begin(), hits, 1.0F);
    return outcomes;
}

/// Hits of a cell of the small targets.
using HitsOf = std::function<std::size_t(const plan::PlannedRun& run)>;

/// 21K-NAT hits so many images more than 1K-NAT's 300, on every seed (one more or less by seed).
HitsOf gaining(std::size_t gain) {
    return [gain](const plan::PlannedRun& run) {
        return 300 + run.seed % 2 + (run.cell.ends_with("/21K-NAT") ? gain : 0);
    };
}

std::map<std::string, Lookup> records_of(const plan::Plan& plan, const HitsOf& hits_of) {
    std::map<std::string, Lookup> records;
    for (const plan::PlannedRun& run : plan.runs) {
        RunRecord record = synthetic::record_of(run, 80.0);
        if (synthetic::is_cell(run)) {
            const std::size_t hits = hits_of(run);
            record = synthetic::record_of(run, 100.0 * static_cast<double>(hits) / images);
            record.outcomes = first_hit(hits);
        }
        records[run.key] = {.state = LookupState::finished, .record = std::move(record), .message = {}};
    }
    return records;
}

BundleSubject subject_of(const plan::Plan& plan) {
    const plan::Catalog& catalog = small_tree::published();
    return {.workload = catalog.workloads.at("table1"),
            .profile = catalog.profiles.at("laptop"),
            .plan = plan,
            .references = plan::load_references(catalog, "table1", "laptop")};
}

CheckResult checked(const BundleSubject& subject, std::map<std::string, Lookup> lookups) {
    Records records(std::move(lookups));
    return check(subject.workload, subject.profile, subject.plan, subject.references, records);
}

CheckResult checked(const HitsOf& hits_of) {
    const plan::Plan plan = synthetic::expand(small_cells);
    return checked(subject_of(plan), records_of(plan, hits_of));
}

const CellResult& cell(const CheckResult& result, const std::string& id) {
    const auto found = std::find_if(result.cells.begin(), result.cells.end(),
                                    [&id](const CellResult& entry) { return entry.id == id; });
    return found == result.cells.end() ? throw std::logic_error("no cell " + id) : *found;
}

TEST(TestSets, AClaimThatSeedsShowMayHangOnFewImages) {
    const CheckResult few = checked(gaining(2));   // 2 images on every seed: seeds hardly vary
    const CheckResult many = checked(gaining(40)); // 40 images

    EXPECT_EQ(synthetic::claim(few, both_small).ours.verdict, ClaimVerdict::holds);
    EXPECT_EQ(synthetic::claim(few, both_small).test_set.verdict, TestSetVerdict::inconclusive);
    EXPECT_EQ(synthetic::claim(many, both_small).test_set.verdict, TestSetVerdict::holds);
}

TEST(TestSets, TermsAreMcNemarsClusteredByImage) {
    const TestSetClaim claim = synthetic::claim(checked(gaining(4)), both_small).test_set;

    ASSERT_EQ(claim.terms.size(), 2U);
    // Seeds 1 and 3 hit one image more on both sides: shares differ by 0.6, 1, 1, 1 and 0.4.
    const double z = 4 / std::sqrt(0.36 + 3 + 0.16);
    EXPECT_THAT(claim.terms[0].p, testing::Optional(DoubleNear(metrics::normal_upper_tail(z), 1e-6)));
    EXPECT_THAT(claim.terms[0].difference, testing::Optional(DoubleNear(1.0, 1e-9)));
    EXPECT_EQ(claim.terms[0].reason, "");
    EXPECT_EQ(claim.p, std::max(*claim.terms[0].p, *claim.terms[1].p)); // all terms must hold
}

/// A cell that hits this share of 400 images, one training.
metrics::CellOutcomes hits_on_images(double percent) {
    metrics::CellOutcomes cell{.metric = "top1", .test_set = "laptop", .trainings = 1, .score = percent};
    cell.outcomes.assign(images, 0.0);
    std::fill_n(cell.outcomes.begin(), static_cast<std::size_t>(percent / 100.0 * images), 1.0);
    return cell;
}

// "The best of A and B is below 90 %": every one must be below, so one that is does not make it hold.
TEST(TestSets, AMaximumIsBelowABoundWhenEveryCellIs) {
    const auto p_of = [](double best_mean) {
        const plan::ClaimTermSpec term{
            .cells = "*", .best_of = "source", .kind = plan::ClaimKind::below, .bound = 90.0};
        const plan::ClaimSpec claim{.id = "below", .terms = {term}};
        const plan::CellId low = plan::transfer_cell("t", "m", "low");
        const plan::CellId best = plan::transfer_cell("t", "m", "best");
        std::map<std::string, metrics::CellOutcomes> outcomes;
        outcomes["low"] = hits_on_images(50.0);
        outcomes["best"] = hits_on_images(best_mean);
        const std::vector<ClaimPair> pairs{
            {.label = "best", .a = {low, best}, .b = {}, .term = &claim.terms[0]}};
        return judge_over_images(claim, pairs, [&](const plan::CellId& id) {
            const metrics::CellOutcomes& found = outcomes.at(id.source());
            return CellOnImages{
                .outcomes = &found,
                .sample = metrics::make_sample(std::vector{id.source() == "low" ? 50.0 : best_mean})};
        });
    };

    EXPECT_EQ(p_of(60.0).verdict, TestSetVerdict::holds);
    EXPECT_EQ(p_of(98.0).verdict, TestSetVerdict::fails);
}

TestSetClaim equivalent_within(double margin, double a_percent, double b_percent) {
    const plan::ClaimTermSpec term{.cells = "*", .kind = plan::ClaimKind::equivalent, .margin = margin};
    const plan::ClaimSpec claim{.id = "equivalent", .terms = {term}};
    const plan::CellId a = plan::transfer_cell("t", "m", "a");
    const plan::CellId b = plan::transfer_cell("t", "m", "b");
    const metrics::CellOutcomes of_a = hits_on_images(a_percent);
    const metrics::CellOutcomes of_b = hits_on_images(b_percent);
    const std::vector<ClaimPair> pairs{{.label = "a", .a = {a}, .b = b, .term = &claim.terms[0]}};
    return judge_over_images(claim, pairs, [&](const plan::CellId& id) {
        return CellOnImages{.outcomes = id.source() == "a" ? &of_a : &of_b};
    });
}

TEST(TestSets, CellsAreEquivalentWithinTheMarginAndNotBeyondIt) {
    EXPECT_EQ(equivalent_within(5.0, 80.25, 80.0).verdict, TestSetVerdict::holds);
    EXPECT_EQ(equivalent_within(5.0, 84.0, 80.0).verdict, TestSetVerdict::inconclusive);
    EXPECT_EQ(equivalent_within(5.0, 95.0, 80.0).verdict, TestSetVerdict::fails);
    EXPECT_EQ(equivalent_within(5.0, 80.0, 95.0).verdict, TestSetVerdict::fails);
}

// 60 of 400 images differ, all one way: a Wald test of 15 points with a standard error of 1.93 (over n).
TEST(TestSets, BeyondTheMarginIsBothTailsOfTheTestAtTheMargin) {
    const TestSetClaim claim = equivalent_within(5.0, 95.0, 80.0);
    const metrics::CellOutcomes a = hits_on_images(95.0);
    const metrics::CellOutcomes b = hits_on_images(80.0);
    const double se = metrics::test_over_images(a, b, 5.0)->standard_error;

    EXPECT_THAT(claim.terms.at(0).p_against,
                testing::Optional(DoubleNear(
                    metrics::normal_upper_tail(10.0 / se) + metrics::normal_upper_tail(20.0 / se), 1e-9)));
    EXPECT_THAT(claim.terms.at(0).p,
                testing::Optional(DoubleNear(metrics::normal_upper_tail(-10.0 / se), 1e-9)));
}

/// "A is above B by `sds` standard deviations of the seeds."
TestSetClaim above_by(double sds, const metrics::Sample& of_a, const metrics::Sample& of_b) {
    const plan::ClaimTermSpec term{.cells = "*", .kind = plan::ClaimKind::greater, .by_sds = sds};
    const plan::ClaimSpec claim{.id = "above", .terms = {term}};
    const plan::CellId a = plan::transfer_cell("t", "m", "a");
    const plan::CellId b = plan::transfer_cell("t", "m", "b");
    const metrics::CellOutcomes outcomes_a = hits_on_images(95.0);
    const metrics::CellOutcomes outcomes_b = hits_on_images(80.0);
    const std::vector<ClaimPair> pairs{{.label = "a", .a = {a}, .b = b, .term = &claim.terms[0]}};
    return judge_over_images(claim, pairs, [&](const plan::CellId& id) {
        return id.source() == "a" ? CellOnImages{.outcomes = &outcomes_a, .sample = of_a}
                                  : CellOnImages{.outcomes = &outcomes_b, .sample = of_b};
    });
}

// sds 1 and 7 of two and four seeds: pooled √((1 + 3 · 49) / 4), twice that is 12.17 of the 15 points.
TEST(TestSets, AClaimInSdsIsShiftedByThePooledOneOfTheSeeds) {
    const double half = std::sqrt(0.5);
    const metrics::Sample one = metrics::make_sample(std::vector{95.0 - half, 95.0 + half});
    const double wide = 7.0 * std::sqrt(3.0) / 2.0;
    const metrics::Sample seven =
        metrics::make_sample(std::vector{80.0 - wide, 80.0 - wide, 80.0 + wide, 80.0 + wide});
    const metrics::CellOutcomes a = hits_on_images(95.0);
    const metrics::CellOutcomes b = hits_on_images(80.0);
    const double shift = 2.0 * std::sqrt((1.0 + 3.0 * 49.0) / 4.0);

    const TestSetClaim claim = above_by(2.0, one, seven);

    EXPECT_THAT(claim.terms.at(0).p,
                testing::Optional(DoubleNear(metrics::test_over_images(a, b, shift)->p_greater, 1e-9)));
}

TEST(TestSets, AClaimInSdsIsNotKnownFromSingleSeeds) {
    const metrics::Sample single = metrics::make_sample(std::vector{90.0});

    EXPECT_EQ(above_by(2.0, single, single).terms.at(0).reason, "the spread over the seeds is not known");
    EXPECT_EQ(above_by(0.0, single, single).verdict, TestSetVerdict::holds);
}

TEST(TestSets, ImagesThatAllDifferAlikeGiveNoTestOfEquivalence) {
    const TestSetClaim claim =
        equivalent_within(100.0, 100.0, 0.0); // no spread; the difference is the margin

    EXPECT_EQ(claim.verdict, TestSetVerdict::not_known);
    EXPECT_THAT(claim.terms.at(0).reason, HasSubstr("no test exists"));
}

TEST(TestSets, ACellHasTheStandardErrorOfItsMean) {
    const CellResult one =
        cell(checked([](const auto&) { return std::size_t{328}; }), "covidx/R50x1/21K-NAT");

    EXPECT_EQ(one.test_set.images, images);
    EXPECT_THAT(one.test_set.se, testing::Optional(DoubleNear(*metrics::binomial_se(82, 400), 1e-12)));
    ASSERT_TRUE(one.published);
    EXPECT_GT(one.published_test_set.images, 0U);
    EXPECT_EQ(one.published_test_set.se,
              metrics::binomial_se(one.published->sample.mean, one.published_test_set.images));
}

TEST(TestSets, WithoutOutcomesNothingIsKnown) {
    const plan::Plan plan = synthetic::expand(small_cells);
    std::map<std::string, Lookup> records = records_of(plan, gaining(40));
    for (auto& [key, lookup] : records) {
        lookup.record->outcomes.reset();
    }

    const CheckResult result = checked(subject_of(plan), records);

    const TestSetClaim& claim = synthetic::claim(result, both_small).test_set;
    EXPECT_EQ(claim.verdict, TestSetVerdict::not_known);
    EXPECT_FALSE(claim.p);
    EXPECT_THAT(claim.terms.at(0).reason, HasSubstr("not known"));
    EXPECT_FALSE(cell(result, "covidx/R50x1/21K-NAT").test_set.se);
}

TEST(TestSets, OneTrainingWithOtherOutcomesMakesThemUnknown) {
    using Change = std::function<void(RunRecord & record)>;
    const Change lacks = [](RunRecord& record) { record.outcomes.reset(); };
    const Change other_metric = [](RunRecord& record) { record.outcomes->metric = "mean_auc"; };
    const Change other_images = [](RunRecord& record) { record.outcomes->test_set = "another"; };
    const plan::Plan plan = synthetic::expand(small_cells);

    for (const Change& change : {lacks, other_metric, other_images}) {
        for (const std::uint64_t seed : {0U, 3U}) {
            std::map<std::string, Lookup> records = records_of(plan, gaining(40));
            for (auto& [key, lookup] : records) {
                if (lookup.record->cell == "covidx/R50x1/21K-NAT" && lookup.record->seed == seed) {
                    change(*lookup.record);
                }
            }
            const CheckResult result = checked(subject_of(plan), records);

            EXPECT_EQ(synthetic::claim(result, both_small).test_set.verdict, TestSetVerdict::not_known);
            EXPECT_FALSE(cell(result, "covidx/R50x1/21K-NAT").test_set.se);
            EXPECT_TRUE(cell(result, "covidx/R50x1/1K-NAT").test_set.se);
        }
    }
}

TEST(TestSets, CellsOnOtherImagesAreNotCompared) {
    const plan::Plan plan = synthetic::expand(small_cells);
    std::map<std::string, Lookup> records = records_of(plan, gaining(40));
    for (auto& [key, lookup] : records) {
        if (lookup.record->cell.ends_with("/21K-NAT")) {
            lookup.record->outcomes->test_set = "another";
        }
    }

    const TestSetClaim claim = synthetic::claim(checked(subject_of(plan), records), both_small).test_set;

    EXPECT_EQ(claim.verdict, TestSetVerdict::not_known);
    EXPECT_THAT(claim.terms.at(0).reason, HasSubstr("different test images"));
}

TEST(TestSets, ABundleKeepsWhatItsVerdictsNeed) {
    const plan::Plan plan = synthetic::expand(small_cells);
    const BundleSubject subject = subject_of(plan);
    Records records(records_of(plan, gaining(40)));
    const CheckResult result =
        check(subject.workload, subject.profile, subject.plan, subject.references, records);

    const OpenedBundle opened = open_bundle(make_bundle(subject, records, result), "x.h5");

    EXPECT_EQ(to_json(opened.result).dump(), to_json(result).dump());
    EXPECT_EQ(synthetic::claim(opened.result, both_small).test_set.verdict, TestSetVerdict::holds);
}

TEST(TestSets, ReportsSayIt) {
    const CheckResult result = checked(gaining(2));

    EXPECT_THAT(check_text(result, {.columns = 1000}), HasSubstr("On another test set: cannot be told"));
    EXPECT_THAT(
        table_text(result, {.columns = 1000}),
        AllOf(HasSubstr(std::string(test_set_heading)), HasSubstr(std::string("standard error of our"))));
    EXPECT_THAT(to_markdown(result), HasSubstr("| on another test set |"));
    EXPECT_THAT(to_csv(result), HasSubstr(",test_images,test_set_se,published_test_images,"));
}

} // namespace
} // namespace reports
