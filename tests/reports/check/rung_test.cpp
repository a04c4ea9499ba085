// Ladders of made-up records: efficiencies by hand, flags, gates, bundles and texts.
#include "reports/check/rung.hpp"

#include <cmath>
#include <sstream>

#include "reports/bundle/bundle.hpp"
#include "reports/format/ctest_file.hpp"
#include "reports/format/figure.hpp"
#include "reports/format/html.hpp"
#include "reports/format/json.hpp"
#include "reports/format/report_files.hpp"
#include "reports/format/rung_text.hpp"
#include "reports/format/terminal.hpp"
#include "reports/format/text_format.hpp"
#include "reports/prediction/measured_ladder.hpp"
#include "reports/prediction/prediction.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::Verdict;
using synthetic::cell;
using synthetic::RunRecord;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string two = "imagenet1k/R152x4/weak/2";
const std::string four = "imagenet1k/R152x4/weak/4";

/// Base cases at 100 images per second, drifting by repetition; rungs at this efficiency with a small spread.
double throughput_of(const plan::PlannedRun& run) {
    const double drift = 1.0 + 0.02 * static_cast<double>(run.seed);
    const int ranks = run.config.ranks;
    constexpr std::array<double, 5> spread{-0.2, 0.1, 0.0, -0.1, 0.2};
    return ranks == 1 ? 100.0 * drift : 100.0 * drift * ranks * (0.97 + 0.01 * spread[run.seed % 5]);
}

RunRecord record_of(const plan::PlannedRun& run, const std::string& flags = "") {
    RunRecord record = synthetic::record_of(run, 0.0);
    record.kind = "scaling";
    const double throughput = throughput_of(run);
    const std::int64_t images = 220LL * run.config.train.batch;
    record.metrics = {{run.config.metric, "train", throughput, "img/s", "higher"}};
    record.images_seen = images;
    record.weights_digest = "same";
    record.scaling.emplace();
    record.scaling->summary = {.ranks = run.config.ranks,
                               .hosts = 1,
                               .cores = 2,
                               .local_batch = run.config.train.batch / run.config.ranks,
                               .steps = 220,
                               .warmup_steps = 20,
                               .images = images,
                               .backend = "mpi",
                               .reduction = "fast",
                               .data_mode = "cached",
                               .seconds = static_cast<double>(images) / throughput,
                               .images_per_second = throughput,
                               .steady_images_per_second = throughput * 1.01,
                               .step_p50_seconds = 0.1,
                               .step_p95_seconds = 0.125,
                               .forward_seconds = 0.03,
                               .backward_seconds = 0.06,
                               .flags = flags};
    for (int rank = 0; rank < run.config.ranks; ++rank) {
        record.scaling->ranks.push_back(
            {.rank = rank, .host = "node", .core = std::to_string(rank), .weights_digest = "same"});
    }
    record.scaling->sweep = {{1024, 2e-6, 5.12e8, 5.12e8, 0}};
    record.scaling->steps = {{0, 0.1, 0.09, 0.0, 0.0}};
    return record;
}

/// The laptop ladder on a machine of two cores; rungs of four are oversubscribed.
class LadderTest : public testing::Test {
protected:
    LadderTest() {
        plan_ = plan::expand(small_tree::published(), "table2", "laptop", {.slots = 2});
        references_ = plan::load_references(small_tree::published(), "table2", "laptop");
        for (const plan::PlannedRun& run : plan_.runs) {
            commit(record_of(run, run.config.ranks == 4 ? "oversubscribed" : ""));
        }
    }
    void commit(const RunRecord& record) {
        lookups_[record.key] = {suite::store::LookupState::finished, record, ""};
    }
    [[nodiscard]] const plan::PlannedRun& run(const std::string& id, std::uint64_t repetition) const {
        for (const plan::PlannedRun& entry : plan_.runs) {
            if (entry.cell == id && entry.seed == repetition) {
                return entry;
            }
        }
        throw std::logic_error("no such run");
    }
    [[nodiscard]] CheckResult check_now() const {
        Records records(lookups_);
        return reports::check(workload(), small_tree::published().profiles.at("laptop"), plan_, references_,
                              records);
    }
    [[nodiscard]] static const plan::WorkloadSpec& workload() {
        return small_tree::published().workloads.at("table2");
    }

    plan::Plan plan_;
    plan::References references_;
    std::map<std::string, suite::store::Lookup> lookups_;
};

