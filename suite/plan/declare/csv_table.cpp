#include "suite/plan/declare/csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/csv_records.hpp"
#include "suite/base/files.hpp"
#include "suite/base/names.hpp"

namespace suite::plan {

CsvTable::CsvTable(const std::filesystem::path& path, std::string name,
                   const std::vector<std::string>& columns, FaultList& faults)
    : name_(std::move(name)), faults_(faults) {
    const std::string text = read_file(path, ErrorKind::usage);
    CsvRecords records(source_of(text));
    CsvRecord record;
    if (records.next(record)) {
        header_.assign(record.fields.begin(), record.fields.end());
    }
    take_header(columns);
    while (records.next(record)) {
        CsvRow row{.line = static_cast<int>(record.line),
                   .fields = {record.fields.begin(), record.fields.end()}};
        if (record.breach != CsvBreach::none) {
            add_fault(row, std::string(to_string(record.breach)), "fields quoted as in RFC 4180");
        } else if (row.fields.size() != header_.size()) {
            add_fault(row, fmt::format("{} fields", row.fields.size()),
                      fmt::format("{}, as in the header", header_.size()));
        } else {
            rows_.push_back(std::move(row));
        }
    }
}

void CsvTable::take_header(const std::vector<std::string>& columns) {
    std::vector<std::string> known;
    for (std::string column : columns) {
        const bool optional = column.ends_with('?');
        column.resize(column.size() - (optional ? 1 : 0));
        known.push_back(column);
        const auto count = std::count(header_.begin(), header_.end(), column);
        if (count > 1 || (count == 0 && !optional)) {
            faults_.add({.where = where(1),
                         .found = count == 0 ? fmt::format("no column '{}'", column)
                                             : fmt::format("column '{}' {} times", column, count),
                         .expected = fmt::format("the columns {}", fmt::join(columns, ", ")),
                         .fix = ""});
        }
    }
    for (const std::string& column : header_) {
        if (std::find(known.begin(), known.end(), column) == known.end()) {
            faults_.add({.where = where(1),
                         .found = fmt::format("column '{}'", column),
                         .expected = expected_names(column, known),
                         .fix = ""});
        }
    }
}

const std::string& CsvTable::text(const CsvRow& row, std::string_view column) const {
    static const std::string absent;
    const auto place = std::find(header_.begin(), header_.end(), column);
    return place == header_.end() ? absent : row.fields[static_cast<std::size_t>(place - header_.begin())];
}

std::optional<double> CsvTable::number(const CsvRow& row, std::string_view column) {
    const std::string& field = text(row, column);
    double value = 0.0;
    const auto result = std::from_chars(field.data(), field.data() + field.size(), value);
    if (result.ec != std::errc{} || result.ptr != field.data() + field.size() || !std::isfinite(value)) {
        add_fault(row, fmt::format("{} '{}'", column, field), "a finite number");
        return std::nullopt;
    }
    return value;
}

std::optional<std::uint64_t> CsvTable::whole(const CsvRow& row, std::string_view column) {
    const std::string& field = text(row, column);
    std::uint64_t value = 0;
    const auto result = std::from_chars(field.data(), field.data() + field.size(), value);
    if (result.ec != std::errc{} || result.ptr != field.data() + field.size()) {
        add_fault(row, fmt::format("{} '{}'", column, field), "a whole number");
        return std::nullopt;
    }
    return value;
}

void CsvTable::add_fault(const CsvRow& row, std::string found, std::string expected, std::string fix) {
    faults_.add({.where = where(row.line),
                 .found = std::move(found),
                 .expected = std::move(expected),
                 .fix = std::move(fix)});
}

} // namespace suite::plan
