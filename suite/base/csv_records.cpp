#include "suite/base/csv_records.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace suite {
namespace {

// What ends a field that does not begin with a quote, or may not stand in it.
constexpr auto special_bytes = [] {
    std::array<bool, 256> table{};
    for (const char letter : {',', '"', '\r', '\n'}) {
        table[static_cast<unsigned char>(letter)] = true;
    }
    return table;
}();

bool is_ascii(std::string_view text) noexcept {
    std::uint64_t seen = 0;
    std::size_t i = 0;
    for (; i + sizeof(seen) <= text.size(); i += sizeof(seen)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, sizeof(word));
        seen |= word;
    }
    for (; i < text.size(); ++i) {
        seen |= static_cast<unsigned char>(text[i]);
    }
    return (seen & 0x8080808080808080U) == 0;
}

/// Bytes of the UTF-8 sequence at the beginning of a text, 0 when there is none (RFC 3629: no surrogates, no
/// overlong forms, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (lead < 0xC2 || length == 0 || text.size() < length) {
        return 0;
    }
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            return 0;
        }
    }
    return length;
}

/// Index of the first byte that is not UTF-8, or npos.
std::size_t first_bad_utf8(std::string_view text) noexcept {
    if (is_ascii(text)) {
        return std::string_view::npos;
    }
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return std::string_view::npos;
}

/// LF, CRLF and lone CR count one each.
std::size_t count_lines(std::string_view text) noexcept {
    auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    for (std::size_t i = text.find('\r'); i != std::string_view::npos; i = text.find('\r', i + 1)) {
        lines += i + 1 < text.size() && text[i + 1] == '\n' ? 0U : 1U;
    }
    return lines;
}

} // namespace

TextSource source_of(std::string_view text) {
    constexpr std::size_t piece_bytes = std::size_t{256} << 10;
    return [text](std::string& buffer) mutable {
        const std::string_view piece = text.substr(0, piece_bytes);
        buffer.append(piece);
        text.remove_prefix(piece.size());
        return !piece.empty();
    };
}

std::string_view to_string(CsvBreach breach) noexcept {
    switch (breach) {
    case CsvBreach::open_quote:
        return "a quoted field without its closing quote";
    case CsvBreach::text_after_quote:
        return "text after a closing quote";
    case CsvBreach::stray_quote:
        return "a quote inside an unquoted field";
    case CsvBreach::nul_byte:
        return "a NUL byte";
    case CsvBreach::not_utf8:
        return "bytes that are not UTF-8";
    case CsvBreach::too_long:
        return "a record of more than 1 MiB";
    case CsvBreach::none:
        break;
    }
    return "nothing wrong";
}

/// Drops what was read and appends a piece; false at the source's end.
bool CsvRecords::refill() {
    if (at_source_end_) {
        return false;
    }
    buffer_.erase(0, start_);
    start_ = 0;
    at_source_end_ = !source_(buffer_);
    return !at_source_end_;
}

void CsvRecords::skip_mark() {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    while (buffer_.size() < mark.size() && refill()) {
    }
    start_ = buffer_.starts_with(mark) ? mark.size() : 0;
    is_begun_ = true;
}

void CsvRecords::breach(CsvBreach kind) noexcept {
    if (breach_ == CsvBreach::none) {
        breach_ = kind;
        breach_field_ = fields_.size();
    }
}

CsvRecords::Scan CsvRecords::scan_quoted(Field& field) {
    field.begin = ++at_;
    for (;;) {
        at_ = buffer_.find('"', at_);
        if (at_ == std::string::npos || (at_ + 1 == buffer_.size() && !at_source_end_)) {
            const bool is_open = at_ == std::string::npos;
            at_ = buffer_.size();
            field.end = at_;
            if (!at_source_end_) {
                return Scan::needs_more;
            }
            if (is_open) {
                breach(CsvBreach::open_quote);
            }
            return Scan::complete;
        }
        if (at_ + 1 < buffer_.size() && buffer_[at_ + 1] == '"') {
            field.doubled = true;
            at_ += 2;
            continue;
        }
        field.end = at_++;
        if (at_ < buffer_.size() && buffer_[at_] != ',' && buffer_[at_] != '\r' && buffer_[at_] != '\n') {
            breach(CsvBreach::text_after_quote);
        }
        return Scan::complete;
    }
}

