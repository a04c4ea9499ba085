// Tables as text that fit a terminal: columns as wide as their content, the first of several layouts that
// fits, wide tables folded, long reasons as footnotes. Private to reports.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/format/terminal.hpp"

namespace reports {

/// Texts that several cells share, without duplicates, in the order of their first use.
class Footnotes {
public:
    /// The number of this text, from 1; 0 for "".
    std::size_t number(const std::string& text);
    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
    /// " [1] TEXT" and so on, each wrapped to `columns`.
    [[nodiscard]] std::string plain(std::size_t columns) const;

private:
    std::vector<std::string> texts_;
};
/// "[3]"; "" for 0.
[[nodiscard]] std::string footnote_mark(std::size_t number);

/// A text of a table and the escape sequence that colours it ("" for none).
struct TextCell {
    std::string text;
    std::string_view colour{};
};

enum class Align { left, right };

struct TextColumn {
    std::string heading;
    Align align = Align::left;
};

class TextTable {
public:
    /// `indent`: blanks before every line.
    explicit TextTable(std::vector<TextColumn> columns, std::size_t indent = 1);
    /// As many cells as there are columns.
    void add_row(std::vector<TextCell> cells);
    /// A line of its own, after an empty one.
    void add_group(std::string title);
    /// Of the longest row.
    [[nodiscard]] std::size_t columns() const;
    /// Headings and rows in order; no blanks at the ends of lines.
    [[nodiscard]] std::string text(Colours colours) const;

private:
    struct Row {
        std::string group; ///< "" for a row of cells
        std::vector<TextCell> cells;
    };
    [[nodiscard]] std::vector<std::size_t> widths() const;

    std::vector<TextColumn> columns_;
    std::vector<Row> rows_;
    std::size_t indent_;
};

/// The first of these tables that fits, or the last one: they say less and less.
[[nodiscard]] const TextTable& first_that_fits(const std::vector<TextTable>& tables, std::size_t columns);

} // namespace reports
