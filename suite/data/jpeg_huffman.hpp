// The Huffman decoder of plain JPEGs (baseline, one scan, no restart intervals), in place of libjpeg's: a
// 64-bit buffer and tables that give a coefficient, its run and all its bits at once. Anything odd is left to
// libjpeg. Knows nothing of libjpeg's structures. Private to suite/data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace suite::data {

/// A table as the file states it (ITU T.81, B.2.4.2): how many codes there are of each length from 1 bit, and
/// their symbols in order.
struct HuffmanCode {
    std::span<const std::uint8_t, 16> counts;
    std::span<const std::uint8_t> symbols; ///< at least as many as there are codes
};

/// A code, prepared for looking up.
class HuffmanTable {
public:
    static constexpr int lookup_bits = 11;

    /// Of AC coefficients, found by the next lookup_bits bits.
    struct Coefficient {
        std::int16_t value = 0; ///< 0: a run of 16 zeros (run 15) or the end of the block
        std::uint8_t run = 0;   ///< zeros before it
        std::uint8_t bits = 0;  ///< of the code and the value; 0: more than lookup_bits
    };
    struct Symbol {
        std::uint8_t value = 0;
        std::uint8_t bits = 0; ///< 0: no such code
    };

    /// What the symbols stand for.
    enum class Kind { dc, ac };

    /// False when the codes do not fit their lengths. coefficient() is of AC tables only.
    [[nodiscard]] bool set(const HuffmanCode& code, Kind kind);
    [[nodiscard]] const Coefficient& coefficient(std::uint64_t next) const noexcept {
        return coefficients_[next];
    }
    /// The symbol that 16 bits begin with.
    [[nodiscard]] Symbol symbol(std::uint32_t next_sixteen) const noexcept;

private:
    std::vector<Coefficient> coefficients_;
    std::vector<Symbol> symbols_;
    std::array<std::uint32_t, 17>
        ends_{}; ///< by length: 16 bits below it begin with a code of this length or less
    std::array<std::int32_t, 17> offsets_{}; ///< by length: from a code to its place in values_
    std::array<std::uint8_t, 256> values_{};

    void add(std::uint32_t code, int length, std::uint8_t symbol, Kind kind);
};

/// Reads the blocks of a scan one after another.
class HuffmanReader {
public:
    /// One block of an MCU: its tables and which component's DC prediction it continues.
    struct Block {
        const HuffmanTable* dc = nullptr;
        const HuffmanTable* ac = nullptr;
        int component = 0;
    };

    /// The scan's data, up to the end of the file.
    void start(std::span<const std::uint8_t> data) noexcept;
    /// Coefficients of one MCU into zeroed blocks of 64 in natural order. False when the data are odd: no
    /// code, a run beyond a block, a marker or the end of the file too early; nothing can be read then.
    [[nodiscard]] bool read(std::span<const Block> blocks, std::int16_t* const* targets) noexcept;
    /// After the last MCU: the bytes up to the marker that has to follow at once; false when there is none.
    [[nodiscard]] bool finish(std::size_t& used_bytes) const noexcept;

private:
    /// The next bits from the top of 64.
    struct Bits {
        std::uint64_t buffer = 0;
        int count = 0;   ///< at least so many are there
        int padding = 0; ///< of them zeros that stand for what is behind the data
        const std::uint8_t* next = nullptr;
        const std::uint8_t* end = nullptr;

        [[nodiscard]] std::uint64_t peek(int bits) const noexcept { return buffer >> (64 - bits); }
        void skip(int bits) noexcept {
            buffer <<= bits;
            count -= bits;
        }
        [[nodiscard]] std::int32_t take_value(int size) noexcept;
    };
    Bits bits_;
    const std::uint8_t* begin_ = nullptr;
    std::array<std::int32_t, 4> predictions_{};

    enum class Step { short_one, long_one, end };

    [[nodiscard]] static Bits refilled(Bits bits) noexcept;
    [[nodiscard]] static Bits refilled_by_bytes(Bits bits) noexcept;
    [[nodiscard]] static bool read_dc(Bits& bits, const HuffmanTable& table,
                                      std::int32_t& prediction) noexcept;
    [[nodiscard]] static bool read_ac(Bits& bits, const HuffmanTable& table, std::int16_t* target) noexcept;
    [[nodiscard]] static HuffmanTable::Coefficient read_long(Bits& bits, const HuffmanTable& table) noexcept;
    [[nodiscard]] static Step read_coefficient(Bits& bits, const HuffmanTable& table, unsigned& place,
                                               std::int16_t* target) noexcept;
};

} // namespace suite::data
