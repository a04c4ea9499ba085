#include <cstdio>

// After <cstdio>: jpeglib.h uses FILE without including it.
#include <jpeglib.h>

// The decoder's place in libjpeg, jpeg_entropy_decoder::decode_mcu, is the same since 1998; only the versions
// that the tests ran with are taken for granted. Distributions install this header, libjpeg-turbo's own
// installation does not.
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && __has_include(<jpegint.h>)
#if LIBJPEG_TURBO_VERSION_NUMBER >= 2001000 && LIBJPEG_TURBO_VERSION_NUMBER < 2002000
#define SUITE_KNOWS_LIBJPEG 1
extern "C" {
#include <jpegint.h>
}
#endif
#endif

#include "suite/data/image_jpeg_scan.hpp"

namespace suite::data {
namespace {

bool is_plain(const jpeg_decompress_struct& jpeg) {
    return jpeg.progressive_mode == FALSE && jpeg.arith_code == FALSE && jpeg.restart_interval == 0 &&
           jpeg.comps_in_scan == jpeg.num_components && jpeg.data_precision == 8 && jpeg.Ss == 0 &&
           jpeg.Se == DCTSIZE2 - 1 && jpeg.Ah == 0 && jpeg.Al == 0 && jpeg.unread_marker == 0;
}

bool set_table(const JHUFF_TBL* source, HuffmanTable::Kind kind, HuffmanTable& table) {
    return source != nullptr && table.set({.counts = std::span<const std::uint8_t, 16>(source->bits + 1, 16),
                                           .symbols = source->huffval},
                                          kind);
}

} // namespace

bool JpegScan::set_tables(const jpeg_decompress_struct& jpeg) {
    unsigned dc_set = 0; // bit by table
    unsigned ac_set = 0;
    for (int i = 0; i < jpeg.comps_in_scan; ++i) {
        const auto dc = static_cast<std::size_t>(jpeg.cur_comp_info[i]->dc_tbl_no);
        const auto ac = static_cast<std::size_t>(jpeg.cur_comp_info[i]->ac_tbl_no);
        if (dc >= dc_tables_.size() || ac >= ac_tables_.size()) {
            return false;
        }
        if (((dc_set >> dc & 1U) == 0 &&
             !set_table(jpeg.dc_huff_tbl_ptrs[dc], HuffmanTable::Kind::dc, dc_tables_[dc])) ||
            ((ac_set >> ac & 1U) == 0 &&
             !set_table(jpeg.ac_huff_tbl_ptrs[ac], HuffmanTable::Kind::ac, ac_tables_[ac]))) {
            return false;
        }
        dc_set |= 1U << dc;
        ac_set |= 1U << ac;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(jpeg.blocks_in_MCU); ++i) {
        const int component = jpeg.MCU_membership[i];
        const jpeg_component_info& info = *jpeg.cur_comp_info[component];
        blocks_[i] = {.dc = &dc_tables_[static_cast<std::size_t>(info.dc_tbl_no)],
                      .ac = &ac_tables_[static_cast<std::size_t>(info.ac_tbl_no)],
                      .component = component};
    }
    return true;
}

bool JpegScan::take_over(jpeg_decompress_struct& jpeg, ReadMcu read_mcu) {
#ifdef SUITE_KNOWS_LIBJPEG
    if (!is_plain(jpeg) || jpeg_has_multiple_scans(&jpeg) != FALSE || !set_tables(jpeg)) {
        return false;
    }
    mcus_left_ = std::uint64_t{jpeg.MCUs_per_row} * jpeg.MCU_rows_in_scan;
    reader_.start({jpeg.src->next_input_byte, jpeg.src->bytes_in_buffer});
    jpeg.entropy->decode_mcu = read_mcu;
    return true;
#else
    static_cast<void>(jpeg);
    static_cast<void>(read_mcu);
    return false;
#endif
}

bool JpegScan::read(jpeg_decompress_struct& jpeg, JBLOCKROW* blocks) noexcept {
    const auto count = static_cast<std::size_t>(jpeg.blocks_in_MCU);
    std::array<std::int16_t*, D_MAX_BLOCKS_IN_MCU> targets{};
    for (std::size_t i = 0; i < count; ++i) {
        targets[i] = blocks != nullptr ? blocks[i][0] : passed_over_.data();
    }
    if (mcus_left_ == 0 || !reader_.read(std::span(blocks_).first(count), targets.data())) {
        return false;
    }
    if (--mcus_left_ > 0) {
        return true;
    }
    std::size_t used_bytes = 0;
    if (!reader_.finish(used_bytes)) {
        return false;
    }
    jpeg.src->next_input_byte += used_bytes;
    jpeg.src->bytes_in_buffer -= used_bytes;
    return true;
}

} // namespace suite::data
