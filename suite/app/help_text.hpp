// Help texts, 80 columns wide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "suite/app/command_table.hpp"

namespace suite::app {

/// `text` in lines of at most `width` columns, broken at blanks (a longer word keeps a line of its own).
/// Columns are counted in UTF-8 characters.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// "LABEL     text": the text wrapped, 80 columns in all, from column `indent` on; a longer label has a line
/// of its own.
[[nodiscard]] std::string labelled(const std::string& label, std::string_view text, std::size_t indent);

/// What `--help` prints: usage, summary, positional arguments, options group by group, commands group by
/// group.
[[nodiscard]] std::string help_text(const CommandEntry& command);

} // namespace suite::app
