#include "metrics/numbers.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace metrics {

namespace {

using suite::ErrorKind;
using suite::FaultList;

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
        fields.push_back(text.substr(0, comma));
        text.remove_prefix(comma + 1);
    }
    fields.push_back(text);
    return fields;
}

double number_or_fault(std::string_view field, std::string_view where, FaultList& faults) {
    const std::optional<double> number = parse_finite(field);
    if (!number)
        faults.add({std::string(where),
                    trim(field).empty() ? "an empty number" : fmt::format("'{}'", trim(field)),
                    "a finite number", "write it like 57.3"});
    return number.value_or(0);
}

} // namespace

std::optional<double> parse_finite(std::string_view text) {
    text = trim(text);
    if (text.starts_with('+') && !text.starts_with("+-"))
        text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::vector<double> parse_numbers(std::string_view text, std::string_view option) {
    FaultList faults;
    std::vector<double> numbers;
    for (const std::string_view field : split_at_commas(text))
        numbers.push_back(
            number_or_fault(field, fmt::format("{} number {}", option, numbers.size() + 1), faults));
    faults.throw_if_any(ErrorKind::usage);
    return numbers;
}

Sample parse_summary(std::string_view text, std::string_view option) {
    const std::vector<std::string_view> fields = split_at_commas(text);
    if (fields.size() != 3)
        throw suite::Error(ErrorKind::usage,
                           {std::string(option), fmt::format("{} fields in '{}'", fields.size(), text),
                            "three: mean,sd,n", "write it like 57.3,0.4,5"});
    FaultList faults;
    const double mean = number_or_fault(fields[0], fmt::format("{} mean", option), faults);
    const double sd = number_or_fault(fields[1], fmt::format("{} sd", option), faults);
    const double n = number_or_fault(fields[2], fmt::format("{} n", option), faults);
    const bool readable = faults.empty();
    if (readable && sd < 0)
        faults.add({fmt::format("{} sd", option), fmt::format("negative sd {}", sd), "an sd of 0 or more",
                    "give the sd"});
    if (readable && (n < 2 || n > 0x1p53 || n != std::floor(n)))
        faults.add({fmt::format("{} n", option), fmt::format("n = {}", n), "a whole n of 2 or more",
                    "a variance needs at least two values"});
    faults.throw_if_any(ErrorKind::usage);
    return summary_sample(mean, sd, static_cast<std::size_t>(n));
}

} // namespace metrics
