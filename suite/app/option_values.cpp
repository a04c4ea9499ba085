#include "suite/app/option_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/error.hpp"

namespace suite::app {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& text, const std::string& expected,
                         const std::string& fix = "") {
    throw Error(ErrorKind::usage,
                Fault{.where = option, .found = "'" + text + "'", .expected = expected, .fix = fix});
}

template<typename Number>
std::optional<Number> number_of(const std::string& text) {
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool is_whole_within(const std::string& text, std::int64_t least, std::int64_t most) {
    const auto number = number_of<std::int64_t>(text);
    return number && *number >= least && *number <= most;
}

} // namespace

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& values,
                    const std::map<std::string, std::string>& short_forms) {
    const auto read = [name = option->get_name(), values, short_forms](std::string& text) {
        if (const auto entry = short_forms.find(text); entry != short_forms.end()) {
            text = entry->second;
        }
        if (std::find(values.begin(), values.end(), text) == values.end()) {
            const std::vector<std::string> nearest = nearest_names(text, values, 1);
            refuse(name, text, expected_names(text, values), nearest.empty() ? "" : "use " + nearest.front());
        }
        return std::string();
    };
    return option->transform(CLI::Validator(read, ""))->type_name(fmt::format("{}", fmt::join(values, "|")));
}

CLI::Option* whole_within(CLI::Option* option, std::int64_t least, std::int64_t most) {
    const auto check = [name = option->get_name(), least, most](std::string& text) {
        if (!is_whole_within(text, least, most)) {
            refuse(name, text, fmt::format("a whole number from {} to {}", least, most));
        }
        return std::string();
    };
    return option->check(CLI::Validator(check, ""))->type_name("N");
}

CLI::Option* whole_within_or(CLI::Option* option, std::int64_t least, std::int64_t most,
                             const std::string& keyword) {
    const auto check = [name = option->get_name(), least, most, keyword](std::string& text) {
        if (text != keyword && !is_whole_within(text, least, most)) {
            refuse(name, text, fmt::format("{}, or a whole number from {} to {}", keyword, least, most));
        }
        return std::string();
    };
    return option->check(CLI::Validator(check, ""))->type_name("N");
}

CLI::Option* real_within(CLI::Option* option, double least, double most) {
    const auto check = [name = option->get_name(), least, most](std::string& text) {
        const auto number = number_of<double>(text);
        if (!number || !(*number >= least && *number <= most)) {
            refuse(name, text, fmt::format("a number from {} to {}", least, most));
        }
        return std::string();
    };
    return option->check(CLI::Validator(check, ""))->type_name("X");
}

CLI::Option* existing_folder(CLI::Option* option) {
    const auto check = [name = option->get_name()](std::string& text) {
        std::error_code error;
        if (!std::filesystem::is_directory(text, error)) {
            refuse(name, text, "a folder that exists");
        }
        return std::string();
    };
    return option->check(CLI::Validator(check, ""))->type_name("DIR");
}

} // namespace suite::app
