// CSV records, handed over whole and byte by byte: both must give the same records.
#include "suite/base/csv_records.hpp"

#include <vector>

#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace suite;

struct Seen {
    std::size_t line = 0;
    CsvBreach breach = CsvBreach::none;
    std::vector<std::string> fields;
    bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(TextSource source) {
    std::vector<Seen> seen;
    CsvRecords records(std::move(source));
    for (CsvRecord record; records.next(record);) {
        seen.push_back({.line = record.line,
                        .breach = record.breach,
                        .fields = {record.fields.begin(), record.fields.end()}});
    }
    return seen;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    std::size_t at = 0;
    const TextSource bytewise = [text, at](std::string& buffer) mutable {
        if (at == text.size()) {
            return false;
        }
        buffer += text[at++];
        return true;
    };
    const std::vector<Seen> whole = read_all(source_of(text));
    fuzz::require(whole == read_all(bytewise));
    fuzz::require(whole.size() <= size + 1);
    return 0;
}
