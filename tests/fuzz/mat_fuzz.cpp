// MAT-files: never more values than the bytes (or 16 MiB of them unpacked) hold.
#include "suite/data/formats/mat_file.hpp"
#include "tests/fuzz/fuzz_input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace suite;
    FaultList faults;
    const auto variables = data::read_mat_integers(fuzz::text_of(data, size), "input", faults);
    for (const auto& [name, values] : variables) {
        fuzz::require(!name.empty() && values.size() <= (std::size_t{16} << 20));
    }
    fuzz::require(size >= 128 || !faults.empty());
    return 0;
}
