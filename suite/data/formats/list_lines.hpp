// List files of data sets, line by line, as people's editors and copies leave them: with a byte-order mark,
// any line ends, blank lines, blanks at line ends. Private to the readers of label files and published sets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/labels/csv.hpp"

namespace suite::data {

/// Without the blanks and tabs at both ends.
[[nodiscard]] std::string_view without_outer_blanks(std::string_view text) noexcept;

/// A line of a list file, and its blank-separated fields.
struct ListLine {
    std::size_t number = 0;
    std::string_view text; ///< without the line end and without blanks at either end
    std::vector<std::string_view> fields;
};

/// The lines that hold anything: empty ones and those that begin with '#' are left out. LF, CRLF and CR end
/// lines; a UTF-8 byte-order mark is skipped. NUL bytes, lines of more than 4,096 bytes, UTF-16 text and a
/// list without entries are faults.
[[nodiscard]] std::vector<ListLine> lines_of(std::string_view text, const std::string& file,
                                             LabelFaults& faults);
[[nodiscard]] LabelFault line_fault(const std::string& file, const ListLine& line, std::string found,
                                    std::string expected);

} // namespace suite::data
