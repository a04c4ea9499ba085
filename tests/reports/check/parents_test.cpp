// Further pre-training runs in a check: how far they differ, and which comparisons owe something to it.
#include "reports/check/parents.hpp"

#include <cmath>

#include "reports/bundle/bundle.hpp"
#include "reports/format/card.hpp"
#include "reports/format/json.hpp"
#include "reports/format/junit.hpp"
#include "reports/format/report_files.hpp"
#include "reports/format/terminal.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::Verdict;
using synthetic::around_fifty;
using synthetic::FilledStore;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string natural = "covidx/R50x1/21K-NAT";
const std::string smaller = "covidx/R50x1/1K-NAT";
const std::string small_cells = "[ct][ou][vb]*/R50x1/*K-NAT";

plan::Plan expand_parents(int parents, const std::string& cells = small_cells) {
    return plan::expand(small_tree::published(), "table1", "laptop", {.cells = {cells}, .parents = parents});
}

/// Parent 1 as ever; each further one a point above the one before it.
double a_point_apart(const plan::PlannedRun& run) {
    return around_fifty(run) + static_cast<double>(run.parent_index);
}

/// What others published: the same seeds' values, `offset` above ours.
plan::References published(const plan::Plan& plan, double offset) {
    plan::References references = synthetic::baseline_of(
        plan, [offset](const plan::PlannedRun& run) { return around_fifty(run) + offset; });
    references.compares_with_baseline = false;
    references.published = std::move(references.baseline);
    references.baseline.clear();
    for (auto& [cell, reference] : references.published) {
        reference.kind = plan::ReferenceKind::raw_seeds;
    }
    return references;
}

plan::References recorded(const plan::Plan& plan) {
    return synthetic::baseline_of(plan, around_fifty);
}

CheckResult against_published(int parents, double offset = 0.0) {
    const plan::Plan plan = expand_parents(parents);
    return FilledStore(plan, a_point_apart).check(published(plan, offset));
}

CheckResult against_recorded(int parents) {
    const plan::Plan plan = expand_parents(parents);
    return FilledStore(plan, a_point_apart).check(recorded(plan));
}

double width(const CheckResult& result, const std::string& id) {
    const auto& ci95 = synthetic::cell(result, id).comparison.ci95;
    return ci95.value().high - ci95.value().low;
}

// Parents' means 50, 51, 52: variance 1; of five seeds with variance .00625 a mean has .00125 of it.
TEST(ReportsParents, TauIsThatOfTheFineTunedScores) {
    const CheckResult result = against_published(3);

    ASSERT_EQ(result.parents.size(), 2U);
    const SourceParents& source = result.parents.at(0);
    EXPECT_EQ(source.source, "1K-NAT");
    EXPECT_EQ(source.model, "R50x1");
    EXPECT_EQ(source.metric, "top1");
    ASSERT_TRUE(source.variance);
    EXPECT_NEAR(source.variance->tau, std::sqrt(1.0 - 0.00125), 1e-9);
    EXPECT_NEAR(source.variance->df, 2.0, 0.01); // seeds hardly vary: parents − 1
    EXPECT_LT(source.variance->df, 2.0);
    EXPECT_EQ(source.variance->cells, 2U); // covidx and tuberculosis
    EXPECT_EQ(synthetic::cell(result, natural).parents, 3U);
}

TEST(ReportsParents, TheMeanIsThatOfTheFirst) {
    const CheckResult result = against_published(3);

    EXPECT_NEAR(synthetic::cell(result, natural).ours.mean, 50.0, 1e-12);
    EXPECT_EQ(synthetic::cell(result, natural).values.size(), 5U);
}

