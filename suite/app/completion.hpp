// Shell completions, made from the option tables.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "suite/app/command_table.hpp"

namespace suite::app {

/// Values that shells offer, by metavar: {"PROFILE", {"laptop", …}}. DIR and FILE are left to the shell,
/// "a|b|c" speaks for itself.
using CompletionValues = std::map<std::string, std::vector<std::string>>;

/// Scripts to be sourced, or put where the shell looks for completions.
[[nodiscard]] std::string bash_completion(const CommandEntry& program, const CompletionValues& values);
[[nodiscard]] std::string zsh_completion(const CommandEntry& program, const CompletionValues& values);
[[nodiscard]] std::string fish_completion(const CommandEntry& program, const CompletionValues& values);

} // namespace suite::app
