// Tables as plain data, and how a struct's members become columns. Files hold them as 1-D compound datasets
// of fixed-length strings and numbers, which pandas.read_hdf opens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace suite::store {

/// Values of one column. Strings hold no NUL; they come back as they were, whatever their length.
using ColumnValues = std::variant<std::vector<std::string>, std::vector<std::int64_t>,
                                  std::vector<std::uint64_t>, std::vector<double>>;

struct Column {
    std::string name;
    ColumnValues values;
    std::string unit{}; ///< "s", "B", "%", "1" for counts and ratios; "" for texts, flags and row numbers
    [[nodiscard]] std::size_t rows() const {
        return std::visit([](const auto& values_) { return values_.size(); }, values);
    }
};

/// Columns of equal length, in file order.
using Table = std::vector<Column>;

/// A member of a row struct, its column's name and unit.
template<typename Row, typename Value>
struct Field {
    const char* name;
    Value Row::*member;
    const char* unit = "";
};
template<typename Row, typename Value>
Field(const char*, Value Row::*) -> Field<Row, Value>;
template<typename Row, typename Value>
Field(const char*, Value Row::*, const char*) -> Field<Row, Value>;

/// Rows as columns, in the order of the fields.
template<typename Row, typename... Values>
[[nodiscard]] Table to_table(std::span<const Row> rows, const std::tuple<Field<Row, Values>...>& fields) {
    Table table;
    const auto add = [&]<typename Value>(const Field<Row, Value>& field) {
        std::vector<Value> values;
        values.reserve(rows.size());
        for (const Row& row : rows) {
            values.push_back(row.*field.member);
        }
        table.push_back({field.name, std::move(values), field.unit});
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, fields);
    return table;
}

/// Inverse of to_table for a table of exactly these columns (as read_table returns it).
template<typename Row, typename... Values>
[[nodiscard]] std::vector<Row> from_table(const Table& table,
                                          const std::tuple<Field<Row, Values>...>& fields) {
    std::vector<Row> rows(table.empty() ? 0 : table.front().rows());
    std::size_t column = 0;
    const auto assign = [&]<typename Value>(const Field<Row, Value>& field) {
        const auto& values = std::get<std::vector<Value>>(table[column++].values);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].*field.member = values[i];
        }
    };
    std::apply([&](const auto&... field) { (assign(field), ...); }, fields);
    return rows;
}

} // namespace suite::store
