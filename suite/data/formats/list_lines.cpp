#include "suite/data/formats/list_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/shell.hpp"

namespace suite::data {
namespace {

constexpr std::size_t longest_line_bytes = 4096;
constexpr std::string_view blanks = " \t";

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;
         at = line.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end;
    }
    return fields;
}

/// Takes the next line off the text, with its line end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, text.size()));
    return line;
}

LabelFault file_problem(const std::string& file, std::string found, std::string expected, std::string fix) {
    return {.file = file,
            .line = 0,
            .column = {},
            .found = std::move(found),
            .expected = std::move(expected),
            .fix = std::move(fix)};
}

} // namespace

std::string_view without_outer_blanks(std::string_view text) noexcept {
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::vector<ListLine> lines_of(std::string_view text, const std::string& file, LabelFaults& faults) {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
        faults.add(file_problem(file, "UTF-16 text", "UTF-8 or ASCII text",
                                fmt::format("iconv -f UTF-16 -t UTF-8 {0} > {1} && mv {1} {0}",
                                            single_quoted(file), single_quoted(file + ".new"))));
        return {};
    }
    if (text.starts_with("\xef\xbb\xbf")) {
        text.remove_prefix(3);
    }
    std::vector<ListLine> lines;
    bool has_entries = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        ListLine line{.number = number, .text = without_outer_blanks(take_line(text)), .fields = {}};
        const bool has_nul = line.text.find('\0') != std::string_view::npos;
        if (has_nul || line.text.size() > longest_line_bytes) {
            faults.add(
                line_fault(file, line, has_nul ? "a NUL byte" : "more than 4,096 bytes", "a line of text"));
            has_entries = true;
            continue;
        }
        line.fields = fields_of(line.text);
        if (!line.fields.empty() && line.fields.front().front() != '#') {
            lines.push_back(std::move(line));
        }
    }
    if (lines.empty() && !has_entries) {
        faults.add(file_problem(file, "no entries", "one a line", "obtain the file again"));
    }
    return lines;
}

LabelFault line_fault(const std::string& file, const ListLine& line, std::string found,
                      std::string expected) {
    return {.file = file,
            .line = line.number,
            .column = {},
            .found = std::move(found),
            .expected = std::move(expected),
            .fix = "obtain the file again"};
}

} // namespace suite::data