TEST_F(LadderTest, EfficiencyIsMeasuredAgainstTheBaseCasesOfItsRepetition) {
    const CheckResult result = check_now();

    const CellResult& rung = cell(result, two);
    ASSERT_THAT(rung.values, SizeIs(5));
    EXPECT_NEAR(rung.values[0].value, 96.8, 1e-9); // drift between repetitions is gone
    EXPECT_NEAR(rung.values[4].value, 97.2, 1e-9);
    EXPECT_NEAR(rung.rung->efficiency->mean, 97.0, 1e-3);
    EXPECT_NEAR(rung.rung->efficiency->speedup, 1.94, 1e-4);
    EXPECT_LT(rung.rung->efficiency->ci95->high - rung.rung->efficiency->ci95->low,
              rung.rung->efficiency->ci95_welch->high - rung.rung->efficiency->ci95_welch->low);
    EXPECT_EQ(rung.comparison.verdict, Verdict::no_reference); // nothing is printed of two
    EXPECT_THAT(rung.comparison.reason, HasSubstr("no published number"));
    EXPECT_FALSE(rung.is_incomplete());
    const CellResult& base = cell(result, "imagenet1k/R152x4/weak/1");
    EXPECT_EQ(base.comparison.verdict, Verdict::no_reference); // 100 % by definition
    EXPECT_THAT(base.values, SizeIs(15));
    EXPECT_NEAR(base.ours.mean, 100.0, 1e-9);
    EXPECT_EQ(synthetic::claim(result, "two-ranks-efficient").ours.verdict, metrics::ClaimVerdict::holds);
}

TEST_F(LadderTest, AFlaggedRungIsShownAndJudgedNowhere) {
    const CheckResult result = check_now();

    const CellResult& rung = cell(result, four);
    EXPECT_EQ(rung.comparison.verdict, Verdict::inconclusive);
    EXPECT_THAT(rung.comparison.reason, HasSubstr("oversubscribed in 5 of 5 runs"));
    const CellResult& unpublished = cell(result, "imagenet1k/R152x4/strong/4");
    EXPECT_EQ(unpublished.comparison.verdict, Verdict::no_reference);
    EXPECT_THAT(unpublished.comparison.reason,
                testing::AllOf(HasSubstr("no published number"), HasSubstr("oversubscribed in 5 of 5 runs")));
    EXPECT_THAT(rung.values, IsEmpty());
    EXPECT_EQ(rung.ours.n, 0U);
    EXPECT_FALSE(rung.is_incomplete());
    EXPECT_FALSE(rung.rung->efficiency.has_value());
    EXPECT_NEAR(rung.rung->flagged->mean, 97.0, 1e-3);
    EXPECT_THAT(table_text(result), HasSubstr("(97.00"));
    EXPECT_TRUE(result.is_scaling);
}

TEST_F(LadderTest, AnUnflaggedRungIsComparedWithThePrintedShape) {
    for (const plan::PlannedRun& entry : plan_.runs) {
        commit(record_of(entry));
    }

    const CellResult rung = cell(check_now(), four);

    EXPECT_NEAR(rung.published->sample.mean, 98.34, 0.005);
    EXPECT_NEAR(rung.comparison.difference.value(), -1.34, 0.01);
    EXPECT_EQ(rung.comparison.verdict, Verdict::equivalent); // its lower bound, 96.85, is above 98.34 - 1.5
}

TEST_F(LadderTest, CalibratesOnWhatCountsAndNamesTheRest) {
    Records records(lookups_);

    const MeasuredLadder ladder = measured_ladder(plan_, records);

    ASSERT_THAT(ladder.rungs, SizeIs(2));
    const double base = 100.0 * std::pow(1.0 * 1.02 * 1.04 * 1.06 * 1.08, 0.2);
    EXPECT_NEAR(ladder.rungs[0].images_per_second, base, 1e-9);
    EXPECT_NEAR(ladder.rungs[1].images_per_second, 2.0 * base * 0.97, 1e-3);
    // sd of ln(0.968, 0.971, 0.97, 0.969, 0.972), without the drift of 3 % that the throughputs have
    EXPECT_NEAR(ladder.rungs[1].sd.value() / ladder.rungs[1].images_per_second, 0.00163, 0.00001);
    EXPECT_THAT(
        ladder.left_out,
        testing::ElementsAre(four + ": oversubscribed in 5 of 5 runs: shown, never a scaling result"));
    EXPECT_EQ(ladder.training.images_per_rank_step, 64);
    EXPECT_EQ(ladder.training.micro_batch, 16);
    EXPECT_EQ(ladder.training.model, plan_.runs.front().config.network.id);
}

