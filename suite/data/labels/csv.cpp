#include "suite/data/labels/csv.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/files.hpp"
#include "suite/data/formats/gzip.hpp"
#include "suite/data/formats/list_lines.hpp"

namespace suite::data {
namespace {

constexpr std::size_t kept_faults_per_file = 100;
constexpr std::size_t most_columns = 4096;
constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::string_view renew = "fetch the file again";

std::vector<Fault> to_faults(const std::vector<LabelFault>& faults) {
    std::vector<Fault> list;
    std::ranges::transform(faults, std::back_inserter(list), to_fault);
    return list;
}

} // namespace

Fault to_fault(const LabelFault& fault) {
    std::string where = fault.file;
    if (fault.line > 0) {
        where += fmt::format(":{}", fault.line);
    }
    if (!fault.column.empty()) {
        where += fmt::format(": column '{}'", fault.column);
    }
    return {.where = where, .found = fault.found, .expected = fault.expected, .fix = fault.fix};
}

LabelError::LabelError(std::vector<LabelFault> faults)
    : Error(ErrorKind::data, to_faults(faults)), label_faults_(std::move(faults)) {}

/// `file` may be followed by a place in it: "batch.bin:byte 0".
bool LabelFaults::is_unreadable(std::string_view file) const {
    return std::ranges::any_of(unreadable_, [file](const std::string& name) {
        return file.starts_with(name) && (file.size() == name.size() || file[name.size()] == ':');
    });
}

void LabelFaults::add_unreadable(LabelFault fault) {
    std::string file = fault.file;
    add(std::move(fault));
    unreadable_.push_back(std::move(file));
}

void LabelFaults::add(LabelFault fault) {
    if (is_unreadable(fault.file)) {
        return;
    }
    auto entry = std::ranges::find(counts_, fault.file, &FileCount::file);
    if (entry == counts_.end()) {
        entry = counts_.insert(counts_.end(), {.file = fault.file, .count = 0});
    }
    if (++entry->count <= kept_faults_per_file) {
        faults_.push_back(std::move(fault));
    }
}

std::vector<LabelFault> LabelFaults::all() const {
    std::vector<LabelFault> list = faults_;
    for (const FileCount& entry : counts_) {
        if (entry.count > kept_faults_per_file) {
            list.push_back({.file = entry.file,
                            .line = 0,
                            .column = {},
                            .found = fmt::format("{} more faults", entry.count - kept_faults_per_file),
                            .expected = "none",
                            .fix = std::string(renew)});
        }
    }
    return list;
}

void LabelFaults::throw_if_any() const {
    if (!faults_.empty()) {
        throw LabelError(all());
    }
}

/// The file's bytes, and, when they are gzipped, the state of unpacking them.
struct LabelCsv::Text {
    explicit Text(const std::filesystem::path& path)
        : bytes(read_file(path, ErrorKind::data)), gunzip(bytes, path.string(), gzip_faults) {}

    [[nodiscard]] TextSource source() {
        if (!bytes.starts_with("\x1f\x8b")) {
            return source_of(bytes);
        }
        return [this](std::string& buffer) { return gunzip.read(buffer, piece_bytes); };
    }

