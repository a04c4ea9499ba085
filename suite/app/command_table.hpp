// The commands and their options as plain values, read from CLI11's tables: help texts, the man page and
// shell completions are all made from these.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace suite::app {

/// Groups of options, in the order in which help texts print them; `common_group` has no name of its own to
/// CLI11.
inline const std::string common_group = "Options";
inline const std::string data_group = "Data";
inline const std::string ranks_group = "Ranks, reduction and precision";
inline const std::string smaller_group = "Smaller runs, for trying out (no verdicts)";
inline const std::string rare_group = "Rarely needed";
inline const std::string output_group = "Help and output";

/// The group of commands that help texts print last.
inline const std::string more_commands = "More";

struct OptionEntry {
    std::vector<std::string> names; ///< "--profile", or "-h", "--help"; of a positional one its metavar
    std::string metavar;            ///< "" of a flag; "a|b|c" where these are all values
    std::string help;
    std::string group;
    std::string usual;       ///< default value, "" = none
    std::string environment; ///< variable that gives the value, too; "" = none
    bool is_positional = false;
    bool is_required = false;
    bool is_list = false;     ///< takes several values at once
    bool is_repeated = false; ///< may be given several times

    [[nodiscard]] bool is_flag() const { return !is_positional && metavar.empty(); }
};

struct CommandEntry {
    std::string path; ///< "data check"; "" of the program
    std::string summary;
    std::string group;
    std::vector<OptionEntry> options; ///< common ones first, then group by group
    std::vector<CommandEntry> parts;  ///< its own commands, in the order of their registration

    [[nodiscard]] std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// `path`: under which the command is called, "" for the program itself.
[[nodiscard]] CommandEntry command_entry(const CLI::App& command, const std::string& path = "");

/// The values of a metavar "a|b|c"; empty of any other metavar.
[[nodiscard]] std::vector<std::string> fixed_values(const std::string& metavar);

/// "WORKLOAD...", "[FILE]", "--profile PROFILE", "-h, --help".
[[nodiscard]] std::string usage_of(const OptionEntry& option);

} // namespace suite::app
