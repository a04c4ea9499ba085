// Comma-separated values by RFC 4180, lines ended by LF. Private to reports.
#pragma once

#include <string>
#include <string_view>

#include "suite/store/table.hpp"

namespace reports {

/// Quoted where the text holds a comma, a quote or an end of line.
[[nodiscard]] std::string csv_field(std::string_view text);
/// A header of the columns' names, then the rows; a missing number is an empty field.
[[nodiscard]] std::string csv_of(const suite::store::Table& table);

} // namespace reports
