// Bad label files: every fault at once, with file, line and column; harmless variants read alike.
#include <gmock/gmock.h>

#include "tests/suite/data/labels/support.hpp"

namespace suite::data {
namespace {

using ::testing::ElementsAre;
using testing::faults_of;
using testing::gzipped;
using ::testing::HasSubstr;
using testing::rows_of;
using testing::TemporaryFolder;
using testing::texts_of;

const std::string nih_file = "Data_Entry_2017_v2020.csv";
const std::string header = "Image Index,Finding Labels,Patient ID,View Position\n";
const std::string two_rows = "a.png,Mass|Nodule,1,PA\nb.png,No Finding,2,AP\n";

std::vector<std::string> nih_rows(const std::string& bytes) {
    const TemporaryFolder folder;
    folder.write(nih_file, bytes);
    return rows_of(read_label_table(LabelSet::nih, folder.path()));
}

std::vector<std::string> nih_faults(const std::string& bytes) {
    const TemporaryFolder folder;
    folder.write(nih_file, bytes);
    return texts_of(faults_of(LabelSet::nih, folder.path()));
}

std::string with_crlf(const std::string& text) {
    std::string result;
    for (const char letter : text) {
        result += letter == '\n' ? "\r\n" : std::string(1, letter);
    }
    return result;
}

TEST(LabelCsv, VariantsReadAlike) {
    const auto rows = nih_rows(header + two_rows);
    ASSERT_THAT(rows, ElementsAre("images/a.png,0,PA,unknown,00000000011000",
                                  "images/b.png,1,AP,unknown,00000000000000"));
    EXPECT_EQ(nih_rows("\xEF\xBB\xBF" + header + two_rows), rows);
    EXPECT_EQ(nih_rows(with_crlf(header + two_rows)), rows);
    EXPECT_EQ(nih_rows("Image Index, Finding Labels,Patient ID,View Position \na.png,Mass|Nodule,1,PA  \n\n"
                       "b.png,No Finding,2,AP\t\n  \n\n"),
              rows);
    EXPECT_EQ(nih_rows(gzipped(header) + gzipped(two_rows)), rows);
    EXPECT_EQ(nih_rows("x,View Position,Patient ID,\"Finding Labels\",Image Index\n"
                       "é,PA,1,\"Mass|Nodule\",a.png\n\"1,\"\"\n2\",AP,2,No Finding,b.png"),
              rows);
}

TEST(LabelCsv, EveryFaultOfAFileAtOnceWithLineAndColumn) {
    EXPECT_THAT(
        nih_faults(header +
                   "a.png,\"Mass\nNodule\",1,PA\n" // lines 2, 3
                   "b.png,Mass,1\n"                // 4
                   "c.png,Mass,1,PA,more\n"        // 5
                   "d.png,\"Mass,1,PA\n"           // 6
                   "../e.png,Mass,1,PA\n" +
                   std::string("f.png,Ma\0ss,1,PA\n", 17) + // 8
                   "g.png,M\xffss,1,PA\n"
                   "/h.png,Mass,1,PA\n" // 10
                   "a.png,Mass,1,PA\n"
                   ",Mass,1,PA\n" +
                   std::string(4097, 'x') +
                   ",Mass,1,PA\n"
                   "i.png,Ma\"ss,1,PA\n"     // 14
                   "j.png,\"Ma\"ss,1,PA\n"), // 15
        ElementsAre("2: Finding Labels: a finding that the set does not have", "4: View Position: 3 fields",
                    "5: View Position: 5 fields", "6: Finding Labels: text after a closing quote",
                    "7: Image Index: a path with '..'", "8: Finding Labels: a NUL byte",
                    "9: Finding Labels: bytes that are not UTF-8", "10: Image Index: an absolute path",
                    "11: Image Index: the id of line 2 again", "12: Image Index: an empty image id",
                    "13: Image Index: an image id of more than 4,096 bytes",
                    "14: Finding Labels: a quote inside an unquoted field",
                    "15: Finding Labels: text after a closing quote"));
}

TEST(LabelCsv, AnOpenQuoteNamesTheLineWhereItsRecordBegins) {
    EXPECT_THAT(nih_faults(header + "a.png,\"Mass,1,PA\nb.png,Mass,1,PA\n"),
                ElementsAre("2: Finding Labels: a quoted field without its closing quote"));
}

TEST(LabelCsv, Headers) {
    EXPECT_THAT(nih_faults("Image Index,Patient ID,Patient ID\na.png,1,1\n"),
                ElementsAre("1: Finding Labels: no such column", "1: Patient ID: it 2 times",
                            "1: View Position: no such column"));
    EXPECT_THAT(nih_faults(""), ElementsAre("1: : no header"));
    EXPECT_THAT(nih_faults(header), ElementsAre("1: : a header and nothing else"));
    EXPECT_EQ(nih_faults("Image Index;Finding Labels;Patient ID;View Position\n").size(), 4U);
    EXPECT_THAT(nih_faults(std::string(5000, ',') + "\n"), ElementsAre("1: : 5001 columns"));
}

TEST(LabelCsv, DamagedGzip) {
    std::string text = header;
    for (int i = 0; i < 5000; ++i) {
        text += fmt::format("{}.png,Mass,{},PA\n", i, i * 7919 % 5000);
    }
    const std::string whole = gzipped(text);
    const auto cut = nih_faults(whole.substr(0, whole.size() / 2));
    ASSERT_EQ(cut.size(), 1U);
    EXPECT_THAT(cut.front(), HasSubstr("the end of the file inside a gzip member (byte "));
    std::string flipped = whole;
    flipped[whole.size() - 6] = static_cast<char>(flipped[whole.size() - 6] ^ 1); // the checksum
    ASSERT_EQ(nih_faults(flipped).size(), 1U);
    EXPECT_THAT(nih_faults(flipped).front(), HasSubstr("incorrect data check"));
    EXPECT_THAT(nih_faults(whole.substr(0, 15)),
                ElementsAre("1: : the end of the file inside a gzip member (byte 15)"));
}

TEST(LabelCsv, ManyFaultsAreListedUpToAHundredAndCounted) {
    std::string text = header;
    for (int i = 0; i < 250; ++i) {
        text += "short\n";
    }
    const auto faults = nih_faults(text);
    ASSERT_EQ(faults.size(), 101U);
    EXPECT_EQ(faults.back(), "0: : 150 more faults");
}

TEST(LabelCsv, MessagesNameFileLineAndColumnButNoCell) {
    const TemporaryFolder folder;
    folder.write(nih_file, header + "../CANARY.png,CANARY,CANARY,PA\nCANARY\n");
    const std::string text = testing::error_text(
        ErrorKind::data, [&] { return read_label_table(LabelSet::nih, folder.path()).size(); });
    EXPECT_THAT(text, HasSubstr(nih_file + ":2: column 'Image Index': found a path with '..', expected "));
    EXPECT_THAT(text, HasSubstr(nih_file + ":3: column 'Finding Labels': found 1 fields"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("CANARY")));
}

TEST(LabelCsv, WordsThatTheSetDoesNotHaveComeAllAtOnce) {
    EXPECT_THAT(
        nih_faults(header + two_rows +
                   "c.png,Kardia|Mass,3,PA\nd.png,Mass|No Finding,4,AP\ne.png,,5,PA\n" // 4 to 6
                   "f.png,Mass,6,LL\ng.png,Mass,-1,PA\nh.png,Mass,7a,pa\n" +           // 7 to 9
                   header +
                   "i.png,mass,,\n"), // 10, 11
        ElementsAre(
            "4: Finding Labels: a finding that the set does not have",
            "5: Finding Labels: No Finding beside a finding",
            "6: Finding Labels: a finding that the set does not have",
            "7: View Position: a view that the set does not have", "8: Patient ID: no patient's number",
            "9: Patient ID: no patient's number", "9: View Position: a view that the set does not have",
            "10: Image Index: the header again", "11: Finding Labels: a finding that the set does not have",
            "11: Patient ID: no patient's number", "11: View Position: a view that the set does not have"));
}

TEST(LabelCsv, FaultsOfAllFilesOfASet) {
    const TemporaryFolder folder;
    folder.write(nih_file, header + "a.png,Mass\nb.png,Mass,1,PA\n");
    folder.write("train_val_list.txt", "../x\nb.png\n");
    folder.write("test_list.txt", "b.png\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::nih, folder.path())),
                ElementsAre("1: Image Index: a path with '..'", "1: Image Index: an id of the other list",
                            "2: Patient ID: 2 fields"));
}

} // namespace
} // namespace suite::data
