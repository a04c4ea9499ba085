// JSON fields, CSV, Markdown and the terminal's table of one small result.
#include <fstream>
#include <sstream>

#include "reports/format/json.hpp"
#include "reports/format/report_files.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/terminal.hpp"
#include "reports/format/text_format.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string golden(const std::string& name) {
    std::ifstream file(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/reports" / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Three cells: equivalent and repeated, different with a quoted reason, missing; one claim that fails as
/// expected.
CheckResult small_result() {
    CheckResult result{.workload = "w",
                       .title = "A small table",
                       .source = "Table 0",
                       .paper = "Nobody 2000",
                       .profile = "tiny",
                       .profile_title = "as small as can be",
                       .compares_with_baseline = true,
                       .baseline_origin = "baseline of profile tiny, made up"};
    const std::vector<double> values{49.9, 50.0, 50.1};
    for (const char* source : {"A", "B", "C"}) {
        CellResult cell;
        cell.cell = suite::plan::transfer_cell(source[0] == 'C' ? "lungs" : "pets", "small", source);
        cell.id = cell.cell.text();
        cell.metric = source[0] == 'C' ? "mean_auc" : "top1";
        cell.planned = 3;
        cell.judged_by_baseline = true;
        cell.published = ReferenceSide{.kind = plan::ReferenceKind::printed,
                                       .sample = metrics::summary_sample(94.26, 0.05, 5),
                                       .origin = "Nobody 2000, \"Table 0\"",
                                       .bold = source[0] == 'A',
                                       .where = source[0] == 'B' ? "poster" : "paper"};
        cell.stand_ins = {{.published = "pets", .used = "phantom-pets"}};
        result.cells.push_back(cell);
    }
    for (std::size_t i : {0U, 1U}) {
        CellResult& cell = result.cells[i];
        cell.values = {{0, 49.9}, {1, 50.0}, {2, 50.1}};
        cell.ours = metrics::make_sample(values);
        cell.baseline = ReferenceSide{.kind = plan::ReferenceKind::baseline,
                                      .sample = metrics::summary_sample(i == 0 ? 50.0 : 60.0, 0.1, 3),
                                      .origin = "baseline of profile tiny, made up",
                                      .bold = {},
                                      .where = ""};
        cell.repeats_baseline = i == 0;
        cell.comparison = metrics::compare(cell.ours, cell.baseline->sample, {.declared = 1.0});
    }
    result.cells[0].comparison.verdict = metrics::Verdict::identical;
    result.cells[1].comparison.reason = "seed 3 failed | \"loudly\"";
    result.cells[2].comparison = {.margin = 0.5, .reason = "0 of 3 planned runs finished"};
    result.claims.push_back({.id = "a-beats-b",
                             .text = "A is better than B.",
                             .where = "section 1",
                             .ours = {.verdict = metrics::ClaimVerdict::fails,
                                      .robustness = "robust",
                                      .evidence = {"pets/small/A > pets/small/B: no"}},
                             .published = metrics::ClaimVerdict::holds,
                             .baseline = metrics::ClaimVerdict::fails,
                             .expected = true,
                             .cells = {"pets/small/A", "pets/small/B"}});
    return result;
}

TEST(Json, HasEveryFieldOfTheContract) {
    const auto document = to_json(small_result());

    for (const char* key : {"workload", "profile", "counts", "cells", "claims"}) {
        EXPECT_TRUE(document.contains(key)) << key;
    }
    EXPECT_EQ(
        document["counts"].dump(),
        R"({"identical":1,"equivalent":0,"different":1,"inconclusive":0,"missing":1,"no_reference":0})");
    for (const auto& cell : document["cells"]) {
        for (const char* key : {"id", "metric", "n", "mean", "sd", "reference", "difference", "ci95",
                                "p_different", "p_equivalent", "margin", "verdict", "reason"}) {
            EXPECT_TRUE(cell.contains(key)) << key;
        }
        for (const char* key : {"kind", "mean", "sd", "n", "origin"}) {
            EXPECT_TRUE(cell["reference"].contains(key)) << key;
        }
    }
    for (const char* key : {"id", "text", "verdict", "robustness", "evidence"}) {
        EXPECT_TRUE(document["claims"][0].contains(key)) << key;
    }
}

TEST(Json, NumbersThatDoNotExistAreNull) {
    const auto cell = to_json(small_result())["cells"][2];

    for (const char* key : {"mean", "sd", "difference", "ci95", "p_different", "p_equivalent"}) {
        EXPECT_TRUE(cell[key].is_null()) << key;
    }
    EXPECT_TRUE(cell["reference"]["mean"].is_null());
    EXPECT_EQ(cell["reference"]["n"], 0);
    EXPECT_EQ(cell["n"], 0);
    EXPECT_EQ(cell["verdict"], "missing");
}

TEST(Json, GivesTheJudgingReferenceAndThePublishedOneBesideIt) {
    const auto cell = to_json(small_result())["cells"][1];

    EXPECT_EQ(cell["reference"]["kind"], "baseline");
    EXPECT_DOUBLE_EQ(cell["reference"]["mean"].get<double>(), 60.0);
    EXPECT_DOUBLE_EQ(cell["published"]["mean"].get<double>(), 94.26);
    EXPECT_NEAR(cell["difference"].get<double>(), -10.0, 1e-9);
    EXPECT_EQ(cell["ci95"].size(), 2U);
    EXPECT_EQ(cell["verdict"], "different") << "the same word whatever it is compared with";
    EXPECT_EQ(cell["compared_with"], "recorded");
}

TEST(Json, SaysFirstWhatWasComparedWithWhat) {
    const auto document = to_json(small_result());

    EXPECT_EQ(document["compared_with"], "recorded");
    EXPECT_EQ(document["summary"]["compared_with"], "recorded");
    EXPECT_THAT(document["summary"]["text"].get<std::string>(), HasSubstr("not with the paper"));
    EXPECT_EQ(document["summary"]["cells"], document["counts"]);
    EXPECT_EQ(document["summary"]["claims"].dump(),
              R"({"hold":0,"fail":0,"fail_as_expected":1,"cannot_be_told":0,"missing":0})");
    EXPECT_EQ(document["summary"]["published_claims"]["hold"], 1);
}

TEST(Words, OnlyAComparisonWithThePaperSpeaksOfEquivalence) {
    using metrics::Verdict;
    EXPECT_EQ(verdict_word(Verdict::equivalent, ComparedWith::published), "equivalent");
    EXPECT_EQ(verdict_word(Verdict::equivalent, ComparedWith::recorded), "as recorded");
    EXPECT_EQ(verdict_word(Verdict::different, ComparedWith::recorded), "drifted");
    EXPECT_EQ(verdict_word(Verdict::inconclusive, ComparedWith::recorded), "unclear");
    for (const ComparedWith side : {ComparedWith::published, ComparedWith::recorded}) {
        EXPECT_EQ(verdict_word(Verdict::missing, side), "missing");
        EXPECT_EQ(verdict_word(Verdict::identical, side), "identical");
        EXPECT_EQ(verdict_word(Verdict::no_reference, side), "no reference");
    }
    EXPECT_EQ(verdict_class(Verdict::no_reference), "no-reference");
    EXPECT_EQ(verdict_word(metrics::ClaimVerdict::inconclusive), "cannot be told");
    EXPECT_EQ(verdict_class(metrics::ClaimVerdict::inconclusive), "inconclusive");
}

TEST(Words, CountsNameWhatCanOccur) {
    const Counts counts{.equivalent = 2, .missing = 1};
    EXPECT_EQ(counts_text(counts, ComparedWith::published),
              "2 equivalent, 0 different, 0 inconclusive, 1 missing");
    EXPECT_EQ(counts_text(counts, ComparedWith::recorded),
              "0 identical, 2 as recorded, 0 drifted, 0 unclear, 1 missing");
    EXPECT_THAT(counts_text({.no_reference = 3}, ComparedWith::published), HasSubstr(", 3 no reference"));
}

TEST(Csv, IsTheGoldenFile) {
    EXPECT_EQ(to_csv(small_result()), golden("small.csv"));
}

TEST(Markdown, IsTheGoldenFile) {
    EXPECT_EQ(to_markdown(small_result()), golden("small.md"));
}

TEST(TableText, IsTheGoldenFile) {
    EXPECT_EQ(table_text(small_result()), golden("small.txt"));
}

void expect_fits(const std::string& text, std::size_t columns) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(columns_of(line), columns) << line;
        EXPECT_THAT(line, Not(testing::EndsWith(" ")));
    }
}

