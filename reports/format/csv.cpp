#include "reports/format/csv.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reports {
namespace {

std::string csv_value(const suite::store::Column& column, std::size_t row) {
    return std::visit(
        [row]<typename Value>(const std::vector<Value>& values) -> std::string {
            if constexpr (std::is_same_v<Value, std::string>) {
                return csv_field(values[row]);
            } else if constexpr (std::is_same_v<Value, double>) {
                return std::isnan(values[row]) ? "" : fmt::format("{}", values[row]);
            } else {
                return fmt::format("{}", values[row]);
            }
        },
        column.values);
}

} // namespace

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string field = "\"";
    for (const char character : text) {
        field += character == '"' ? "\"\"" : std::string(1, character);
    }
    return field + '"';
}

std::string csv_of(const suite::store::Table& table) {
    std::vector<std::string> names;
    for (const suite::store::Column& column : table) {
        names.push_back(column.name);
    }
    std::string text = fmt::format("{}\n", fmt::join(names, ","));
    for (std::size_t row = 0; row < table.front().rows(); ++row) {
        std::vector<std::string> fields;
        for (const suite::store::Column& column : table) {
            fields.push_back(csv_value(column, row));
        }
        text += fmt::format("{}\n", fmt::join(fields, ","));
    }
    return text;
}

} // namespace reports
