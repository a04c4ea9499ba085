#include "metrics/score_file.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string data_message(const std::string& text) {
    return golden::message_of(suite::ErrorKind::data, [&] { (void)parse_score_table(text, "s.csv"); });
}

TEST(ScoreFile, ReadsScoresAndLabels) {
    const ScoredLabels table = parse_score_table("score,label\n0.5,1\n-2e-3,0\n1,\n", "s.csv");
    EXPECT_THAT(table.scores, ElementsAre(0.5, -0.002, 1.0));
    EXPECT_THAT(table.labels, ElementsAre(1.0F, 0.0F, testing::IsNan()));
}

TEST(ScoreFile, MarksLineEndsQuotesAndColumnOrderChangeNothing) {
    const ScoredLabels table =
        parse_score_table("\xEF\xBB\xBFlabel,\"score\"\r\n1,0.5\r\n\"0\",\"-2\"\r\n,3\r\n\r\n", "s.csv");
    EXPECT_THAT(table.scores, ElementsAre(0.5, -2.0, 3.0));
    EXPECT_THAT(table.labels, ElementsAre(1.0F, 0.0F, testing::IsNan()));
}

TEST(ScoreFile, HeaderAloneIsAnEmptyTable) {
    EXPECT_TRUE(parse_score_table("score,label\n", "s.csv").scores.empty());
}

TEST(ScoreFileBadInput, EveryFaultWithItsLine) {
    const std::string message =
        data_message("score,label\n0.5,1\nx,0\n0.1,2\n\n0.1,0,3\nnan,1\n0.2,yes\n,1\n");
    EXPECT_THAT(message, HasSubstr("s.csv:3: found score 'x'"));
    EXPECT_THAT(message, HasSubstr("s.csv:4: found label '2'"));
    EXPECT_THAT(message, HasSubstr("s.csv:5: found ''"));
    EXPECT_THAT(message, HasSubstr("s.csv:6: found '0.1,0,3'"));
    EXPECT_THAT(message, HasSubstr("s.csv:7: found score 'nan'"));
    EXPECT_THAT(message, HasSubstr("s.csv:8: found label 'yes'"));
    EXPECT_THAT(message, HasSubstr("s.csv:9: found score ''"));
    EXPECT_THAT(message, testing::Not(HasSubstr("s.csv:2:")));
}

TEST(ScoreFile, LastLineNeedsNoEndAndFieldsMayBeQuoted) {
    EXPECT_THAT(parse_score_table("score,label\n0.5,1\n0.25,0", "s.csv").scores, ElementsAre(0.5, 0.25));
    EXPECT_THAT(parse_score_table("score,label\n\"0.5\",\"\"\n", "s.csv").labels,
                ElementsAre(testing::IsNan()));
    EXPECT_THAT(data_message("score,label\n\"0.5,1\n"), HasSubstr("score '\"0.5'"));
    EXPECT_THAT(data_message("score,label\n0.5\",1\n"), HasSubstr("score '0.5\"'"));
    EXPECT_THAT(data_message("score,label\n\",1\n"), HasSubstr("score '\"'"));
}

TEST(ScoreFileBadInput, LongLinesAreCutAt80Characters) {
    const std::string x(100, 'x');
    const std::string eighty(80, 'x');
    EXPECT_THAT(data_message(x + "\n0.5,1\n"), HasSubstr("found '" + eighty + "'"));
    EXPECT_THAT(data_message("score,label\n" + x + "\n" + x + ",1\n0.5," + x + "\n"),
                testing::AllOf(HasSubstr("s.csv:2: found '" + eighty + "'"),
                               HasSubstr("s.csv:3: found score '" + eighty + "'"),
                               HasSubstr("s.csv:4: found label '" + eighty + "'")));
}

TEST(ScoreFileBadInput, AHundredFaultsAreAllNamed) {
    std::string text = "score,label\n";
    for (int i = 0; i < 100; ++i)
        text += "x,1\n";
    EXPECT_THAT(data_message(text), testing::AllOf(HasSubstr("s.csv:101: found score 'x'"),
                                                   testing::Not(HasSubstr("more faults"))));
    EXPECT_THAT(data_message(text + "x,1\n"),
                testing::AllOf(HasSubstr("1 more faults"), testing::Not(HasSubstr("s.csv:102:"))));
}

TEST(ScoreFileBadInput, WrongOrMissingHeader) {
    EXPECT_THAT(data_message("0.5,1\n"),
                HasSubstr("s.csv:1: found '0.5,1', expected the header score,label"));
    EXPECT_THAT(data_message(""), HasSubstr("s.csv:1"));
    EXPECT_THAT(data_message("score,score\n"), HasSubstr("s.csv:1"));
}

TEST(ScoreFileBadInput, ManyFaultsAreCounted) {
    std::string text = "score,label\n";
    for (int i = 0; i < 250; ++i)
        text += "x,1\n";
    EXPECT_THAT(data_message(text), HasSubstr("150 more faults"));
}

TEST(ScoreFileBadInput, AbsentFileIsADataError) {
    EXPECT_THAT(golden::message_of(suite::ErrorKind::data, [] { (void)read_score_file("/nowhere/s.csv"); }),
                HasSubstr("/nowhere/s.csv"));
}

} // namespace
} // namespace metrics