TEST(ReportsParents, FromOneTauIsNotKnown) {
    const CheckResult result = against_published(1);

    ASSERT_EQ(result.parents.size(), 2U);
    EXPECT_FALSE(result.parents[0].variance);
    EXPECT_FALSE(knows_parents(result));
    EXPECT_FALSE(parents_component(result.parents, synthetic::cell(result, natural)));
    const auto document = to_json(result);
    EXPECT_TRUE(document["parents"][0]["tau"].is_null());
    EXPECT_EQ(document["parents"][0]["parents"], 1);
    EXPECT_EQ(document["cells"][0]["parents"], 1);
    EXPECT_THAT(document["conditional_on"].get<std::string>(),
                HasSubstr("conditional on one pre-training run per source"));
}

TEST(ReportsParents, WidenTheIntervalAgainstPublishedNumbers) {
    const CheckResult one = against_published(1, 0.5);
    const CheckResult three = against_published(3, 0.5);

    EXPECT_LT(width(one, natural), 0.3);
    // 2 τ² beside a standard error of .05: nearly all of it, with 2 degrees of freedom.
    EXPECT_NEAR(width(three, natural), 2 * 4.3027 * std::sqrt(2.0), 0.2);
    EXPECT_EQ(synthetic::cell(one, natural).comparison.difference,
              synthetic::cell(three, natural).comparison.difference);
}

TEST(ReportsParents, TurnADifferenceThatTheyExplainIntoAnOpenOne) {
    const double outside = 5.0;
    EXPECT_EQ(synthetic::cell(against_published(1, outside), natural).comparison.verdict, Verdict::different);
    EXPECT_EQ(synthetic::cell(against_published(3, outside), natural).comparison.verdict,
              Verdict::inconclusive);
}

TEST(ReportsParents, OfTheRecordedRunsThemselvesDoNotMatter) {
    const CheckResult one = against_recorded(1);
    const CheckResult three = against_recorded(3);

    EXPECT_EQ(width(one, natural), width(three, natural));
    EXPECT_EQ(synthetic::cell(three, natural).sharing, ParentSharing::shared);
    EXPECT_TRUE(to_json(three)["cells"][0]["shares_parent"]);
}

TEST(ReportsParents, OfARecordFromOtherRunsDoMatter) {
    const plan::Plan plan = expand_parents(3);
    plan::References references = recorded(plan);
    for (auto& [cell, reference] : references.baseline) {
        for (plan::SeedValue& value : reference.values) {
            value.key = std::string(64, '0');
        }
    }

    const CheckResult result = FilledStore(plan, a_point_apart).check(references);

    EXPECT_EQ(synthetic::cell(result, natural).sharing, ParentSharing::other);
    EXPECT_GT(width(result, natural), 2.0);
}

TEST(ReportsParents, OfTwoCellsAddUp) {
    const CheckResult result = against_recorded(3);
    const CellResult& a = synthetic::cell(result, natural);
    const CellResult& b = synthetic::cell(result, smaller);

    const auto added = parents_component(result.parents, a, b);

    ASSERT_TRUE(added);
    EXPECT_NEAR(added->variance, 2 * (1.0 - 0.00125), 1e-9);
    EXPECT_NEAR(added->df, 4.0, 0.02); // two equal variances of two degrees of freedom each
}

TEST(ReportsParents, TheirDegreesOfFreedomDoNotDependOnTheirUnit) {
    const plan::Plan plan = expand_parents(3);
    const auto two_points_apart = [](const plan::PlannedRun& run) {
        return around_fifty(run) + 2.0 * run.parent_index;
    };
    const CheckResult result = FilledStore(plan, two_points_apart).check(recorded(plan));

    const auto added =
        parents_component(result.parents, synthetic::cell(result, natural), synthetic::cell(result, smaller));

    ASSERT_TRUE(added);
    EXPECT_NEAR(added->variance, 2 * (4.0 - 0.00125), 1e-9);
    EXPECT_NEAR(added->df, 4.0, 0.02);
}