CsvRecords::Scan CsvRecords::scan_plain(Field& field) {
    field.begin = at_;
    while (at_ < buffer_.size()) {
        const char letter = buffer_[at_];
        if (special_bytes[static_cast<unsigned char>(letter)]) {
            if (letter != '"') {
                break;
            }
            breach(CsvBreach::stray_quote);
        }
        ++at_;
    }
    field.end = at_;
    return at_ == buffer_.size() && !at_source_end_ ? Scan::needs_more : Scan::complete;
}

CsvRecords::Scan CsvRecords::scan_line_end() {
    if (at_ == buffer_.size()) {
        return at_source_end_ ? Scan::complete : Scan::needs_more;
    }
    const bool is_return = buffer_[at_++] == '\r';
    if (is_return && at_ == buffer_.size()) {
        return at_source_end_ ? Scan::complete : Scan::needs_more;
    }
    at_ += is_return && buffer_[at_] == '\n' ? 1U : 0U;
    return Scan::complete;
}

CsvRecords::Scan CsvRecords::scan_record() {
    fields_.clear();
    breach_ = CsvBreach::none;
    at_ = start_;
    for (;;) {
        Field field;
        const bool is_quoted = at_ < buffer_.size() && buffer_[at_] == '"';
        if ((is_quoted ? scan_quoted(field) : scan_plain(field)) == Scan::needs_more) {
            return Scan::needs_more;
        }
        if (breach_ != CsvBreach::none) {
            return Scan::complete;
        }
        fields_.push_back(field);
        if (at_ == buffer_.size() || buffer_[at_] != ',') {
            return scan_line_end();
        }
        ++at_;
    }
}

/// NUL bytes and bytes that are not UTF-8, with the field that holds them.
void CsvRecords::check_text() {
    const std::string_view text = std::string_view(buffer_).substr(start_, at_ - start_);
    const std::size_t nul = text.find('\0');
    const std::size_t bad = std::min(nul, first_bad_utf8(text));
    if (bad == std::string_view::npos) {
        return;
    }
    breach_ = bad == nul ? CsvBreach::nul_byte : CsvBreach::not_utf8;
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [place = start_ + bad](const Field& f) { return place < f.end; });
    breach_field_ = static_cast<std::size_t>(field - fields_.begin());
}

void CsvRecords::take_fields(CsvRecord& record) {
    record.fields.clear();
    for (Field& field : fields_) {
        if (field.doubled) {
            std::size_t to = field.begin;
            for (std::size_t from = field.begin; from < field.end; ++from, ++to) {
                buffer_[to] = buffer_[from];
                from += buffer_[from] == '"' ? 1U : 0U;
            }
            field.end = to;
        }
        record.fields.push_back(std::string_view(buffer_).substr(field.begin, field.end - field.begin));
    }
}

void CsvRecords::skip_line() {
    for (;;) {
        at_ = buffer_.find_first_of("\r\n", start_);
        if (at_ != std::string::npos && scan_line_end() == Scan::complete) {
            break;
        }
        // A CR at the end of the buffer stays, to be seen with what follows it.
        start_ = at_ == std::string::npos ? buffer_.size() : buffer_.size() - 1;
        if (!refill()) {
            start_ = buffer_.size();
            return;
        }
    }
    start_ = at_;
    ++line_;
}

/// To the next record, or, after a broken quote, to the next line.
void CsvRecords::leave_record() {
    if (breach_ == CsvBreach::none || breach_ == CsvBreach::nul_byte || breach_ == CsvBreach::not_utf8) {
        line_ += count_lines(std::string_view(buffer_).substr(start_, at_ - start_));
        start_ = at_;
        return;
    }
    fields_.clear(); // their text may go
    skip_line();
}

bool CsvRecords::next(CsvRecord& record) {
    if (!is_begun_) {
        skip_mark();
    }
    bool is_too_long = false;
    while (scan_record() == Scan::needs_more) {
        is_too_long = buffer_.size() - start_ > longest_record_bytes;
        if (is_too_long) {
            breach_ = CsvBreach::none;
            breach(CsvBreach::too_long);
            break;
        }
        refill();
    }
    if (start_ == buffer_.size() && at_source_end_) {
        return false;
    }
    record.line = line_;
    if (breach_ == CsvBreach::none) {
        check_text();
    }
    // Lines are counted before doubled quotes are made single in place.
    leave_record();
    take_fields(record);
    record.breach = breach_;
    record.breach_field = breach_field_;
    return true;
}

} // namespace suite
