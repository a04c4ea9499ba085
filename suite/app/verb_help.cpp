// help, completion and man: three views of the option tables.
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "provenance_generated.hpp"
#include "suite/app/completion.hpp"
#include "suite/app/help_text.hpp"
#include "suite/app/man_page.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/usage_errors.hpp"
#include "suite/app/verbs.hpp"

namespace suite::app {
namespace {

struct HelpOptions {
    std::vector<std::string> command;
    std::string shell;
    OutputOptions output;
};

/// `text` as it is, or as the one field of a JSON document.
int print_text(const std::string& text, const char* field, bool json) {
    if (json) {
        fmt::print("{}\n", nlohmann::json{{field, text}}.dump(2));
    } else {
        fmt::print("{}", text);
    }
    return 0;
}

int help(const CLI::App& root, const HelpOptions& options) {
    const CLI::App& command = find_command(root, options.command);
    const std::string path = fmt::format("{}", fmt::join(options.command, " "));
    return print_text(help_text(command_entry(command, path)), "help", options.output.json);
}

CompletionValues completion_values(const CommandEntry& program) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    std::vector<std::string> workloads = plan::workload_ids(catalog);
    workloads.emplace_back("all");
    for (const auto& [id, study] : catalog.studies) {
        workloads.push_back(id);
    }
    std::vector<std::string> commands;
    for (const CommandEntry& part : program.parts) {
        commands.push_back(part.name());
    }
    return {{"WORKLOAD", workloads},
            {"PROFILE", names_of(catalog.profiles)},
            {"SYSTEM", names_of(catalog.systems)},
            {"DATASET", names_of(catalog.data_sets)},
            {"NETWORK", names_of(catalog.networks)},
            {"COMMAND", commands}};
}

int completion(const CLI::App& root, const HelpOptions& options) {
    const CommandEntry program = command_entry(root);
    const CompletionValues values = completion_values(program);
    const std::string text = options.shell == "bash"  ? bash_completion(program, values)
                             : options.shell == "zsh" ? zsh_completion(program, values)
                                                      : fish_completion(program, values);
    return print_text(text, "script", options.output.json);
}

} // namespace

void register_help(Dispatcher& dispatcher) {
    auto options = std::make_shared<HelpOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "help", "Explains a command, as `transferscale COMMAND --help` does",
                 options->output, [options, &root = dispatcher.root] { return help(root, *options); });
    verb->add_option("command", options->command, "A command, such as run or data check; none: all commands")
        ->type_name("COMMAND");
}

void register_completion(Dispatcher& dispatcher) {
    auto options = std::make_shared<HelpOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "completion", "Prints a script that completes commands in a shell",
                 options->output, [options, &root = dispatcher.root] { return completion(root, *options); });
    one_of(verb->add_option("shell", options->shell, "The shell"), {"bash", "zsh", "fish"})->required();
}

void register_man(Dispatcher& dispatcher) {
    auto options = std::make_shared<HelpOptions>();
    add_verb(dispatcher, "man", "Prints the manual page; `transferscale man | man -l -` shows it",
             options->output, [options, &root = dispatcher.root] {
                 return print_text(man_page(command_entry(root), build_provenance::project_version), "page",
                                   options->output.json);
             });
}

} // namespace suite::app
