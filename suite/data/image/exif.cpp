#include <cstring>

#include "suite/data/image/formats.hpp"

namespace suite::data {
namespace {

constexpr std::uint32_t orientation_tag = 0x0112; // TIFF 6.0, section 8
constexpr std::uint32_t short_type = 3;           // TIFF 6.0, section 2
constexpr std::size_t entry_bytes = 12;           // TIFF 6.0, section 2

/// Numbers of a TIFF block in its own byte order; every read is inside the block.
class TiffBlock {
public:
    explicit TiffBlock(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bool has_valid_start() noexcept {
        if (bytes_.size() < 8) {
            return false;
        }
        is_little_endian_ = byte_at(bytes_, 0) == 'I';
        const bool same_twice = byte_at(bytes_, 0) == byte_at(bytes_, 1);
        return same_twice && (is_little_endian_ || byte_at(bytes_, 0) == 'M') && u16(2) == 42;
    }
    [[nodiscard]] bool has(std::size_t at, std::size_t count) const noexcept {
        return at <= bytes_.size() && count <= bytes_.size() - at;
    }
    [[nodiscard]] std::uint32_t u16(std::size_t at) const noexcept {
        const std::uint32_t a = byte_at(bytes_, at);
        const std::uint32_t b = byte_at(bytes_, at + 1);
        return is_little_endian_ ? a | b << 8 : a << 8 | b;
    }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept {
        return is_little_endian_ ? u16(at) | u16(at + 2) << 16 : u16(at) << 16 | u16(at + 2);
    }

private:
    std::span<const std::byte> bytes_;
    bool is_little_endian_ = true;
};

} // namespace

int exif_orientation(std::span<const std::byte> tiff) noexcept {
    TiffBlock block(tiff);
    if (!block.has_valid_start()) {
        return 0;
    }
    const std::size_t directory = block.u32(4);
    if (!block.has(directory, 2)) {
        return 0;
    }
    const std::size_t entries = block.u16(directory);
    if (!block.has(directory + 2, entries * entry_bytes)) {
        return 0;
    }
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t at = directory + 2 + i * entry_bytes;
        if (block.u16(at) == orientation_tag) {
            const std::uint32_t value = block.u16(at + 8);
            const bool is_valid = block.u16(at + 2) == short_type && block.u32(at + 4) == 1 && value >= 1;
            return is_valid && value <= 8 ? static_cast<int>(value) : 0;
        }
    }
    return 1;
}

void note_orientation(int orientation, ImageNotes& notes) noexcept {
    notes.has_broken_exif = orientation == 0;
    notes.exif_orientation = orientation == 0 ? 1 : orientation;
}

} // namespace suite::data
