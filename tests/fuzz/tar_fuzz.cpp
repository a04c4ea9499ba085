// Tar archives: members lie inside the archive, one after the other, and have safe names, each once.
#include <set>

#include "suite/data/formats/tar_index.hpp"
#include "tests/fuzz/fuzz_input.hpp"
#include "tests/support/text_bytes.hpp"

namespace {

/// Mutations seldom keep a checksum: each block whose magic is ustar's gets a right one.
std::string with_checksums(std::string_view text) {
    std::string bytes(text);
    for (std::size_t at = 0; at + 512 <= bytes.size(); at += 512) {
        if (bytes.compare(at + 257, 5, "ustar") != 0) {
            continue;
        }
        bytes.replace(at + 148, 8, "        ");
        unsigned sum = 0;
        for (std::size_t i = 0; i < 512; ++i) {
            sum += static_cast<unsigned char>(bytes[at + i]);
        }
        for (std::size_t digit = 0; digit < 6; ++digit) {
            bytes[at + 153 - digit] = static_cast<char>('0' + (sum >> (3 * digit) & 7U));
        }
        bytes[at + 154] = '\0';
    }
    return bytes;
}

void check(std::string_view text) {
    using namespace suite;
    FaultList faults;
    std::uint64_t end = 0;
    std::set<std::string> names;
    for (const data::TarMember& member : data::index_tar(testing::TextBytes(text), "input", faults)) {
        fuzz::require(member.offset >= end && member.size <= text.size() - member.offset);
        fuzz::require(!member.name.empty() && member.name.front() != '/' &&
                      member.name.find("..") == std::string::npos);
        fuzz::require(names.insert(member.name).second);
        end = member.offset + member.size;
    }
    fuzz::require(faults.faults().size() <= 1);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check(suite::fuzz::text_of(data, size));
    check(with_checksums(suite::fuzz::text_of(data, size)));
    return 0;
}
