// JPEG files: whole, and the window that a picture needs. Inputs without a JPEG's first bytes are given them.
#include "tests/fuzz/image_checks.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace suite::fuzz;
    std::string text(text_of(data, size));
    if (!text.starts_with("\xff\xd8\xff")) {
        text.insert(0, "\xff\xd8\xff");
    }
    const std::span bytes = std::as_bytes(std::span(text));
    decode_and_check(bytes);
    make_pictures(bytes);
    return 0;
}
