#include "suite/app/command_table.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suite::app {
namespace {

/// CLI11 group of what is not shown.
const std::string hidden;

OptionEntry option_entry(const CLI::Option& option) {
    OptionEntry entry{.help = option.get_description(),
                      .group = option.get_group(),
                      .usual = option.get_default_str(),
                      .environment = option.get_envname(),
                      .is_positional = option.get_positional(),
                      .is_required = option.get_required(),
                      .is_list = option.get_items_expected_max() > 1,
                      .is_repeated = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll};
    if (option.get_items_expected_max() > 0) {
        entry.metavar = option.get_type_name();
    }
    if (entry.is_positional) {
        entry.names = {entry.metavar};
        return entry;
    }
    for (const std::string& name : option.get_snames()) {
        entry.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        entry.names.push_back("--" + name);
    }
    return entry;
}

/// Common options first, help and output last, other groups between them in order of their first option.
void sort_by_group(std::vector<OptionEntry>& options) {
    std::vector<std::string> groups{common_group};
    for (const OptionEntry& option : options) {
        if (option.group != output_group) {
            groups.push_back(option.group);
        }
    }
    groups.push_back(output_group);
    std::stable_sort(options.begin(), options.end(), [&groups](const OptionEntry& a, const OptionEntry& b) {
        return std::find(groups.begin(), groups.end(), a.group) <
               std::find(groups.begin(), groups.end(), b.group);
    });
}

} // namespace

CommandEntry command_entry(const CLI::App& command, const std::string& path) {
    CommandEntry entry{.path = path, .summary = command.get_description(), .group = command.get_group()};
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_group() != hidden) {
            entry.options.push_back(option_entry(*option));
        }
    }
    sort_by_group(entry.options);
    for (const CLI::App* part : command.get_subcommands({})) {
        entry.parts.push_back(command_entry(*part, path + (path.empty() ? "" : " ") + part->get_name()));
    }
    return entry;
}

std::vector<std::string> fixed_values(const std::string& metavar) {
    std::vector<std::string> values;
    if (metavar.find('|') == std::string::npos) {
        return values;
    }
    for (std::size_t begin = 0; begin <= metavar.size();) {
        const std::size_t end = std::min(metavar.find('|', begin), metavar.size());
        values.push_back(metavar.substr(begin, end - begin));
        begin = end + 1;
    }
    return values;
}

std::string usage_of(const OptionEntry& option) {
    if (option.is_positional) {
        const std::string text = option.metavar + (option.is_list ? "..." : "");
        return option.is_required ? text : "[" + text + "]";
    }
    const std::string names = fmt::format("{}", fmt::join(option.names, ", "));
    return option.is_flag() ? names : names + " " + option.metavar;
}

} // namespace suite::app
