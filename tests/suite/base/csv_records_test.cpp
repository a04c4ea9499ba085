// RFC 4180 by literal texts, in pieces of every size; breaches with their line and field.
#include "suite/base/csv_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite {
namespace {

using ::testing::ElementsAre;

struct Row {
    std::size_t line = 0;
    std::vector<std::string> fields;
    CsvBreach breach = CsvBreach::none;
    std::size_t breach_field = 0;
    [[nodiscard]] bool operator==(const Row&) const = default;
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.line << ": " << ::testing::PrintToString(row.fields) << " breach "
         << static_cast<int>(row.breach) << " in " << row.breach_field;
}

TextSource in_pieces(std::string text, std::size_t piece) {
    return [text = std::move(text), piece, at = std::size_t{0}](std::string& buffer) mutable {
        buffer += text.substr(std::min(at, text.size()), piece);
        at += piece;
        return at < text.size() + piece;
    };
}

std::vector<Row> rows_of(TextSource source) {
    std::vector<Row> rows;
    CsvRecords records(std::move(source));
    for (CsvRecord record; records.next(record);) {
        rows.push_back({.line = record.line,
                        .fields = {record.fields.begin(), record.fields.end()},
                        .breach = record.breach,
                        .breach_field = record.breach == CsvBreach::none ? 0 : record.breach_field});
    }
    return rows;
}

/// The same whatever the pieces are.
std::vector<Row> rows_of(const std::string& text) {
    const std::vector<Row> whole = rows_of(source_of(text));
    for (std::size_t piece = 1; piece < text.size(); piece += 1 + piece / 8) {
        EXPECT_EQ(rows_of(in_pieces(text, piece)), whole) << "pieces of " << piece;
    }
    return whole;
}

TEST(CsvRecords, QuotesProtectCommasQuotesAndLineEnds) {
    EXPECT_THAT(rows_of("a,\"b,\"\"c\"\"\"\n\"d\ne\r\nf\",\n"),
                ElementsAre(Row{1, {"a", "b,\"c\""}}, Row{2, {"d\ne\r\nf", ""}}));
}

TEST(CsvRecords, LineEndsOfAnyKindAndAByteOrderMark) {
    const std::vector<Row> expected{{1, {"a", "b"}}, {2, {"c", "d"}}, {3, {"e", "f"}}};
    EXPECT_EQ(rows_of("a,b\nc,d\ne,f\n"), expected);
    EXPECT_EQ(rows_of("a,b\r\nc,d\r\ne,f"), expected);
    EXPECT_EQ(rows_of("a,b\rc,d\re,f\r"), expected);
    EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                      "a,b\nc,d\r\ne,f"),
              expected);
}

TEST(CsvRecords, LinesArePhysical) {
    const auto rows = rows_of("h\n\"one\ntwo\n\"\"three\"\nlast\n");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].line, 2U);
    EXPECT_EQ(rows[2].line, 5U);
}

TEST(CsvRecords, EmptyTextsAndEmptyLines) {
    EXPECT_TRUE(rows_of("").empty());
    EXPECT_TRUE(rows_of("\xEF\xBB\xBF").empty());
    EXPECT_THAT(rows_of("a\n\nb\n"), ElementsAre(Row{1, {"a"}}, Row{2, {""}}, Row{3, {"b"}}));
    EXPECT_THAT(rows_of(",\n"), ElementsAre(Row{1, {"", ""}}));
}

TEST(CsvRecords, OneBrokenQuoteCostsOneRecord) {
    EXPECT_THAT(rows_of("a,b\nx,\"open\ny,\"shut\"\nz,1\n"),
                ElementsAre(Row{1, {"a", "b"}}, Row{2, {}, CsvBreach::text_after_quote, 1},
                            Row{3, {"y", "shut"}}, Row{4, {"z", "1"}}));
    EXPECT_THAT(rows_of("a,b\nx,\"open\ny,1\n"),
                ElementsAre(Row{1, {"a", "b"}}, Row{2, {}, CsvBreach::open_quote, 1}, Row{3, {"y", "1"}}));
    EXPECT_THAT(rows_of("a\"b,c\nd,e"),
                ElementsAre(Row{1, {}, CsvBreach::stray_quote, 0}, Row{2, {"d", "e"}}));
}

TEST(CsvRecords, NulAndBytesThatAreNotUtf8) {
    EXPECT_THAT(rows_of(std::string("a,b\nc,d\0e\nf,g\n", 14)),
                ElementsAre(Row{1, {"a", "b"}}, Row{2, {"c", std::string("d\0e", 3)}, CsvBreach::nul_byte, 1},
                            Row{3, {"f", "g"}}));
    for (const std::string bad : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                  "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
        const auto rows = rows_of("fine\nx," + bad + ",z\nfine\n");
        ASSERT_EQ(rows.size(), 3U) << ::testing::PrintToString(bad);
        EXPECT_EQ(rows[1].breach, CsvBreach::not_utf8) << ::testing::PrintToString(bad);
        EXPECT_EQ(rows[1].breach_field, 1U);
    }
    for (const std::string good : {"é", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
        EXPECT_EQ(rows_of(good + "\n").front().breach, CsvBreach::none) << good;
    }
}

TEST(CsvRecords, AnEndlessLineIsRefusedInBoundedMemory) {
    std::size_t pieces = 0;
    std::size_t longest = 0;
    CsvRecords records([&](std::string& buffer) {
        longest = std::max(longest, buffer.size());
        buffer += pieces < 100 ? std::string(1 << 20, 'x') : "\nnext\n";
        return pieces++ <= 100;
    });
    CsvRecord record;
    ASSERT_TRUE(records.next(record));
    EXPECT_EQ(record.breach, CsvBreach::too_long);
    ASSERT_TRUE(records.next(record));
    EXPECT_THAT(record.fields, ElementsAre("next"));
    EXPECT_EQ(record.line, 2U);
    EXPECT_LT(longest, std::size_t{4} << 20);
}

} // namespace
} // namespace suite
