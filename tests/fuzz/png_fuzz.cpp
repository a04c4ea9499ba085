// PNG files. Once as they are, once with every chunk's CRC made right, or no mutation would pass it.
#include <zlib.h>

#include "tests/fuzz/image_checks.hpp"

namespace {

std::uint32_t number_at(const std::string& text, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(text[at + i]);
    }
    return value;
}

std::string with_right_crcs(std::string text) {
    text.replace(0, std::min<std::size_t>(text.size(), 8), "\x89PNG\r\n\x1a\n");
    std::size_t at = 8;
    while (text.size() - at >= 12 && number_at(text, at) <= text.size() - at - 12) {
        const std::size_t length = number_at(text, at);
        const auto crc = static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(text.data()) + at + 4, static_cast<uInt>(length + 4)));
        for (std::size_t i = 0; i < 4; ++i) {
            text[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
        }
        at += length + 12;
    }
    return text;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace suite::fuzz;
    decode_and_check(std::as_bytes(std::span(data, size)));
    const std::string text = with_right_crcs(std::string(text_of(data, size)));
    const std::span bytes = std::as_bytes(std::span(text));
    decode_and_check(bytes);
    make_pictures(bytes);
    return 0;
}