TEST_F(LadderTest, MeasuredRungsPredictMoreRanks) {
    for (const plan::PlannedRun& entry : plan_.runs) {
        commit(record_of(entry));
    }
    Records records(lookups_);
    const MeasuredLadder ladder = measured_ladder(plan_, records);

    const PredictionReport report = predict({.ladder_title = ladder.training.title,
                                             .ladder = ladder.rungs,
                                             .shape = {.images_per_rank_step = 64.0},
                                             .to = 8});

    EXPECT_THAT(ladder.left_out, IsEmpty());
    const metrics::StepPrediction& last = report.rungs.back().prediction;
    EXPECT_EQ(last.ranks, 8);
    EXPECT_NEAR(last.efficiency_percent, 97.0,
                0.1); // both rungs have it: all the loss comes with the second rank
    EXPECT_GT(last.efficiency_interval.high - last.efficiency_interval.low, 0.1);
    EXPECT_LT(last.efficiency_interval.high - last.efficiency_interval.low, 5.0);
}

TEST_F(LadderTest, CalibratesOnNothingWithoutABaseCase) {
    for (const plan::PlannedRun& entry : plan_.runs) {
        if (entry.config.ranks == 1) {
            lookups_.erase(entry.key);
        }
    }
    Records records(lookups_);

    const MeasuredLadder ladder = measured_ladder(plan_, records);

    EXPECT_THAT(ladder.rungs, IsEmpty());
    EXPECT_THAT(ladder.left_out,
                testing::ElementsAre(HasSubstr("weak/1: no result"), HasSubstr("no base case"),
                                     HasSubstr("oversubscribed")));
}

TEST_F(LadderTest, ABusyBaseCaseFlagsTheRungsBesideIt) {
    RunRecord busy = record_of(run("imagenet1k/R152x4/weak/1", 2), "busy"); // the one before the rung of two
    commit(busy);

    const CellResult rung = cell(check_now(), two);

    EXPECT_THAT(rung.values, SizeIs(4));
    EXPECT_EQ(rung.set_aside, 1U);
    EXPECT_FALSE(rung.is_incomplete());
    EXPECT_THAT(rung.rung->flags, testing::ElementsAre("base case busy in 1 of 5 runs"));
}

TEST_F(LadderTest, AMissingBaseCaseLeavesARepetitionOut) {
    lookups_.erase(run("imagenet1k/R152x4/weak/1", 2).key);

    const CheckResult result = check_now();

    EXPECT_THAT(cell(result, two).values, SizeIs(4));
    EXPECT_TRUE(cell(result, "imagenet1k/R152x4/weak/1").is_incomplete());
}

TEST_F(LadderTest, UnequalParametersAndWrongCountsAreNoMeasurement) {
    RunRecord broken = record_of(run(two, 3));
    broken.scaling->ranks[1].weights_digest = "other";
    broken.scaling->summary.images -= 1;
    broken.scaling->sweep[0].wrong = 3;
    commit(broken);

    const CheckResult result = check_now();

    const CellResult& rung = cell(result, two);
    EXPECT_EQ(rung.comparison.verdict, Verdict::different);
    EXPECT_THAT(rung.comparison.reason, HasSubstr("rank 1 ended with other parameters"));
    EXPECT_THAT(rung.comparison.reason, HasSubstr("images counted"));
    EXPECT_THAT(rung.comparison.reason, HasSubstr("3 wrong sums of 1024 bytes"));
    EXPECT_EQ(exit_code(result, {.gates = true}), 1);
}

TEST_F(LadderTest, GatesIgnoreTimingAndRungsThatAreNotPlanned) {
    for (plan::PlannedRun& entry : plan_.runs) { // a rung of four at a third of the throughput: different
        RunRecord slow = record_of(entry);
        if (entry.config.ranks == 4) {
            slow.scaling->summary.images_per_second /= 3.0;
            slow.metrics[0].value /= 3.0;
        }
        commit(slow);
    }

    const CheckResult result = check_now();

    EXPECT_EQ(cell(result, four).comparison.verdict, Verdict::different);
    EXPECT_EQ(exit_code(result, {}), 1);
    EXPECT_EQ(exit_code(result, {.strict = true, .gates = true}), 0);
    lookups_.erase(run(two, 0).key);
    EXPECT_EQ(exit_code(check_now(), {.strict = true, .gates = true}), 1);
    EXPECT_EQ(exit_code(check_now(), {.skip_missing = true, .gates = true}), 77);
}

TEST_F(LadderTest, EveryFormatSaysTheCaveat) {
    const CheckResult result = check_now();
    const std::string words = "7.3 times the FP32 peak";

    EXPECT_THAT(result.caveat, HasSubstr(words));
    EXPECT_THAT(to_markdown(result), HasSubstr(words));
    EXPECT_THAT(to_html(result, {}), HasSubstr(words));
    EXPECT_THAT(to_json(result).dump(), HasSubstr(words));
    std::string text = table_text(result);
    std::replace(text.begin(), text.end(), '\n', ' ');
    EXPECT_THAT(text, HasSubstr(words));
    EXPECT_THAT(text, HasSubstr("bus GB/s"));
    EXPECT_THAT(text, HasSubstr("efficiency lost, points"));
    EXPECT_THAT(text, HasSubstr("129.14 · 1.00 · 100.00"));
    EXPECT_THAT(text, HasSubstr("124003.59 · 960.26 · 93.77"));
}

