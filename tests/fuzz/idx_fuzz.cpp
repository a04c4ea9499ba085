// Gzip files and the IDX files in them; an input that is no gzip file is read as IDX itself.
#include "suite/data/formats/gzip.hpp"
#include "suite/data/formats/idx.hpp"
#include "tests/fuzz/fuzz_input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace suite;
    FaultList faults;
    const std::string_view text = fuzz::text_of(data, size);
    const bool is_packed = text.starts_with("\x1f\x8b");
    const std::string unpacked =
        is_packed ? data::gunzip(text, "input", 1U << 20, faults) : std::string(text);
    fuzz::require(unpacked.size() <= (1U << 20) || !is_packed);
    for (const auto kind : {data::IdxKind::labels, data::IdxKind::images}) {
        FaultList found;
        const data::IdxFile file = data::parse_idx(unpacked, kind, "input", found);
        fuzz::require(file.values.size() <= unpacked.size());
        fuzz::require(found.empty() || file.values.empty());
        data::check_label_range(file, 10, "input", found);
    }
    return 0;
}
