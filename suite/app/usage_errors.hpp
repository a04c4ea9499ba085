// What is wrong with a command line, in the form of all messages: with the nearest valid name.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "suite/base/error.hpp"

namespace suite::app {

/// The command that these words name, from the first word on ("data check"). Throws Error(usage) with the
/// nearest command where a word names none, or where one is missing. `words` may be empty: the program
/// itself.
[[nodiscard]] const CLI::App& find_command(const CLI::App& root, const std::vector<std::string>& words);

/// Everything that explains why CLI11 refused `words`: unknown commands and options, missing and superfluous
/// arguments; CLI11's own sentence where there is nothing better.
[[nodiscard]] Error usage_error(const CLI::App& root, const CLI::ParseError& refusal,
                                const std::vector<std::string>& words);

/// No command was given at all.
[[nodiscard]] Error no_command();

} // namespace suite::app