TEST(TableText, FitsEveryPageAndIsPlainUnlessAsked) {
    for (const std::size_t columns : {60U, 80U, 110U, 120U, 160U}) {
        expect_fits(table_text(small_result(), {.columns = columns}), columns);
        expect_fits(check_text(small_result(), {.columns = columns}), columns);
    }
    EXPECT_THAT(table_text(small_result()), Not(HasSubstr("\033")));
    EXPECT_THAT(table_text(small_result(), {.colours = Colours::on}), HasSubstr("\033[1;31mdrifted"));
}

TEST(TableText, SaysLessOnANarrowPageButNeverTheVerdictOrOurs) {
    const std::string wide = table_text(small_result(), {.columns = 160});
    const std::string narrow = table_text(small_result(), {.columns = 60});

    EXPECT_THAT(wide, HasSubstr("p equiv."));
    EXPECT_THAT(wide, HasSubstr("94.26 ± 0.05"));
    EXPECT_THAT(narrow, Not(HasSubstr("94.26 ± 0.05")));
    for (const std::string& text : {wide, narrow}) {
        EXPECT_THAT(text, HasSubstr("50.00"));
        EXPECT_THAT(text, HasSubstr("drifted [1]"));
    }
}

TEST(TableText, BeginsWithWhatWasComparedAndTheCounts) {
    const std::string text = table_text(small_result(), {.columns = 200});

    const std::size_t comparison = text.find("own recorded run, not with the paper");
    const std::size_t counts =
        text.find("3 cells: 1 identical, 0 as recorded, 1 drifted, 0 unclear, 1 missing.");
    const std::size_t claims = text.find(
        "1 claim of the paper. On our numbers at profile tiny: 0 hold, 0 fail, 1 fails as recorded, "
        "0 cannot be told. On the published numbers: 1 holds, 0 fail");
    EXPECT_LT(comparison, counts);
    EXPECT_LT(counts, claims);
    EXPECT_LT(claims, text.find("pets (top-1"));
    EXPECT_THAT(text, HasSubstr("\ndrifted: shown to lie outside the margin of the recorded mean\n"));
    EXPECT_THAT(text, Not(HasSubstr("equivalent")));
}

