// miniature_trees OUT [--set NAME]… [--oddity NAME]… [--scale N] [--side N]: writes miniatures of the
// published data sets (default: all) below OUT, a new data root. --list prints the names of the oddities.
#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/support/miniature_trees.hpp"

namespace {

using suite::testing::Oddity;

struct Arguments {
    std::string out;
    std::vector<std::string> sets;
    std::vector<std::string> oddities;
    suite::testing::MiniatureOptions options;
};

int number_of(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1) {
        throw std::invalid_argument("'" + text + "' is no number of 1 or more");
    }
    return value;
}

Arguments arguments_of(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_option = words[i].starts_with("--");
        if (!is_option) {
            arguments.out = words[i];
            continue;
        }
        if (i + 1 == words.size()) {
            throw std::invalid_argument(words[i] + " without a value");
        }
        const std::string& value = words[++i];
        if (words[i - 1] == "--set") {
            arguments.sets.push_back(value);
        } else if (words[i - 1] == "--oddity") {
            arguments.oddities.push_back(value);
        } else if (words[i - 1] == "--scale") {
            arguments.options.scale = number_of(value);
        } else if (words[i - 1] == "--side") {
            arguments.options.side = number_of(value);
        } else {
            throw std::invalid_argument("unknown option " + words[i - 1]);
        }
    }
    return arguments;
}

const Oddity& oddity_named(const std::string& name) {
    for (const Oddity& oddity : suite::testing::oddities()) {
        if (oddity.name == name) {
            return oddity;
        }
    }
    throw std::invalid_argument("no oddity '" + name + "'; --list names them");
}

void write(const Arguments& arguments) {
    if (arguments.out.empty()) {
        throw std::invalid_argument("name the folder to write to");
    }
    if (arguments.sets.empty()) {
        suite::testing::write_miniatures(arguments.out, arguments.options);
    }
    for (const std::string& set : arguments.sets) {
        suite::testing::write_miniature(arguments.out, set, arguments.options);
    }
    for (const std::string& name : arguments.oddities) {
        const Oddity& oddity = oddity_named(name);
        oddity.apply(std::filesystem::path(arguments.out) / oddity.set);
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words == std::vector<std::string>{"--list"}) {
        for (const Oddity& oddity : suite::testing::oddities()) {
            std::printf("%-28s %-14s %s\n", std::string(oddity.name).c_str(), std::string(oddity.set).c_str(),
                        oddity.is_fault ? "fault" : "usable");
        }
        return 0;
    }
    try {
        write(arguments_of(words));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "miniature_trees: %s\n", error.what());
        return 2;
    }
    return 0;
}
