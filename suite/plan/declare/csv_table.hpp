// Strict reading of a small CSV file by column name (RFC 4180: quotes, CRLF), all faults with file:line.
// Private to suite/plan.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::plan {

struct CsvRow {
    int line = 0; ///< where the record begins, from 1
    std::vector<std::string> fields;
};

/// A header and its rows; every row has as many fields as the header (others are reported and dropped).
class CsvTable {
public:
    /// Reads the whole file. `columns`: the header's names, without duplicates, in any order; names ending in
    /// '?' may be absent.
    CsvTable(const std::filesystem::path& path, std::string name, const std::vector<std::string>& columns,
             FaultList& faults);

    [[nodiscard]] const std::vector<CsvRow>& rows() const noexcept { return rows_; }
    /// The row's text in this column; "" where the column is absent.
    [[nodiscard]] const std::string& text(const CsvRow& row, std::string_view column) const;
    /// A finite number (reported otherwise).
    [[nodiscard]] std::optional<double> number(const CsvRow& row, std::string_view column);
    [[nodiscard]] std::optional<std::uint64_t> whole(const CsvRow& row, std::string_view column);
    void add_fault(const CsvRow& row, std::string found, std::string expected, std::string fix = "");

private:
    void take_header(const std::vector<std::string>& columns);
    [[nodiscard]] std::string where(int line) const { return name_ + ":" + std::to_string(line); }

    std::string name_;
    FaultList& faults_;
    std::vector<std::string> header_;
    std::vector<CsvRow> rows_;
};

} // namespace suite::plan