TEST(TableText, EqualReasonsShareAFootnote) {
    CheckResult result = small_result();
    result.cells[0].comparison.reason = result.cells[2].comparison.reason;

    const std::string text = table_text(result);

    EXPECT_THAT(text, HasSubstr("identical [1]"));
    EXPECT_THAT(text, HasSubstr("missing [1]"));
    EXPECT_THAT(text, HasSubstr("\n [1] 0 of 3 planned runs finished\n [2] seed 3 failed"));
}

TEST(CheckText, HasALineForEachCellThatBeginsWithItsVerdict) {
    const std::string text = check_text(small_result());

    EXPECT_THAT(text, HasSubstr("\nmissing [2]  lungs/small/C             —"));
    EXPECT_THAT(text, HasSubstr("\nfails (as recorded)  claim a-beats-b — A is better than B."));
    EXPECT_THAT(text, HasSubstr("\n [2] 0 of 3 planned runs finished\n"));
}

TEST(Summary, CountsWhatTestsSkip) {
    CheckResult result = small_result();
    result.cells[1].comparison.verdict = metrics::Verdict::inconclusive;
    result.claims[0].ours.verdict = metrics::ClaimVerdict::inconclusive;
    result.claims[0].expected = false;

    EXPECT_EQ(test_tally_text(result), "3 cells: 1 pass, 0 fail, 2 skipped (1 missing, 1 unclear); "
                                       "1 claim: 0 pass, 0 fail, 1 skipped (1 cannot be told)");
    EXPECT_THAT(skipped_tests(result), testing::SizeIs(3));
    EXPECT_THAT(skipped_tests(result).back(), HasSubstr("claim a-beats-b: cannot be told: "));
}

TEST(Formats, AreParsedInOrderAndOnce) {
    EXPECT_THAT(parse_formats("json,md,json"), ElementsAre(Format::json, Format::markdown));
    try {
        static_cast<void>(parse_formats("md,htm,junit5"));
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_EQ(error.faults().size(), 2U);
        EXPECT_THAT(error.what(), HasSubstr("md, html, csv, json, junit"));
    }
}

TEST(WriteReport, WritesTheAskedFilesOnly) {
    const suite::store::testing::TemporaryFolder folder;

    const auto paths = write_report(small_result(), folder.path() / "out", {Format::csv, Format::json}).paths;

    EXPECT_THAT(paths, ElementsAre(folder.path() / "out/w-tiny.csv", folder.path() / "out/w-tiny.json"));
    std::ifstream json(paths[1]);
    EXPECT_EQ(nlohmann::ordered_json::parse(json), to_json(small_result()));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/w-tiny.md"));
}

} // namespace
} // namespace reports
