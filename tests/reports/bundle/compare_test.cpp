// Two made-up bundles beside each other, by closed forms.
#include "reports/bundle/compare.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/t_tests.hpp"

namespace reports {
namespace {

using metrics::Verdict;
using testing::AllOf;
using testing::HasSubstr;

struct MadeCell {
    std::string id = "cell";
    std::vector<double> values{};
    std::vector<double> seconds{};
    std::string key = "k"; ///< of the runs, before their seed
    double margin = 0.5;
    double margin_sds = 0;
};

void add_cell(CheckResult& result, const MadeCell& made) {
    CellResult& cell = result.cells.emplace_back();
    cell.id = made.id;
    cell.metric = "top1";
    cell.planned = made.seconds.size();
    cell.declared = {.points = made.margin, .sds = made.margin_sds, .group = made.id};
    for (std::size_t seed = 0; seed < made.seconds.size(); ++seed) {
        cell.runs.push_back(result.runs.size());
        RunFacts& run = result.runs.emplace_back();
        run.key = made.id + made.key + std::to_string(seed);
        run.seed = seed;
        run.state = RunState::finished;
        run.train_seconds = made.seconds[seed];
        if (seed < made.values.size())
            cell.values.push_back({.seed = seed, .value = made.values[seed], .key = run.key});
    }
    cell.ours = metrics::make_sample(made.values);
}

CheckResult made_bundle(const std::vector<MadeCell>& cells) {
    CheckResult result;
    result.workload = "made-up";
    result.profile = "laptop";
    for (const MadeCell& made : cells)
        add_cell(result, made);
    return result;
}

const std::vector<double> around_fifty_percent{50.0, 50.1, 49.9};

CellChange change_between(const MadeCell& a, const MadeCell& b) {
    return compare_bundles(made_bundle({a}), made_bundle({b})).cells.at(0);
}
std::optional<SpeedRatio> speed_between(const std::vector<double>& a, const std::vector<double>& b) {
    return change_between({.values = around_fifty_percent, .seconds = a},
                          {.values = around_fifty_percent, .seconds = b})
        .speed;
}

TEST(CompareBundles, SpeedIsTheRatioOfGeometricMeansWithWelchsInterval) {
    const auto found = speed_between({2, 4, 8}, {1, 2, 4});
    ASSERT_TRUE(found && found->ci95);
    EXPECT_NEAR(found->ratio, 2, 1e-12);
    EXPECT_EQ(found->n, 3U);
    // Both sides: sd ln 2 of the logarithms; t(0.975, 4) = 2.7764451051977987.
    const double half = 2.7764451051977987 * std::log(2.0) * std::sqrt(2.0 / 3);
    EXPECT_NEAR(found->ci95->low, 2 * std::exp(-half), 1e-12);
    EXPECT_NEAR(found->ci95->high, 2 * std::exp(half), 1e-12);
}

TEST(CompareBundles, SpeedCountsTheSmallerSideAndNeedsTwoValuesAndSpread) {
    EXPECT_EQ(speed_between({2, 4, 8}, {1, 2})->n, 2U);
    EXPECT_TRUE(speed_between({2, 4, 8}, {1, 2})->ci95);
    EXPECT_FALSE(speed_between({2, 4, 8}, {1})->ci95);
    EXPECT_NEAR(speed_between({2, 4, 8}, {1})->ratio, 4, 1e-12);
    EXPECT_FALSE(speed_between({2, 2, 2}, {1, 1, 1})->ci95);
    EXPECT_TRUE(speed_between({2, 2, 2}, {1, 2, 1})->ci95);
    EXPECT_TRUE(speed_between({2, 3, 2}, {1, 1, 1})->ci95);
    EXPECT_FALSE(speed_between({0, 0, 0}, {1, 1, 1})) << "no times";
    EXPECT_FALSE(speed_between({1, 1, 1}, {0, 0, 0})) << "no times";
    EXPECT_NEAR(speed_between({0.5, 0.5}, {0.25, 0.25})->ratio, 2, 1e-12);
}

TEST(CompareBundles, SpeedOfAllIsTheGeometricMeanOverCells) {
    const MadeCell slow{.id = "x", .values = around_fifty_percent, .seconds = {8, 8, 8}};
    const MadeCell slower{.id = "y", .values = around_fifty_percent, .seconds = {2, 2, 2}};
    const MadeCell fast{.id = "x", .values = around_fifty_percent, .seconds = {1, 1, 1}};
    const MadeCell faster{.id = "y", .values = around_fifty_percent, .seconds = {1, 1, 1}};

    const BundleComparison of_two = compare_bundles(made_bundle({slow, slower}), made_bundle({fast, faster}));
    ASSERT_TRUE(of_two.speed && of_two.speed->ci95);
    EXPECT_NEAR(of_two.speed->ratio, 4, 1e-12);
    EXPECT_EQ(of_two.speed->n, 2U);
    // Logarithms 3 ln 2 and ln 2: standard error ln 2; t(0.975, 1) = 12.706204736174705.
    EXPECT_NEAR(of_two.speed->ci95->low, 4 * std::exp(-12.706204736174705 * std::log(2.0)), 1e-9);
    EXPECT_NEAR(of_two.speed->ci95->high, 4 * std::exp(12.706204736174705 * std::log(2.0)), 1e-6);

    const BundleComparison of_one = compare_bundles(made_bundle({slow}), made_bundle({fast}));
    EXPECT_NEAR(of_one.speed->ratio, 8, 1e-12);
    EXPECT_FALSE(of_one.speed->ci95);
    EXPECT_FALSE(
        compare_bundles(
            made_bundle({slow, slower}),
            made_bundle({fast, {.id = "y", .values = around_fifty_percent, .seconds = {0.25, 0.25, 0.25}}}))
            .speed->ci95)
        << "equal ratios have no spread";
    EXPECT_FALSE(compare_bundles(made_bundle({}), made_bundle({})).speed);
}

TEST(CompareBundles, RunsWithEqualKeysAndValuesAreIdentical) {
    const MadeCell a{.values = around_fifty_percent, .seconds = {1, 1, 1}};
    MadeCell b = a;
    EXPECT_EQ(change_between(a, b).identical, 3U);
    EXPECT_EQ(change_between(a, b).comparison.verdict, Verdict::identical);
    b.values[1] = 50.05;
    EXPECT_EQ(change_between(a, b).identical, 2U);
    EXPECT_NE(change_between(a, b).comparison.verdict, Verdict::identical);
    b = a;
    b.values.pop_back();
    EXPECT_EQ(change_between(a, b).identical, 2U);
    EXPECT_NE(change_between(a, b).comparison.verdict, Verdict::identical) << "one run less";
    EXPECT_TRUE(change_between(a, b).incomplete);
    EXPECT_TRUE(change_between(b, a).incomplete);
    EXPECT_FALSE(change_between(a, a).incomplete);
    b = a;
    b.key = "other";
    EXPECT_EQ(change_between(a, b).identical, 0U);
    EXPECT_FALSE(change_between(a, b).speed);
    EXPECT_THAT(change_between(a, b).comparison.reason, HasSubstr("the configurations differ"));
    EXPECT_THAT(change_between(a, a).comparison.reason, testing::Not(HasSubstr("the configurations differ")));
}

TEST(CompareBundles, TheMarginIsPointsOrSdsOfA) {
    const auto margin = [](double points, double sds) {
        const MadeCell cell{
            .values = {50, 51, 52}, .seconds = {1, 1, 1}, .margin = points, .margin_sds = sds}; // sd 1
        return change_between(cell, cell).comparison.margin;
    };
    EXPECT_DOUBLE_EQ(margin(0.5, 0.25), 0.5);
    EXPECT_DOUBLE_EQ(margin(0.5, 2), 2.0);
    EXPECT_DOUBLE_EQ(margin(0, 0.5), 0.5);
}

TEST(CompareBundles, BIsOursAndAItsReference) {
    const MadeCell a{.values = around_fifty_percent, .seconds = {1, 1, 1}};
    const CellChange found =
        change_between(a, {.values = {52.0, 52.1, 51.9}, .seconds = {1, 1, 1}, .key = "k"});
    EXPECT_NEAR(found.comparison.difference.value(), 2, 1e-12);
    EXPECT_EQ(found.comparison.verdict, Verdict::different);
    EXPECT_NEAR(found.a.mean, 50, 1e-12);
    EXPECT_NEAR(found.b.mean, 52, 1e-12);
}

TEST(CompareBundles, ASideWithoutAResultIsMissing) {
    const MadeCell full{.values = around_fifty_percent, .seconds = {1, 1, 1}};
    const MadeCell none{.values = {}, .seconds = {1, 1, 1}};
    EXPECT_EQ(change_between(full, none).comparison.verdict, Verdict::missing);
    EXPECT_EQ(change_between(full, none).comparison.reason, "bundle B has no result");
    EXPECT_EQ(change_between(none, full).comparison.verdict, Verdict::missing);
    EXPECT_EQ(change_between(none, full).comparison.reason, "bundle A has no result");
    EXPECT_EQ(change_between(none, none).comparison.reason, "neither bundle has a result");
    MadeCell other = full;
    other.id = "other";
    const BundleComparison apart = compare_bundles(made_bundle({full}), made_bundle({other}));
    ASSERT_EQ(apart.cells.size(), 2U);
    EXPECT_EQ(apart.cells[0].comparison.reason, "only bundle A has this cell");
    EXPECT_EQ(apart.cells[1].comparison.reason, "only bundle B has this cell");
    EXPECT_TRUE(apart.cells[1].incomplete);
}

TEST(CompareBundles, OfAnotherWorkloadProfileOrProtocolIsRefused) {
    const CheckResult a = made_bundle({});
    for (std::string CheckResult::*field :
         {&CheckResult::workload, &CheckResult::profile, &CheckResult::protocol}) {
        CheckResult b = a;
        b.*field = "another";
        EXPECT_THROW(static_cast<void>(compare_bundles(a, b)), suite::Error);
    }
}

TEST(CompareBundles, FailsBelowTheWantedSpeedOnly) {
    const MadeCell a{.values = around_fifty_percent, .seconds = {2, 2, 2}};
    const MadeCell b{.values = around_fifty_percent, .seconds = {1, 1, 1}};
    const BundleComparison twice = compare_bundles(made_bundle({a}), made_bundle({b}));
    EXPECT_EQ(exit_code(twice, {.min_speed = twice.speed->ratio}), 0);
    EXPECT_EQ(exit_code(twice, {.min_speed = std::nextafter(twice.speed->ratio, 3.0)}), 1);
    BundleComparison wide = twice;
    wide.speed->ci95 = metrics::Interval{1.5, 2.5};
    EXPECT_EQ(exit_code(wide, {.min_speed = 2.25}), 0) << "the interval reaches beyond";
    EXPECT_EQ(exit_code(wide, {.min_speed = 2.75}), 1);
    wide.speed.reset();
    EXPECT_EQ(exit_code(wide, {.min_speed = 0.5}), 1) << "no speed at all";
    EXPECT_EQ(exit_code(wide, {}), 0);
}

TEST(CompareBundles, StrictlyFailsForWhatIsAbsent) {
    const MadeCell full{.values = around_fifty_percent, .seconds = {1, 1, 1}};
    MadeCell less = full;
    less.values.pop_back();
    const BundleComparison incomplete = compare_bundles(made_bundle({full}), made_bundle({less}));
    EXPECT_EQ(exit_code(incomplete, {}), 0);
    EXPECT_EQ(exit_code(incomplete, {.strict = true}), 1);
    const BundleComparison complete = compare_bundles(made_bundle({full}), made_bundle({full}));
    EXPECT_EQ(exit_code(complete, {.strict = true}), 0);
}

TEST(CompareBundles, JsonHoldsWhatIsThereAndNullWhereNothingIs) {
    const MadeCell a{.values = around_fifty_percent, .seconds = {2, 4, 8}};
    const MadeCell faster{.values = around_fifty_percent, .seconds = {1, 2, 4}};
    const MadeCell without{.values = {}, .seconds = {}};

    const auto measured = to_json(compare_bundles(made_bundle({a}), made_bundle({faster})))["cells"][0];
    const auto half_empty = to_json(compare_bundles(made_bundle({a}), made_bundle({without})))["cells"][0];

    EXPECT_NEAR(measured["b"]["mean"].get<double>(), 50.0, 1e-12);
    EXPECT_NEAR(measured["speed"]["ratio"].get<double>(), 2.0, 1e-12);
    EXPECT_EQ(measured["speed"]["ci95"].size(), 2U);
    EXPECT_NEAR(half_empty["a"]["mean"].get<double>(), 50.0, 1e-12);
    EXPECT_TRUE(half_empty["b"]["mean"].is_null());
    EXPECT_TRUE(half_empty["b"]["sd"].is_null());
    EXPECT_TRUE(half_empty["speed"].is_null());
}

TEST(CompareBundles, TextSaysTheSpeedOrThatThereIsNone) {
    const MadeCell a{.values = around_fifty_percent, .seconds = {2, 4, 8}};
    const MadeCell faster{.values = around_fifty_percent, .seconds = {1, 2, 4}};
    const MadeCell timeless{.values = around_fifty_percent, .seconds = {0, 0, 0}};
    const auto text = [&a](const MadeCell& b, std::size_t columns) {
        return compare_text(compare_bundles(made_bundle({a}), made_bundle({b})), {.columns = columns});
    };

    EXPECT_THAT(text(faster, 500), AllOf(HasSubstr("speed × 2.000"), HasSubstr("2.000 [0.")));
    EXPECT_THAT(text(timeless, 500), AllOf(HasSubstr("no times to compare"), HasSubstr("—")));
    EXPECT_THAT(text(faster, 500), HasSubstr("identical runs  speed [95 %]"));
    EXPECT_THAT(text(faster, 50), HasSubstr("same  speed"));
    EXPECT_THAT(text(faster, 50), testing::Not(HasSubstr("identical runs")));
}

} // namespace
} // namespace reports
