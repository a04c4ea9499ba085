// Label files of published data sets: CSV text, plain or gzipped, read record by record with every fault
// located by file, line and column. Messages never quote a cell: label files are patient data.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/csv_records.hpp"
#include "suite/base/error.hpp"

namespace suite::data {

/// One fault of a label file.
struct LabelFault {
    std::string file;
    std::size_t line = 0; ///< physical line of the unpacked text where the record begins; 0: the whole file
    std::string column;   ///< header name; empty: the whole record
    std::string found;
    std::string expected;
    std::string fix;
};

/// "file:line: column 'X'" and the rest.
[[nodiscard]] Fault to_fault(const LabelFault& fault);

/// Error(data) that keeps the faults apart, for documents.
class LabelError : public Error {
public:
    explicit LabelError(std::vector<LabelFault> faults);
    [[nodiscard]] const std::vector<LabelFault>& label_faults() const noexcept { return label_faults_; }

private:
    std::vector<LabelFault> label_faults_;
};

/// Collects faults; of each file the first hundred are kept and the rest are counted.
class LabelFaults {
public:
    void add(LabelFault fault);
    /// Of a file that cannot be read. What is added about it afterwards ("no entries", "the file is cut")
    /// follows from that and is dropped: one cause, one fault.
    void add_unreadable(LabelFault fault);
    [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
    /// All kept faults, and for each file with more one that counts them.
    [[nodiscard]] std::vector<LabelFault> all() const;
    void throw_if_any() const;

private:
    struct FileCount {
        std::string file;
        std::size_t count = 0;
    };
    [[nodiscard]] bool is_unreadable(std::string_view file) const;

    std::vector<LabelFault> faults_;
    std::vector<FileCount> counts_;
    std::vector<std::string> unreadable_;
};

/// A label file, record by record. Records with faults are reported and passed over.
class LabelCsv {
public:
    /// Opens the file and takes the header: every needed column exactly once, in any order, among others.
    /// Throws nothing about content: see LabelFaults. A file that cannot be read: Error(data).
    LabelCsv(const std::filesystem::path& path, std::vector<std::string> needed, LabelFaults& faults);
    ~LabelCsv();
    LabelCsv(const LabelCsv&) = delete;
    LabelCsv& operator=(const LabelCsv&) = delete;

    /// The next record with as many fields as the header; false at the end, and at once when the header is
    /// faulty. Blank lines are passed over. A file without records, and the header again, are faults.
    bool next();
    /// Field of the record without blanks at its ends, by index into `needed`; lives until the next record.
    [[nodiscard]] std::string_view field(std::size_t needed) const {
        return record_.fields[columns_[needed]];
    }
    [[nodiscard]] std::size_t line() const noexcept { return record_.line; }
    /// A fault of the record in this needed column.
    void add_fault(std::size_t needed, std::string found, std::string expected, std::string fix = "");

private:
    void take_header();
    void trim_fields();
    [[nodiscard]] bool is_blank_line() const;
    [[nodiscard]] bool is_sound();
    [[nodiscard]] std::string header_name(std::size_t index) const;
    bool report_damage();

    struct Text;
    std::string name_;
    std::vector<std::string> needed_;
    LabelFaults& faults_;
    std::unique_ptr<Text> text_;
    CsvRecords records_;
    std::vector<std::string> header_;
    std::vector<std::size_t> columns_; ///< of each needed name; empty: faulty header
    CsvRecord record_;
    bool has_records_ = false;
};

} // namespace suite::data
