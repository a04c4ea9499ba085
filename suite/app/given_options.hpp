// Options of a command as they were given, for other commands to repeat. They are read from the parser's own
// table: a new option of `run` is repeated by the jobs of `submit` without a line of its own.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace suite::app {

struct GivenOption {
    std::string name;                  ///< "--profile"
    std::vector<std::string> values{}; ///< checked, short forms written out; none of a flag
    bool is_path = false;              ///< the values are files or folders
};

/// What the command line, or an option's variable, gave to `command`, in the order in which its options are
/// declared; without positional arguments, --json, --quiet.
[[nodiscard]] std::vector<GivenOption> given_options(const CLI::App& command);

/// Of these options those that every one of the commands takes.
[[nodiscard]] std::vector<GivenOption> known_to(std::span<const CLI::App* const> commands,
                                                std::vector<GivenOption> options);

enum class Paths { as_given, absolute };

/// {"--profile", "smoke", "--strict"}: the words that say the same on a command line.
[[nodiscard]] std::vector<std::string> to_arguments(const std::vector<GivenOption>& options, Paths paths);

} // namespace suite::app
