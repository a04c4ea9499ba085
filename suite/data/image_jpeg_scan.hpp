// Puts our Huffman decoder (jpeg_huffman.hpp) into a libjpeg decompressor, where that is of a version whose
// inner interface is known and the file a plain one. Private to suite/data; include <cstdio> and jpeglib.h
// before.
#pragma once

#include <array>
#include <cstdint>

#include "suite/data/jpeg_huffman.hpp"

namespace suite::data {

/// The scan of one JPEG. libjpeg gives the coefficients' places and does all that follows.
class JpegScan {
public:
    using ReadMcu = boolean (*)(j_decompress_ptr, JBLOCKROW*);

    /// After jpeg_start_decompress(): libjpeg calls `read_mcu` for each MCU from now on. False, and nothing
    /// is changed, when the file is none of those (progressive, several scans, restart intervals) or libjpeg
    /// unknown.
    [[nodiscard]] bool take_over(jpeg_decompress_struct& jpeg, ReadMcu read_mcu);
    /// Fills the next MCU's blocks, null: passes over it. False when the data are odd; then libjpeg has to
    /// begin anew. After the last MCU libjpeg reads on at the marker behind the scan.
    [[nodiscard]] bool read(jpeg_decompress_struct& jpeg, JBLOCKROW* blocks) noexcept;

private:
    HuffmanReader reader_;
    std::array<HuffmanTable, 4> dc_tables_;
    std::array<HuffmanTable, 4> ac_tables_;
    std::array<HuffmanReader::Block, D_MAX_BLOCKS_IN_MCU> blocks_{};
    std::array<std::int16_t, 64> passed_over_{};
    std::uint64_t mcus_left_ = 0;

    [[nodiscard]] bool set_tables(const jpeg_decompress_struct& jpeg);
};

} // namespace suite::data
