// Comma-separated text as records (RFC 4180), piece by piece in bounded memory. Strict where the text could
// mean two things, lenient about line ends and a byte-order mark.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// Appends the next piece of a text to the buffer; false when there is none.
using TextSource = std::function<bool(std::string&)>;
/// A text that outlives the source, in pieces.
[[nodiscard]] TextSource source_of(std::string_view text);

/// What is wrong with a record.
enum class CsvBreach {
    none,
    open_quote,       ///< a quoted field that does not end
    text_after_quote, ///< something between a closing quote and the next comma or line end
    stray_quote,      ///< a quote inside a field that does not begin with one
    nul_byte,
    not_utf8,
    too_long, ///< more than CsvRecords::longest_record_bytes
};

/// For messages: "a NUL byte".
[[nodiscard]] std::string_view to_string(CsvBreach breach) noexcept;

struct CsvRecord {
    std::size_t line = 0;                 ///< physical line on which it begins, from 1
    std::vector<std::string_view> fields; ///< unquoted; they live until the next record is read
    CsvBreach breach = CsvBreach::none;
    std::size_t breach_field = 0; ///< index of the field with the breach
};

/// Splits a text into records. Quotes protect commas and line ends, "" inside them is one quote. LF, CRLF and
/// CR end lines; a byte-order mark at the beginning is skipped; the last line end may be missing.
class CsvRecords {
public:
    /// Bounds the memory of one record whatever the text claims.
    static constexpr std::size_t longest_record_bytes = std::size_t{1} << 20;

    explicit CsvRecords(TextSource source) : source_(std::move(source)) {}

    /// The next record; false at the end. After a broken quote reading goes on at the next physical line, so
    /// that one missing quote costs one record.
    bool next(CsvRecord& record);
    /// Physical line at which reading stands.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

private:
    struct Field {
        std::size_t begin = 0;
        std::size_t end = 0;
        bool doubled = false; ///< has "" to be made "
    };
    /// needs_more: the end of the buffer came first, and the source may have more.
    enum class Scan { complete, needs_more };

    bool refill();
    void skip_mark();
    Scan scan_record();
    Scan scan_quoted(Field& field);
    Scan scan_plain(Field& field);
    Scan scan_line_end();
    void breach(CsvBreach kind) noexcept;
    void check_text();
    void take_fields(CsvRecord& record);
    void leave_record();
    void skip_line();

    TextSource source_;
    std::string buffer_;
    std::size_t start_ = 0; ///< of the record in the buffer
    std::size_t at_ = 0;    ///< scanning place
    std::size_t line_ = 1;
    bool at_source_end_ = false;
    bool is_begun_ = false;
    std::vector<Field> fields_;
    CsvBreach breach_ = CsvBreach::none;
    std::size_t breach_field_ = 0;
};

} // namespace suite