// The X-ray supersets of one name leave out the target, so two targets have parents of their own.
TEST(ReportsParents, OfOneSourceButTwoParentsAreOneEstimateTwice) {
    const auto added_in = [](const CheckResult& result) {
        const CellResult& a = synthetic::cell(result, natural);
        CellResult b = a;
        b.parent = "another";
        return parents_component(result.parents, a, b);
    };
    const plan::Plan plan = expand_parents(3);

    const auto added = added_in(against_recorded(3));

    ASSERT_TRUE(added);
    EXPECT_NEAR(added->variance, 2 * (1.0 - 0.00125), 1e-9);
    EXPECT_NEAR(added->df, 2.0, 0.01);
    EXPECT_FALSE(added_in(FilledStore(plan, around_fifty).check(recorded(plan))));
}

TEST(ReportsParents, OfTwoCellsFromOneParentCancel) {
    const CheckResult result = against_recorded(3);

    EXPECT_FALSE(parents_component(result.parents, synthetic::cell(result, natural),
                                   synthetic::cell(result, "tuberculosis/R50x1/21K-NAT")));
}

TEST(ReportsParents, DoNotMatterFromScratch) {
    CellResult scratch;
    scratch.cell = suite::plan::transfer_cell("pets", "R50x1", "none");
    const CheckResult result = against_recorded(3);

    EXPECT_FALSE(parents_component(result.parents, scratch));
    const auto added = parents_component(result.parents, synthetic::cell(result, natural), scratch);
    ASSERT_TRUE(added);
    EXPECT_NEAR(added->variance, 1.0 - 0.00125, 1e-9);
    EXPECT_NEAR(added->df, 2.0, 0.01);
}

TEST(ReportsParents, ThatDoNotDifferAddNothing) {
    const plan::Plan plan = expand_parents(3);
    const CheckResult result = FilledStore(plan, around_fifty).check(published(plan, 0.0));

    ASSERT_TRUE(result.parents.at(0).variance);
    EXPECT_EQ(result.parents[0].variance->tau, 0.0);
    EXPECT_FALSE(parents_component(result.parents, synthetic::cell(result, natural)));
    EXPECT_EQ(condition_of(synthetic::cell(result, natural), result.parents),
              "the variance between pre-training runs was estimated as 0");
}

TEST(ReportsParents, WithoutRunsAreAsIfThereWereNone) {
    const plan::Plan plan = expand_parents(2);
    const plan::Plan first = expand_parents(1);
    const FilledStore store(first, around_fifty);

    const CheckResult result = check(small_tree::published(), plan, published(plan, 0.0),
                                     synthetic::Store(store.folder(), synthetic::Access::read_only));

    EXPECT_FALSE(knows_parents(result));
    EXPECT_EQ(synthetic::cell(result, natural).parents, 1U);
    EXPECT_FALSE(synthetic::cell(result, natural).is_incomplete());
}

TEST(ReportsParents, AreCountedWithoutTheFirst) {
    const plan::Plan plan = expand_parents(3);
    plan::Plan further = plan;
    std::erase_if(further.runs, [](const plan::PlannedRun& run) { return run.parent_index == 0; });
    const FilledStore store(further, around_fifty);

    const CheckResult result = check(small_tree::published(), plan, published(plan, 0.0),
                                     synthetic::Store(store.folder(), synthetic::Access::read_only));

    EXPECT_EQ(synthetic::cell(result, natural).parents, 2U);
}

TEST(ReportsParents, AreATableWithARuleUnderEveryHeading) {
    const std::string text = to_markdown(against_published(3));
    const std::size_t heading = text.find("| ", text.find("## Between pre-training runs"));
    const std::size_t rule = text.find('\n', heading) + 1;
    const std::string headings = text.substr(heading, rule - heading - 1);
    const std::string rules = text.substr(rule, text.find('\n', rule) - rule);

    EXPECT_EQ(std::count(headings.begin(), headings.end(), '|'), std::count(rules.begin(), rules.end(), '|'));
    EXPECT_THAT(rules, HasSubstr("|---|---|"));
}

