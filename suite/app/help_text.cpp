#include "suite/app/help_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace suite::app {
namespace {

constexpr std::size_t help_columns = 80;
constexpr std::size_t left_columns = 24; ///< of names; longer ones get a line of their own
constexpr std::string_view program = "transferscale";

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](unsigned char letter) { return (letter & 0xC0) != 0x80; }));
}

std::string entry_text(const std::string& name, const std::string& text) {
    return labelled("  " + name, text, left_columns);
}

std::string described(const OptionEntry& option) {
    std::string text = option.help;
    if (!option.usual.empty()) {
        text += fmt::format(" (default: {})", option.usual);
    }
    if (!option.environment.empty()) {
        text += fmt::format(" (environment: {})", option.environment);
    }
    if (option.is_required && !option.is_positional) {
        text += " (required)";
    }
    return text;
}

std::string usage_line(const CommandEntry& command) {
    std::string usage = fmt::format("usage: {}{}{}", program, command.path.empty() ? "" : " ", command.path);
    if (!command.parts.empty()) {
        usage += " COMMAND";
    }
    for (const OptionEntry& option : command.options) {
        if (option.is_positional || option.is_required) {
            usage += " " + usage_of(option);
        }
    }
    usage += " [options]";
    std::string text;
    for (const std::string& line : wrapped(usage, help_columns - 2)) {
        text += (text.empty() ? "" : "  ") + line + "\n";
    }
    return text;
}

std::string options_text(const CommandEntry& command) {
    std::string text;
    std::string group;
    for (const OptionEntry& option : command.options) {
        if (option.is_positional) {
            continue;
        }
        if (option.group != group) {
            group = option.group;
            text += "\n" + group + ":\n";
        }
        text += entry_text(usage_of(option), described(option));
    }
    return text;
}

std::string positionals_text(const CommandEntry& command) {
    std::string text;
    for (const OptionEntry& option : command.options) {
        if (option.is_positional) {
            text += entry_text(option.metavar, described(option));
        }
    }
    return text.empty() ? "" : "\n" + text;
}

std::string commands_text(const CommandEntry& command) {
    std::vector<std::string> groups;
    for (const CommandEntry& part : command.parts) {
        if (std::find(groups.begin(), groups.end(), part.group) == groups.end()) {
            groups.push_back(part.group);
        }
    }
    std::stable_partition(groups.begin(), groups.end(),
                          [](const std::string& group) { return group != more_commands; });
    std::string text;
    for (const std::string& group : groups) {
        text += "\n" + group + ":\n";
        for (const CommandEntry& part : command.parts) {
            if (part.group == group) {
                text += entry_text(part.name(), part.summary);
            }
        }
    }
    return text;
}

} // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string word(text.substr(begin, end - begin));
        begin = end + 1;
        if (!line.empty() && columns_of(line) + 1 + columns_of(word) > width) {
            lines.push_back(std::move(line));
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) {
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string labelled(const std::string& label, std::string_view text, std::size_t indent) {
    const std::string margin(indent, ' ');
    const std::size_t used = columns_of(label);
    std::string lines = label;
    lines += used < indent ? std::string(indent - used, ' ') : "\n" + margin;
    bool is_first = true;
    for (const std::string& line : wrapped(text, help_columns - indent)) {
        lines += (is_first ? "" : margin) + line + "\n";
        is_first = false;
    }
    return is_first ? lines + "\n" : lines;
}

std::string help_text(const CommandEntry& command) {
    std::string text = usage_line(command) + "\n";
    for (const std::string& line : wrapped(command.summary, help_columns)) {
        text += line + "\n";
    }
    text += positionals_text(command) + commands_text(command) + options_text(command);
    if (!command.parts.empty()) {
        text += fmt::format("\n`{} help {}COMMAND` says more about one of them.\n", program,
                            command.path.empty() ? "" : command.path + " ");
    }
    return text;
}

} // namespace suite::app
