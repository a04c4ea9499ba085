// JUnit XML and the event log: one case a cell and a claim, outcomes as CTest gives them, times of the
// records.
#include <sstream>

#include <nlohmann/json.hpp>

#include "reports/format/event_log.hpp"
#include "reports/format/junit.hpp"
#include "tests/reports/occurrences.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using nlohmann::json;
using synthetic::FilledStore;
using testing::HasSubstr;
using testing::Not;

constexpr const char* four_cells = "pets/R50x1/*";
constexpr const char* differing_cell = "pets/R50x1/S-MED";
constexpr const char* damaged_cell = "pets/R50x1/L-MED";
constexpr const char* incomplete_cell = "pets/R50x1/1K-NAT";

/// From the start of a case to the start of the next.
std::string case_of(const std::string& xml, const std::string& id) {
    const std::size_t begin = xml.find("name=\"" + id + "\"");
    return begin == std::string::npos ? "" : xml.substr(begin, xml.find("</testcase>", begin) - begin);
}

/// S-MED differs from its baseline, L-MED has a damaged record, 1K-NAT lacks one, 21K-NAT repeats.
CheckResult one_of_each() {
    const auto plan = synthetic::expand(four_cells);
    FilledStore store(plan, [](const auto& run) {
        return synthetic::around_fifty(run) + (run.cell == differing_cell ? 9.0 : 0.0);
    });
    store.damage(store.path(damaged_cell, 1));
    store.remove(incomplete_cell, 0);
    return store.check(synthetic::baseline_of(plan, synthetic::around_fifty));
}

TEST(Junit, OneCaseACellAndAClaimWithItsOutcome) {
    const CheckResult result = one_of_each();

    const std::string xml = to_junit(result);

    EXPECT_EQ(occurrences(xml, "<testcase "), result.cells.size() + result.claims.size());
    EXPECT_THAT(case_of(xml, differing_cell), HasSubstr("<failure type=\"different\""));
    EXPECT_THAT(case_of(xml, damaged_cell), HasSubstr("<error type=\"damaged\""));
    EXPECT_THAT(case_of(xml, incomplete_cell), HasSubstr("<skipped message="));
    EXPECT_THAT(case_of(xml, incomplete_cell), HasSubstr("4 of 5 planned runs finished"));
    EXPECT_THAT(case_of(xml, "pets/R50x1/21K-NAT"), HasSubstr("<system-out>identical"));
}

TEST(Junit, WhatIsNotShownIsSkippedWithItsReason) {
    CheckResult result = one_of_each();
    result.cells[0] = result.cells[3];
    result.cells[0].id = "unclear-one";
    result.cells[0].repeats_baseline = false;
    result.cells[0].comparison.verdict = metrics::Verdict::inconclusive;
    result.cells[0].comparison.reason = "n = 1 on our side";
    result.cells[1] = result.cells[0];
    result.cells[1].id = "alone";
    result.cells[1].comparison.verdict = metrics::Verdict::no_reference;
    result.claims = {
        {.id = "c",
         .text = "C.",
         .ours = {.verdict = metrics::ClaimVerdict::inconclusive,
                  .terms = {{.verdict = metrics::ClaimVerdict::inconclusive, .reason = "too few"}}}}};

    const std::string xml = to_junit(result);

    EXPECT_THAT(case_of(xml, "unclear-one"), HasSubstr("<skipped message=\"unclear: ours"));
    EXPECT_THAT(case_of(xml, "unclear-one"), HasSubstr("n = 1 on our side"));
    EXPECT_THAT(case_of(xml, "alone"), HasSubstr("<skipped message=\"no reference: ours"));
    EXPECT_THAT(case_of(xml, "c"), HasSubstr("<skipped message=\"cannot be told: too few\""));
}

