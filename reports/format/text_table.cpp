#include "reports/format/text_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/format/text_format.hpp"

namespace reports {
namespace {

constexpr std::size_t gap = 2;
constexpr std::string_view colour_off = "\033[0m";

std::string painted(std::string_view padded, std::string_view colour, Colours colours) {
    return colours == Colours::off || colour.empty() ? std::string(padded)
                                                     : fmt::format("{}{}{}", colour, padded, colour_off);
}

} // namespace

std::size_t Footnotes::number(const std::string& text) {
    if (text.empty()) {
        return 0;
    }
    const auto found = std::find(texts_.begin(), texts_.end(), text);
    const auto place = static_cast<std::size_t>(found - texts_.begin());
    if (found == texts_.end()) {
        texts_.push_back(text);
    }
    return place + 1;
}

std::string Footnotes::plain(std::size_t columns) const {
    std::string text;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
        const std::string mark = footnote_mark(i + 1);
        text += " " + wrapped(mark + " " + texts_[i], columns - 1, mark.size() + 2) + "\n";
    }
    return text;
}

std::string footnote_mark(std::size_t number) {
    return number == 0 ? "" : fmt::format("[{}]", number);
}

TextTable::TextTable(std::vector<TextColumn> columns, std::size_t indent)
    : columns_(std::move(columns)), indent_(indent) {}

void TextTable::add_row(std::vector<TextCell> cells) {
    rows_.push_back({.group = "", .cells = std::move(cells)});
}

void TextTable::add_group(std::string title) {
    rows_.push_back({.group = std::move(title), .cells = {}});
}

std::vector<std::size_t> TextTable::widths() const {
    std::vector<std::size_t> widths;
    for (const TextColumn& column : columns_) {
        widths.push_back(columns_of(column.heading));
    }
    for (const Row& row : rows_) {
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            widths[i] = std::max(widths[i], columns_of(row.cells[i].text));
        }
    }
    return widths;
}

std::size_t TextTable::columns() const {
    std::size_t sum = indent_;
    for (const std::size_t width : widths()) {
        sum += width + gap;
    }
    return sum - gap;
}

std::string TextTable::text(Colours colours) const {
    const std::vector<std::size_t> wide = widths();
    const auto line = [&](const std::vector<TextCell>& cells) {
        std::string text(indent_, ' ');
        std::string blanks; // only before what follows: no line ends with them
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string& content = cells[i].text;
            const std::string padding(wide[i] - columns_of(content), ' ');
            if (!content.empty()) {
                text += blanks + (columns_[i].align == Align::right ? padding : "");
                text += painted(content, cells[i].colour, colours);
                blanks = columns_[i].align == Align::right ? "" : padding;
            } else {
                blanks += padding;
            }
            blanks += std::string(gap, ' ');
        }
        return text + "\n";
    };
    std::vector<TextCell> headings;
    for (const TextColumn& column : columns_) {
        headings.push_back({.text = column.heading});
    }
    std::string text = line(headings);
    for (const Row& row : rows_) {
        text += row.group.empty() ? line(row.cells) : "\n" + row.group + "\n";
    }
    return text;
}

const TextTable& first_that_fits(const std::vector<TextTable>& tables, std::size_t columns) {
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [columns](const TextTable& table) { return table.columns() <= columns; });
    return found == tables.end() ? tables.back() : *found;
}

} // namespace reports