    std::string bytes;
    FaultList gzip_faults;
    GunzipStream gunzip;
};

LabelCsv::LabelCsv(const std::filesystem::path& path, std::vector<std::string> needed, LabelFaults& faults)
    : name_(path.string()),
      needed_(std::move(needed)),
      faults_(faults),
      text_(std::make_unique<Text>(path)),
      records_(text_->source()) {
    take_header();
}

LabelCsv::~LabelCsv() = default;

/// Of a field; of one too many the last.
std::string LabelCsv::header_name(std::size_t index) const {
    return header_.empty() ? std::string() : header_[std::min(index, header_.size() - 1)];
}

/// The record at which reading stopped is cut where the file is.
bool LabelCsv::report_damage() {
    for (const Fault& fault : text_->gzip_faults.faults()) {
        faults_.add({.file = name_,
                     .line = records_.line(),
                     .column = header_name(header_.size()),
                     .found = fmt::format("{} ({})", fault.found, fault.where.substr(name_.size() + 1)),
                     .expected = fault.expected,
                     .fix = fault.fix});
    }
    return !text_->gzip_faults.empty();
}

void LabelCsv::take_header() {
    const bool has_header = records_.next(record_);
    if (report_damage()) {
        return;
    }
    if (!has_header || record_.breach != CsvBreach::none || record_.fields.size() > most_columns) {
        faults_.add({.file = name_,
                     .line = 1,
                     .column = {},
                     .found = !has_header ? "no header"
                              : record_.breach != CsvBreach::none
                                  ? std::string(to_string(record_.breach))
                                  : fmt::format("{} columns", record_.fields.size()),
                     .expected = fmt::format("a header with the columns {}", fmt::join(needed_, ", ")),
                     .fix = std::string(renew)});
        return;
    }
    trim_fields();
    header_.assign(record_.fields.begin(), record_.fields.end());
    std::vector<std::size_t> columns;
    for (const std::string& name : needed_) {
        const auto count = std::ranges::count(header_, name);
        if (count != 1) {
            const bool is_other =
                header_.size() == 1 && header_.front().find_first_of(";\t") != std::string::npos;
            faults_.add({.file = name_,
                         .line = 1,
                         .column = name,
                         .found = count == 0 ? "no such column" : fmt::format("it {} times", count),
                         .expected = "it once in the header",
                         .fix = is_other ? "save the table with commas, not semicolons or tabs"
                                         : std::string(renew)});
        }
        columns.push_back(static_cast<std::size_t>(std::ranges::find(header_, name) - header_.begin()));
    }
    const bool is_whole = std::ranges::all_of(columns, [this](std::size_t c) { return c < header_.size(); });
    columns_ = is_whole ? std::move(columns) : std::vector<std::size_t>{};
}

/// Editors and spreadsheets leave blanks at line ends; no value of these tables begins or ends with one.
void LabelCsv::trim_fields() {
    for (std::string_view& field : record_.fields) {
        field = without_outer_blanks(field);
    }
}

bool LabelCsv::is_blank_line() const {
    return record_.breach == CsvBreach::none && record_.fields.size() == 1 && record_.fields.front().empty();
}

/// Reports what is wrong with the record as a line of the table.
bool LabelCsv::is_sound() {
    const std::size_t count = record_.fields.size();
    LabelFault fault{
        .file = name_, .line = record_.line, .column = {}, .found = {}, .expected = {}, .fix = {}};
    if (record_.breach != CsvBreach::none) {
        fault.column = header_name(record_.breach_field);
        fault.found = to_string(record_.breach);
        fault.expected = "UTF-8 text with commas, quoted as in RFC 4180";
    } else if (count != header_.size()) {
        fault.column = header_name(count);
        fault.found = fmt::format("{} fields", count);
        fault.expected = fmt::format("{}, as in the header", header_.size());
    } else if (std::ranges::equal(record_.fields, header_)) {
        add_fault(0, "the header again", "a record", "take this line out");
        return false;
    } else {
        return true;
    }
    fault.fix = "repair this record, or fetch the file again";
    faults_.add(std::move(fault));
    return false;
}

bool LabelCsv::next() {
    if (columns_.empty()) {
        return false;
    }
    while (records_.next(record_)) {
        if (!text_->gzip_faults.empty()) {
            break; // the last record is cut where the file is
        }
        trim_fields();
        if (is_blank_line()) {
            continue;
        }
        has_records_ = true;
        if (is_sound()) {
            return true;
        }
    }
    if (!report_damage() && !has_records_) {
        faults_.add({.file = name_,
                     .line = 1,
                     .column = {},
                     .found = "a header and nothing else",
                     .expected = "records",
                     .fix = std::string(renew)});
    }
    columns_.clear(); // a second call at the end finds no more
    return false;
}

void LabelCsv::add_fault(std::size_t needed, std::string found, std::string expected, std::string fix) {
    faults_.add({.file = name_,
                 .line = record_.line,
                 .column = needed_[needed],
                 .found = std::move(found),
                 .expected = std::move(expected),
                 .fix = std::move(fix)});
}

} // namespace suite::data
