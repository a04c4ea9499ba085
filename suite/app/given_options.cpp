#include "suite/app/given_options.hpp"

#include <algorithm>
#include <filesystem>

#include "suite/app/command_table.hpp"

namespace suite::app {
namespace {

GivenOption given_option(const CLI::Option& option) {
    GivenOption given{.name = option.get_name()};
    if (option.get_items_expected_max() > 0) {
        given.values = option.results();
        given.is_path = option.get_type_name() == "DIR" || option.get_type_name() == "FILE";
    }
    return given;
}

std::string path_text(const std::string& path, Paths paths) {
    return paths == Paths::absolute ? std::filesystem::absolute(path).lexically_normal().string() : path;
}

} // namespace

std::vector<GivenOption> given_options(const CLI::App& command) {
    std::vector<GivenOption> given;
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() > 0 && !option->get_positional() && option->get_group() != output_group) {
            given.push_back(given_option(*option));
        }
    }
    return given;
}

std::vector<GivenOption> known_to(std::span<const CLI::App* const> commands,
                                  std::vector<GivenOption> options) {
    std::erase_if(options, [commands](const GivenOption& option) {
        return !std::ranges::all_of(commands, [&option](const CLI::App* command) {
            return command->get_option_no_throw(option.name) != nullptr;
        });
    });
    return options;
}

std::vector<std::string> to_arguments(const std::vector<GivenOption>& options, Paths paths) {
    std::vector<std::string> words;
    for (const GivenOption& option : options) {
        if (option.values.empty()) {
            words.push_back(option.name);
        }
        for (const std::string& value : option.values) {
            words.insert(words.end(), {option.name, option.is_path ? path_text(value, paths) : value});
        }
    }
    return words;
}

} // namespace suite::app
