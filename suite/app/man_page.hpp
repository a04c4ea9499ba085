// The manual page, made from the option tables.
#pragma once

#include <string>
#include <string_view>

#include "suite/app/command_table.hpp"

namespace suite::app {

/// transferscale(1) in the `man` macros of roff, ASCII only.
[[nodiscard]] std::string man_page(const CommandEntry& program, std::string_view version);

} // namespace suite::app
