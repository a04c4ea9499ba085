#include "suite/app/completion.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/shell.hpp"

namespace suite::app {
namespace {

std::vector<std::string> values_of(const OptionEntry& option, const CompletionValues& values) {
    const auto named = values.find(option.metavar);
    return named != values.end() ? named->second : fixed_values(option.metavar);
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t place = text.find(from); place != std::string::npos;
         place = text.find(from, place + to.size())) {
        text.replace(place, from.size(), to);
    }
    return text;
}

/// This command and all of its parts, outermost first.
void collect(const CommandEntry& command, std::vector<const CommandEntry*>& all) {
    all.push_back(&command);
    for (const CommandEntry& part : command.parts) {
        collect(part, all);
    }
}

std::vector<std::string> names_of_parts(const CommandEntry& command) {
    std::vector<std::string> names;
    for (const CommandEntry& part : command.parts) {
        names.push_back(part.name());
    }
    return names;
}

// ---- bash ----

/// What follows an option with a value: words, folders, files, or nothing.
std::string bash_values(const OptionEntry& option, const CompletionValues& values) {
    if (option.metavar == "DIR") {
        return "_transferscale_paths -d";
    }
    if (option.metavar == "FILE") {
        return "_transferscale_paths -f";
    }
    const std::vector<std::string> words = values_of(option, values);
    return words.empty() ? ":" : fmt::format("_transferscale_words '{}'", joined(words));
}

std::string bash_command(const CommandEntry& command, const CompletionValues& values) {
    std::vector<std::string> options;
    std::vector<std::string> words = names_of_parts(command);
    std::string cases;
    bool takes_files = false;
    for (const OptionEntry& option : command.options) {
        if (option.is_positional) {
            const std::vector<std::string> own = values_of(option, values);
            words.insert(words.end(), own.begin(), own.end());
            takes_files = takes_files || option.metavar == "FILE";
            continue;
        }
        options.insert(options.end(), option.names.begin(), option.names.end());
        if (!option.is_flag()) {
            cases += fmt::format("        {}) {}; return ;;\n", fmt::join(option.names, "|"),
                                 bash_values(option, values));
        }
    }
    return fmt::format("    '{}')\n        case $previous in\n{}        esac\n"
                       "        options='{}' words='{}'{} ;;\n",
                       command.path, cases, joined(options), joined(words), takes_files ? " files=-f" : "");
}

// ---- zsh ----

std::string zsh_escaped(const std::string& text) {
    return replaced(replaced(replaced(text, "[", "\\["), "]", "\\]"), ":", "\\:");
}

std::string zsh_function(const CommandEntry& command) {
    return "_transferscale" + (command.path.empty() ? "" : "_" + replaced(command.path, " ", "_"));
}

/// ":METAVAR:action"
std::string zsh_value(const OptionEntry& option, const CompletionValues& values) {
    if (option.is_flag()) {
        return "";
    }
    const std::vector<std::string> words = values_of(option, values);
    const std::string action = option.metavar == "DIR"    ? "_files -/"
                               : option.metavar == "FILE" ? "_files"
                               : words.empty()            ? " "
                                                          : "(" + joined(words) + ")";
    return fmt::format(":{}:{}", words.empty() ? option.metavar : "value", action);
}

std::string zsh_option(const OptionEntry& option, const std::string& name, const CompletionValues& values) {
    const std::string repeated = option.is_repeated ? "*" : "";
    return single_quoted(
        fmt::format("{}{}[{}]{}", repeated, name, zsh_escaped(option.help), zsh_value(option, values)));
}

std::string zsh_parts(const CommandEntry& command) {
    std::string text = "    local -a commands=(\n";
    for (const CommandEntry& part : command.parts) {
        text += "        " + single_quoted(part.name() + ":" + replaced(part.summary, ":", "\\:")) + "\n";
    }
    text += "    )\n    case $state in\n    command) _describe -t commands command commands ;;\n"
            "    arguments)\n        case $line[1] in\n";
    for (const CommandEntry& part : command.parts) {
        text += fmt::format("        {}) {} ;;\n", part.name(), zsh_function(part));
    }
    return text + "        esac ;;\n    esac\n";
}

std::string zsh_command(const CommandEntry& command, const CompletionValues& values) {
    std::string arguments;
    for (const OptionEntry& option : command.options) {
        if (option.is_positional) {
            arguments +=
                " \\\n        " + single_quoted((option.is_list ? "*" : "") + zsh_value(option, values));
            continue;
        }
        for (const std::string& name : option.names) {
            arguments += " \\\n        " + zsh_option(option, name, values);
        }
    }
    if (command.parts.empty()) {
        return fmt::format("{}() {{\n    _arguments -s{}\n}}\n\n", zsh_function(command), arguments);
    }
    return fmt::format("{}() {{\n    local state line curcontext=$curcontext\n    typeset -A opt_args\n"
                       "    _arguments -C{} \\\n        '1: :->command' '*:: :->arguments'\n{}}}\n\n",
                       zsh_function(command), arguments, zsh_parts(command));
}

// ---- fish ----

/// "this command was named": of a part, with all the words of its path; of a command whose name a part has,
/// too, without that part's parent.
std::string fish_condition(const CommandEntry& program, const CommandEntry& command) {
    if (command.path.empty()) {
        return "__fish_use_subcommand";
    }
    std::string condition =
        "__fish_seen_subcommand_from " + replaced(command.path, " ", "; and __fish_seen_subcommand_from ");
    if (command.path.find(' ') != std::string::npos) {
        return condition;
    }
    for (const CommandEntry& other : program.parts) {
        const std::vector<std::string> names = names_of_parts(other);
        if (std::find(names.begin(), names.end(), command.path) != names.end()) {
            condition += "; and not __fish_seen_subcommand_from " + other.name();
        }
    }
    return condition;
}

std::string fish_value(const OptionEntry& option, const CompletionValues& values) {
    if (option.is_flag()) {
        return "";
    }
    const std::vector<std::string> words = values_of(option, values);
    return option.metavar == "DIR"    ? " -x -a '(__fish_complete_directories)'"
           : option.metavar == "FILE" ? " -r -F"
           : words.empty()            ? " -x"
                                      : " -x -a " + single_quoted(joined(words));
}

std::string fish_option(const OptionEntry& option, const CompletionValues& values) {
    if (option.is_positional) {
        const std::vector<std::string> words = values_of(option, values);
        return words.empty() ? (option.metavar == "FILE" ? " -F" : "")
                             : " -a " + single_quoted(joined(words));
    }
    std::string text;
    for (const std::string& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    return text + fish_value(option, values) + " -d " + single_quoted(option.help);
}

} // namespace

std::string bash_completion(const CommandEntry& program, const CompletionValues& values) {
    std::vector<const CommandEntry*> commands;
    collect(program, commands);
    std::string paths;
    std::string cases;
    for (const CommandEntry* command : commands) {
        cases += bash_command(*command, values);
        if (!command->path.empty()) {
            paths += (paths.empty() ? "'" : " | '") + command->path + "'";
        }
    }
    return fmt::format(R"(# Completion of transferscale for bash; `transferscale completion bash` prints it.
_transferscale_words() {{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}}

_transferscale_paths() {{
    mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
    compopt -o filenames 2>/dev/null
}}

_transferscale() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local path= next options= words= files= i
    COMPREPLY=()
    # bash takes "--profile=laptop" for three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = && $COMP_CWORD -ge 2 ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        next=${{path:+$path }}${{COMP_WORDS[i]}}
        case $next in
        {}) path=$next ;;
        esac
    done
    case $path in
{}    esac
    if [[ $current == -* ]]; then
        _transferscale_words "$options"
    elif [[ -n $files ]]; then
        _transferscale_paths "$files"
    else
        _transferscale_words "$words"
    fi
}}
complete -F _transferscale transferscale
)",
                       paths, cases);
}