TEST(ReportsParents, DamagedFurtherRecordsAreNamed) {
    const plan::Plan plan = expand_parents(2);
    FilledStore store(plan, a_point_apart);
    const synthetic::Store files(store.folder(), synthetic::Access::read_only);
    store.damage(files.record_path(plan.runs.at(plan.cells.at(0).further.at(0).at(2)).key));

    const CheckResult result = store.check(published(plan, 0.0));

    EXPECT_EQ(result.damaged.size(), 1U);
    EXPECT_EQ(exit_code(result, {}), 5);
}

TEST(ReportsParents, AreSaidInEveryReport) {
    const CheckResult result = against_published(3);
    const std::string sentence = parents_text(result);

    EXPECT_THAT(sentence,
                AllOf(HasSubstr("τ = 1.00 points between 3 pre-training runs of 21K-NAT/R50x1"),
                      HasSubstr("95 % interval 0.52 to 6.2"), HasSubstr("added to the standard error"),
                      Not(HasSubstr("Where it is not known")), Not(HasSubstr("share the pre-training run"))));
    EXPECT_THAT(to_markdown(result), AllOf(HasSubstr(sentence), HasSubstr("## Between pre-training runs")));
    EXPECT_THAT(to_junit(result), HasSubstr("name=\"conditional_on\""));
    EXPECT_THAT(check_text(result, {.columns = 2000}), AllOf(HasSubstr(sentence), HasSubstr("sd of seeds")));
    EXPECT_THAT(table_text(result, {.columns = 2000}), HasSubstr(sentence));
    EXPECT_THAT(to_csv(result),
                HasSubstr(",the variance between pre-training runs is in the standard error,"));
}

TEST(ReportsParents, OfOneAreSaidInEveryReport) {
    const std::string sentence = parents_text(against_published(1));

    EXPECT_THAT(sentence, HasSubstr("All verdicts are conditional on one pre-training run per source"));
    EXPECT_THAT(to_markdown(against_published(1)), HasSubstr(sentence));
    EXPECT_THAT(to_csv(against_published(1)), HasSubstr(",1,one pre-training run per source,"));
}

TEST(ReportsParents, ThatBothSidesShareAreSaidToNotMatter) {
    EXPECT_THAT(parents_text(against_recorded(1)),
                AllOf(HasSubstr("Both sides of every cell share the pre-training run"),
                      HasSubstr("Claims that compare sources or networks are conditional on one")));
    const CheckResult one_cell = select(against_recorded(1), {.cells = {natural}});
    EXPECT_THAT(parents_text(one_cell), Not(HasSubstr("conditional")));
}

TEST(ReportsParents, ThatAreSharedAreSaidToNotMatterBesideTau) {
    EXPECT_THAT(parents_text(against_recorded(3)),
                AllOf(HasSubstr("between 3 pre-training runs"), HasSubstr("share the pre-training run")));
}

// COVIDx against the recorded runs themselves, Tuberculosis against other ones.
TEST(ReportsParents, OfSomeCellsAreCounted) {
    const plan::Plan plan = expand_parents(1);
    plan::References references = recorded(plan);
    for (auto& [cell, reference] : references.baseline) {
        for (plan::SeedValue& value : reference.values) {
            value.key = cell.starts_with("covidx") ? value.key : std::string(64, '0');
        }
    }

    const CheckResult result = FilledStore(plan, a_point_apart).check(references);

    EXPECT_THAT(parents_text(result),
                AllOf(HasSubstr("Both sides of 2 cells share the pre-training run"),
                      HasSubstr("The rest is conditional on one pre-training run per source")));
    EXPECT_THAT(parents_text(select(result, {.cells = {natural, "tuberculosis/R50x1/21K-NAT"}})),
                HasSubstr("Both sides of 1 cell share"));
}

