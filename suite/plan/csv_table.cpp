#include "suite/plan/csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/files.hpp"
#include "suite/base/names.hpp"

namespace suite::plan {
namespace {

/// Splits a text into records; quotes protect commas and line ends, "" inside them is one quote.
class CsvSplitter {
public:
    explicit CsvSplitter(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }
    [[nodiscard]] CsvRow next() {
        CsvRow row{.line = line_, .fields = {}};
        do {
            row.fields.push_back(take('"') ? quoted() : plain());
        } while (take(','));
        while (!at_end() && !take('\n')) {
            ++at_; // what stands between a closing quote and the end of the line
        }
        return row;
    }

private:
    bool take(char wanted) {
        if (at_end() || text_[at_] != wanted) {
            return false;
        }
        line_ += wanted == '\n' ? 1 : 0;
        ++at_;
        return true;
    }
    std::string plain() {
        const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
        std::string_view part = text_.substr(at_, end - at_);
        at_ = end;
        if (part.ends_with('\r')) {
            part.remove_suffix(1);
        }
        return std::string(part);
    }
    std::string quoted() {
        std::string part;
        while (!at_end()) {
            if (take('"')) {
                if (!take('"')) {
                    break;
                }
                part += '"';
                continue;
            }
            line_ += text_[at_] == '\n' ? 1 : 0;
            part += text_[at_++];
        }
        return part;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
};

} // namespace

CsvTable::CsvTable(const std::filesystem::path& path, std::string name,
                   const std::vector<std::string>& columns, FaultList& faults)
    : name_(std::move(name)), faults_(faults) {
    const std::string text = read_file(path, ErrorKind::usage);
    CsvSplitter splitter(text);
    if (!splitter.at_end()) {
        header_ = splitter.next().fields;
    }
    take_header(columns);
    while (!splitter.at_end()) {
        CsvRow row = splitter.next();
        if (row.fields.size() != header_.size()) {
            add_fault(row, fmt::format("{} fields", row.fields.size()),
                      fmt::format("{}, as in the header", header_.size()));
            continue;
        }
        rows_.push_back(std::move(row));
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
