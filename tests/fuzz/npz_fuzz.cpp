// .npz archives and .npy headers, through a file in memory.
#include <sys/mman.h>
#include <unistd.h>

#include "suite/base/files.hpp"
#include "suite/data/formats/npz.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace suite;

void read_arrays(const std::filesystem::path& path, std::size_t size) {
    FaultList faults;
    const data::NpzFile file(path, ErrorKind::weights, faults);
    for (const data::NpzEntry& entry : file.entries()) {
        // Deflate packs at most 1032 to 1: no header that was accepted may ask for more than that.
        if (entry.header.has_value() && entry.header->elements() <= (std::size_t{1} << 18)) {
            fuzz::require(entry.header->elements() * sizeof(float) <= 1032 * size);
            std::vector<float> values(entry.header->elements());
            file.read(entry, values, faults);
        }
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FaultList faults;
    static_cast<void>(data::parse_npy_header(fuzz::text_of(data, size), size, "input", faults));
    static const UniqueFd memory(memfd_create("npz", 0));
    static const std::filesystem::path path = "/proc/self/fd/" + std::to_string(memory.get());
    if (ftruncate(memory.get(), 0) != 0 ||
        pwrite(memory.get(), data, size, 0) != static_cast<ssize_t>(size)) {
        return 0;
    }
    fuzz::expect_result_or_error([size] { read_arrays(path, size); });
    return 0;
}
