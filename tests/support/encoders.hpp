// Files as other programs write them, for tests: JPEG, PNG, gzip, MAT.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace suite::testing {

/// Planes of 8-bit pixels, [channel][row][column].
struct Picture {
    int width = 0;
    int height = 0;
    int channels = 0;
    std::vector<std::uint8_t> planes;
    [[nodiscard]] std::uint8_t at(int channel, int row, int column) const {
        return planes[static_cast<std::size_t>((channel * height + row) * width + column)];
    }
};

/// The columns [0, width) and rows [0, height).
[[nodiscard]] Picture cropped(const Picture& picture, int width, int height);

enum class JpegColour { as_is, grey, cmyk };
/// Baseline JPEG of quality 90 by libjpeg; `orientation` above 0 adds an EXIF block that states it.
[[nodiscard]] std::string jpeg_of(const Picture& picture, JpegColour colour = JpegColour::as_is,
                                  int orientation = 0);
/// PNG by libpng. 16 bits: the grey values times 257, so that both bytes count.
[[nodiscard]] std::string png_of(const Picture& picture, int bits = 8);
/// One gzip member.
[[nodiscard]] std::string gzip_of(std::string_view text);
/// MAT-file of level 5 with one row vector a name, compressed as MATLAB does or plain.
[[nodiscard]] std::string
mat_of(std::span<const std::pair<std::string, std::vector<std::uint16_t>>> variables, bool is_compressed);

/// Writes a file and the folders above it.
void write_file(const std::filesystem::path& path, std::string_view bytes);

} // namespace suite::testing