TEST(Junit, CountsAreThoseOfItsCases) {
    const std::string xml = to_junit(one_of_each());

    const std::string counted = "failures=\"" + std::to_string(occurrences(xml, "<failure ")) +
                                "\" errors=\"" + std::to_string(occurrences(xml, "<error ")) +
                                "\" skipped=\"" + std::to_string(occurrences(xml, "<skipped ")) + "\"";
    EXPECT_THAT(xml, HasSubstr(counted));
    EXPECT_THAT(xml, HasSubstr("tests=\"" + std::to_string(occurrences(xml, "<testcase ")) + "\""));
}

TEST(Junit, TextsCannotBecomeMarkup) {
    CheckResult result = one_of_each();
    result.cells[0].id = "</testcase><x y=\"1\">\x02";
    result.cells[0].comparison.reason = "]]>&";

    const std::string xml = to_junit(result);

    EXPECT_THAT(xml, Not(HasSubstr("<x y")));
    EXPECT_THAT(xml, Not(HasSubstr("\x02")));
    EXPECT_THAT(xml, HasSubstr("&lt;/testcase&gt;&lt;x y=&quot;1&quot;&gt;\xEF\xBF\xBD"));
}

TEST(Junit, AnExpectedFailureOfAClaimPasses) {
    CheckResult result = one_of_each();
    result.claims = {{.id = "c", .text = "C.", .ours = {.verdict = metrics::ClaimVerdict::fails}}};
    EXPECT_THAT(case_of(to_junit(result), "c"), HasSubstr("<failure type=\"fails\""));

    result.claims[0].expected = true;
    EXPECT_THAT(case_of(to_junit(result), "c"), Not(HasSubstr("<failure")));
}

/// The events of a log; every line must be one.
std::vector<json> events_of(const std::string& log) {
    std::vector<json> events;
    std::istringstream lines(log);
    const std::string mark = ":::MLLOG ";
    for (std::string line; std::getline(lines, line);) {
        EXPECT_TRUE(line.starts_with(mark)) << line;
        events.push_back(json::parse(line.substr(mark.size())));
    }
    return events;
}

TEST(EventLog, EveryEventHasTheFieldsOfMlperfsLibrary) {
    for (const json& event : events_of(to_event_log(one_of_each()))) {
        ASSERT_EQ(event.size(), 6U);
        for (const char* key : {"namespace", "time_ms", "event_type", "key", "value", "metadata"}) {
            EXPECT_TRUE(event.contains(key)) << key;
        }
    }
}

TEST(EventLog, ARunStartsAndStopsWhenItsRecordSays) {
    CheckResult result = one_of_each();
    RunFacts& run = result.runs[result.cells[0].runs[0]];
    run.started = "2026-11-23T19:02:12Z";
    run.wall_seconds = 1.5;

    std::vector<json> own;
    for (const json& event : events_of(to_event_log(result))) {
        if (event["metadata"].value("run", "") == run.key) {
            own.push_back(event);
        }
    }

    ASSERT_EQ(own.size(), 5U);
    EXPECT_EQ(own[0]["key"], "run_start");
    EXPECT_EQ(own[0]["time_ms"], 1795460532000); // date -u -d 2026-11-23T19:02:12Z +%s000
    EXPECT_EQ(own[1]["value"], run.seed);
    EXPECT_EQ(own[3]["key"], "eval_accuracy");
    EXPECT_DOUBLE_EQ(own[3]["value"].get<double>(), *run.value);
    EXPECT_EQ(own[4]["key"], "run_stop");
    EXPECT_EQ(own[4]["time_ms"], 1795460533500);
    EXPECT_EQ(own[4]["metadata"]["status"], "success");
}

TEST(EventLog, RunsWithoutRecordsAreNotInIt) {
    const CheckResult result = one_of_each();

    const std::string log = to_event_log(result);

    for (const RunFacts& run : result.runs) {
        const bool ended = run.state == RunState::finished || run.state == RunState::failed;
        EXPECT_EQ(log.find(run.key) != std::string::npos, ended) << run.label;
    }
}

} // namespace
} // namespace reports