std::string zsh_completion(const CommandEntry& program, const CompletionValues& values) {
    std::vector<const CommandEntry*> commands;
    collect(program, commands);
    std::string text = "#compdef transferscale\n"
                       "# Completion of transferscale for zsh; `transferscale completion zsh` prints it.\n\n";
    for (auto command = commands.rbegin(); command != commands.rend(); ++command) { // parts first
        text += zsh_command(**command, values);
    }
    return text + "if [[ $funcstack[1] == _transferscale ]]; then\n    _transferscale \"$@\"\nelse\n"
                  "    compdef _transferscale transferscale\nfi\n";
}

std::string fish_completion(const CommandEntry& program, const CompletionValues& values) {
    std::vector<const CommandEntry*> commands;
    collect(program, commands);
    std::string text = "# Completion of transferscale for fish; `transferscale completion fish` prints it.\n"
                       "complete -c transferscale -f\n";
    for (const CommandEntry* command : commands) {
        const std::string start =
            "complete -c transferscale -n " + single_quoted(fish_condition(program, *command));
        std::string no_part = fish_condition(program, *command);
        if (!command->path.empty()) {
            no_part += "; and not __fish_seen_subcommand_from " + joined(names_of_parts(*command));
        }
        for (const CommandEntry& part : command->parts) {
            text += fmt::format("complete -c transferscale -n {} -a {} -d {}\n", single_quoted(no_part),
                                single_quoted(part.name()), single_quoted(part.summary));
        }
        for (const OptionEntry& option : command->options) {
            const std::string what = fish_option(option, values);
            text += what.empty() ? "" : start + what + "\n";
        }
    }
    return text;
}

} // namespace suite::app