TEST_F(LadderTest, WhatWasNotMeasuredHasNoNumber) {
    EXPECT_THAT(table_text(check_now()), HasSubstr("100 (base)"));
    lookups_.clear();

    const std::string text = table_text(check_now(), {.columns = 200});

    EXPECT_THAT(text, testing::Not(HasSubstr("100 (base)")));
    EXPECT_THAT(text, HasSubstr("0/15               —             —         —                     —"));
}

TEST_F(LadderTest, TablesFitThePage) {
    const CheckResult result = check_now();

    for (const std::size_t columns : {60U, 80U, 120U}) {
        for (const std::string& text :
             {table_text(result, {.columns = columns}), check_text(result, {.columns = columns})}) {
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) {
                EXPECT_LE(columns_of(line), columns) << line;
            }
            EXPECT_THAT(text, HasSubstr("oversubscribed in 5 of 5 runs"));
        }
    }
}

TEST_F(LadderTest, NumbersAreInCsvAndJson) {
    const CheckResult result = check_now();

    EXPECT_THAT(to_csv(result), HasSubstr("\nimagenet1k/R152x4/weak/2,weak,2,5,"));
    for (const auto& entry : to_json(result)["cells"]) {
        if (entry["id"] == two) {
            EXPECT_NEAR(entry["rung"]["efficiency"]["mean"].get<double>(), 97.0, 1e-3);
            EXPECT_THAT(entry["rung"]["runs"], SizeIs(5));
            EXPECT_NEAR(cell(result, two).rung->loss->total(), 3.0, 0.3);
            EXPECT_NEAR(entry["rung"]["efficiency_lost"]["waiting"].get<double>(), 0.0, 1e-9);
            EXPECT_EQ(entry["rung"]["published"], nullptr);
        }
    }
}

TEST_F(LadderTest, FiguresShowThroughputOnALogarithmicScaleAndEfficiency) {
    const CheckResult result = check_now();
    ASSERT_THAT(result.figures, SizeIs(2));

    const Plot throughput = plot_of(result.figures[0], result);
    const Plot efficiency = plot_of(result.figures[1], result);

    EXPECT_TRUE(throughput.is_logarithmic);
    EXPECT_EQ(throughput.y_label, "images per second");
    EXPECT_THAT(throughput.categories,
                testing::ElementsAre("1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1024"));
    EXPECT_EQ(efficiency.y_label, "scaling efficiency, %");
    EXPECT_DOUBLE_EQ(throughput.panels[0].series[0].values.back().mean.value(), 124003.59);
    EXPECT_NEAR(efficiency.panels[1].series[0].values[1].mean.value(), 97.0, 1e-9);
    EXPECT_FALSE(efficiency.panels[1].series[0].values[2].mean.has_value()); // flagged
    EXPECT_THAT(gnuplot_script(throughput, Picture::svg, "x.svg"), HasSubstr("set logscale y 10"));
}

TEST_F(LadderTest, ABundleGivesTheSameReport) {
    const BundleSubject subject{.workload = workload(),
                                .profile = small_tree::published().profiles.at("laptop"),
                                .plan = plan_,
                                .references = references_};
    Records records(lookups_);
    const CheckResult result =
        reports::check(subject.workload, subject.profile, subject.plan, subject.references, records);

    const OpenedBundle opened = open_bundle(make_bundle(subject, records, result), "x.h5");

    EXPECT_EQ(to_json(opened.result).dump(), to_json(result).dump());
    EXPECT_EQ(to_html(opened.result, {}), to_html(result, {}));
    EXPECT_EQ(to_csv(opened.result), to_csv(result));
}

TEST(RungTests, AreThoseOfTheProfilesLadderAndJudgeGates) {
    const std::string text =
        ctest_file_text(small_tree::published(),
                        {.program = "/p", .folder = "/f", .profile = "smoke", .trained = {{"table2"}}});

    EXPECT_THAT(text, HasSubstr("[=[table2.cell.imagenet1k.R152x4.weak.2]=]"));
    EXPECT_THAT(text, testing::Not(HasSubstr("R152x4.weak.4]")));
    EXPECT_THAT(
        text, HasSubstr("[=[check]=] [=[table2]=] [=[--profile]=] [=[smoke]=] [=[--gates]=] [=[--strict]=]"));
}

} // namespace
} // namespace reports
