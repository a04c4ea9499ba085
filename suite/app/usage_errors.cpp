#include "suite/app/usage_errors.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/app/command_table.hpp"
#include "suite/base/names.hpp"

namespace suite::app {
namespace {

std::vector<std::string> command_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::App* part : command.get_subcommands({})) {
        names.push_back(part->get_name());
    }
    return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
        for (const std::string& name : option->get_snames()) {
            names.push_back("-" + name);
        }
    }
    return names;
}

Fault unknown_name(const std::string& kind, const std::string& name, const std::vector<std::string>& valid,
                   const std::string& help) {
    const std::vector<std::string> nearest = nearest_names(name, valid, 1);
    return {.where = kind,
            .found = "'" + name + "'",
            .expected = expected_names(name, valid),
            .fix = nearest.empty() ? "see `" + help + "`" : "use " + nearest.front()};
}

std::string called(const std::string& path) {
    return path.empty() ? "transferscale" : "transferscale " + path;
}

/// The commands that were named, the program first.
struct NamedCommand {
    const CLI::App* command;
    std::string path;
    std::size_t words = 0; ///< that name it
};

NamedCommand named_command(const CLI::App& root, const std::vector<std::string>& words) {
    NamedCommand named{.command = &root, .path = ""};
    for (const std::string& word : words) {
        const std::vector<std::string> names = command_names(*named.command);
        if (std::find(names.begin(), names.end(), word) == names.end()) {
            break;
        }
        named.command = named.command->get_subcommand(word);
        named.path += (named.path.empty() ? "" : " ") + word;
        ++named.words;
    }
    return named;
}

Fault missing_command(const NamedCommand& named) {
    return {.where = called(named.path),
            .found = "no command",
            .expected = expected_names("", command_names(*named.command)),
            .fix = fmt::format("see `{} --help`", called(named.path))};
}

std::vector<Fault> unknown_options(const NamedCommand& named, const std::vector<std::string>& words) {
    const std::vector<std::string> names = option_names(*named.command);
    std::vector<Fault> faults;
    for (const std::string& word : words) {
        const std::string name = word.substr(0, word.find('='));
        if (name.starts_with("--") && name.size() > 2 &&
            std::find(names.begin(), names.end(), name) == names.end()) {
            faults.push_back(unknown_name("option", name, names, called(named.path) + " --help"));
        }
    }
    return faults;
}

std::vector<Fault> missing_arguments(const NamedCommand& named) {
    std::vector<Fault> faults;
    for (const CLI::Option* option : named.command->get_options()) {
        if (option->get_required() && option->count() == 0) {
            const bool is_positional = option->get_positional();
            const std::string name = option->get_name();
            faults.push_back(
                {.where = called(named.path),
                 .found = "no " + name,
                 .expected = is_positional ? option->get_type_name() : name + " " + option->get_type_name(),
                 .fix = fmt::format("see `{} --help`", called(named.path))});
        }
    }
    return faults;
}

std::vector<Fault> superfluous_arguments(const NamedCommand& named) {
    std::vector<Fault> faults;
    for (const std::string& word : named.command->remaining()) {
        faults.push_back({.where = called(named.path),
                          .found = "'" + word + "'",
                          .expected = "no further argument",
                          .fix = fmt::format("see `{} --help`", called(named.path))});
    }
    return faults;
}

/// CLI11 puts the option's name first: "--jobs: 1 required INT missing".
Fault fault_of(const CLI::ParseError& refusal, const std::string& help) {
    const std::string text = refusal.what();
    const std::size_t colon = text.find(": ");
    if (text.starts_with("--") && colon != std::string::npos) {
        const bool has_no_value = dynamic_cast<const CLI::ArgumentMismatch*>(&refusal) != nullptr;
        return {.where = text.substr(0, colon),
                .found = has_no_value ? "no value" : text.substr(colon + 2),
                .expected = has_no_value ? "one" : "",
                .fix = help};
    }
    return {.where = "command line", .found = text, .expected = "", .fix = help};
}

} // namespace

const CLI::App& find_command(const CLI::App& root, const std::vector<std::string>& words) {
    const NamedCommand named = named_command(root, words);
    if (named.words < words.size()) {
        throw Error(ErrorKind::usage,
                    unknown_name("command", words[named.words], command_names(*named.command),
                                 called(named.path) + " --help"));
    }
    return *named.command;
}

Error usage_error(const CLI::App& root, const CLI::ParseError& refusal,
                  const std::vector<std::string>& words) {
    const NamedCommand named = named_command(root, words);
    const bool takes_command = !command_names(*named.command).empty();
    const bool names_unknown =
        takes_command && named.words < words.size() && !words[named.words].starts_with('-');
    if (names_unknown) {
        return {ErrorKind::usage, unknown_name("command", words[named.words], command_names(*named.command),
                                               called(named.path) + " --help")};
    }
    std::vector<Fault> faults = unknown_options(named, words);
    if (faults.empty() && takes_command && !named.path.empty()) {
        faults = {missing_command(named)};
    }
    if (faults.empty() && dynamic_cast<const CLI::RequiredError*>(&refusal) != nullptr) {
        faults = missing_arguments(named);
    }
    if (faults.empty() && dynamic_cast<const CLI::ExtrasError*>(&refusal) != nullptr) {
        faults = superfluous_arguments(named);
    }
    if (faults.empty()) {
        faults = {fault_of(refusal, fmt::format("see `{} --help`", called(named.path)))};
    }
    return {ErrorKind::usage, std::move(faults)};
}

Error no_command() {
    return {ErrorKind::usage,
            Fault{.where = "no command given",
                  .found = "",
                  .expected = "",
                  .fix = "try `transferscale list`; `transferscale --help` names all commands"}};
}

} // namespace suite::app