TEST(ReportsParents, InBriefAreTheirNumberAndWhatIsShared) {
    const CheckResult one = against_published(1);
    const CheckResult two = against_published(2);
    const CheckResult three = against_recorded(3);
    const auto brief = [](std::vector<const CheckResult*> results) { return brief_condition(results); };

    EXPECT_EQ(brief({}), "");
    EXPECT_EQ(brief({&one}), "one pre-training run per source");
    EXPECT_EQ(brief({&two}), "2 pre-training runs per source");
    EXPECT_EQ(brief({&one, &two}), "1 to 2 pre-training runs per source");
    EXPECT_EQ(brief({&three}), "3 pre-training runs per source, the recorded one in 4 cells");
    const CheckResult cell = select(three, {.cells = {natural}});
    EXPECT_EQ(brief({&cell}), "3 pre-training runs per source, the recorded one in 1 cell");
}

TEST(ReportsParents, OfOneSourceLeaveTheOtherConditional) {
    CheckResult result = against_published(3);
    result.parents.at(1).variance.reset();

    EXPECT_THAT(parents_text(result),
                AllOf(HasSubstr("between 3 pre-training runs of 1K-NAT/R50x1"),
                      HasSubstr("Where it is not known, verdicts are conditional on one pre-training run")));
}

TEST(ReportsParents, OfSelectedCellsAreThoseThatAreSaid) {
    const std::string text = parents_text(select(against_published(3), {.cells = {natural}}));

    EXPECT_THAT(text, HasSubstr("21K-NAT/R50x1"));
    EXPECT_THAT(text, Not(HasSubstr("of 1K-NAT/R50x1")));
}

TEST(ReportsParents, AsCsvAreThoseOfTheCheck) {
    EXPECT_THAT(parents_csv(against_published(3)),
                HasSubstr("21K-NAT,R50x1,top1,3,2,0.9994,0.5193,6.2846,1.995\n"));
    EXPECT_THAT(parents_csv(against_published(1)), HasSubstr("21K-NAT,R50x1,top1,1,0,,,,\n"));
}

TEST(ReportsParents, ABundleHoldsTheirRecordsAndVerifies) {
    const plan::Plan plan = expand_parents(2);
    const FilledStore filled(plan, a_point_apart);
    const plan::Catalog& catalog = small_tree::published();
    const BundleSubject subject{.workload = catalog.workloads.at("table1"),
                                .profile = catalog.profiles.at("laptop"),
                                .plan = plan,
                                .references = published(plan, 0.0)};
    const synthetic::Store store(filled.folder(), synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    const CheckResult made =
        check(subject.workload, subject.profile, subject.plan, subject.references, records);

    const OpenedBundle opened = open_bundle(make_bundle(subject, records, made), "bundle");

    EXPECT_EQ(opened.records, plan.runs.size());
    ASSERT_EQ(opened.result.parents.size(), made.parents.size());
    ASSERT_TRUE(opened.result.parents[0].variance);
    EXPECT_EQ(opened.result.parents[0].variance->tau, made.parents[0].variance->tau);
    EXPECT_EQ(to_json(opened.result).dump(), to_json(made).dump());
}

TEST(ReportsParents, OfAnotherRecipeAreRefused) {
    plan::Plan plan = expand_parents(2);
    const auto parent = std::find_if(plan.runs.begin(), plan.runs.end(), [](const plan::PlannedRun& run) {
        return run.is_pretraining() && run.parent_index == 1;
    });
    const std::string before = parent->key;
    parent->config.train.weight_decay *= 2;
    parent->key = plan::run_key(parent->config);
    for (plan::PlannedRun& run : plan.runs) {
        if (run.parent == before) {
            run.parent = parent->key;
            run.config.parent_key = parent->key;
            run.key = plan::run_key(run.config);
        }
    }
    const FilledStore filled(plan, a_point_apart);
    const synthetic::Store store(filled.folder(), synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    const plan::Catalog& catalog = small_tree::published();

    try {
        static_cast<void>(check(catalog.workloads.at("table1"), catalog.profiles.at("laptop"), plan,
                                published(plan, 0.0), records));
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), suite::ErrorKind::usage);
        EXPECT_THAT(error.what(), AllOf(HasSubstr("parent 2"), HasSubstr("another recipe")));
    }
}

} // namespace
} // namespace reports
