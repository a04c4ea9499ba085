#include "suite/data/jpeg_huffman.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace suite::data {
namespace {

constexpr int table_size = 1 << HuffmanTable::lookup_bits;
constexpr std::uint8_t no_code = 16; // a run that no symbol has
constexpr unsigned odd_place = 65;   // behind every place of a block

/// Zigzag to natural order (ITU T.81, figure A.6), and 16 more places for runs that leave the block.
constexpr std::array<std::uint8_t, 80> natural_order{
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33,
    40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36,
    29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/// EXTEND of T.81, figure F.12: `bits` bits of size `size`, above 0, as a signed number. Without a branch,
/// since half of them are negative.
std::int32_t extend(std::int32_t bits, int size) {
    const std::int32_t negative = (bits >> (size - 1)) - 1; // all ones, else 0
    return bits + (negative & (1 - (1 << size)));
}

} // namespace

bool HuffmanTable::set(const HuffmanCode& code, Kind kind) {
    coefficients_.assign(kind == Kind::ac ? table_size : 0, {});
    symbols_.assign(table_size, {});
    std::uint32_t next = 0; // code, of the length in turn
    std::size_t used = 0;
    for (int length = 1; length <= 16; ++length, next <<= 1) {
        const std::uint32_t count = code.counts[static_cast<std::size_t>(length - 1)];
        if (next + count > (1U << length) || used + count > std::min(code.symbols.size(), values_.size())) {
            return false;
        }
        offsets_[static_cast<std::size_t>(length)] =
            static_cast<std::int32_t>(used) - static_cast<std::int32_t>(next);
        for (std::uint32_t i = 0; i < count; ++i, ++next, ++used) {
            values_[used] = code.symbols[used];
            add(next, length, values_[used], kind);
        }
        ends_[static_cast<std::size_t>(length)] = next << (16 - length);
    }
    return true;
}

/// Enters a code wherever the next lookup_bits bits begin with it, its values where they end in them too.
void HuffmanTable::add(std::uint32_t code, int length, std::uint8_t symbol, Kind kind) {
    const int rest = lookup_bits - length;
    if (rest < 0) {
        return;
    }
    const std::size_t first = static_cast<std::size_t>(code) << rest;
    std::fill_n(symbols_.begin() + static_cast<std::ptrdiff_t>(first), std::size_t{1} << rest,
                Symbol{.value = symbol, .bits = static_cast<std::uint8_t>(length)});
    const int size = symbol & 15;
    if (size > rest || kind == Kind::dc) {
        return;
    }
    Coefficient* out = coefficients_.data() + first;
    for (std::int32_t bits = 0; bits < (1 << size); ++bits, out += std::size_t{1} << (rest - size)) {
        std::fill_n(out, std::size_t{1} << (rest - size),
                    Coefficient{.value = static_cast<std::int16_t>(size == 0 ? 0 : extend(bits, size)),
                                .run = static_cast<std::uint8_t>(symbol >> 4),
                                .bits = static_cast<std::uint8_t>(length + size)});
    }
}

HuffmanTable::Symbol HuffmanTable::symbol(std::uint32_t next_sixteen) const noexcept {
    const Symbol& found = symbols_[next_sixteen >> (16 - lookup_bits)];
    if (found.bits != 0) {
        return found;
    }
    for (int length = lookup_bits + 1; length <= 16; ++length) {
        if (next_sixteen < ends_[static_cast<std::size_t>(length)]) {
            const auto code = static_cast<std::int32_t>(next_sixteen >> (16 - length));
            const std::int32_t place = code + offsets_[static_cast<std::size_t>(length)];
            return {.value = values_[static_cast<std::size_t>(place)],
                    .bits = static_cast<std::uint8_t>(length)};
        }
    }
    return {};
}

/// At least 56 bits. Eight bytes at once unless one of them is 0xFF, which a zero follows in the data.
inline HuffmanReader::Bits HuffmanReader::refilled(Bits bits) noexcept {
    if (bits.end - bits.next < 8) {
        return refilled_by_bytes(bits);
    }
    std::uint64_t word = 0;
    std::memcpy(&word, bits.next, sizeof word);
    constexpr std::uint64_t low_bits = 0x0101010101010101U;
    if (((~word - low_bits) & word & (low_bits << 7)) != 0) {
        return refilled_by_bytes(bits);
    }
    if constexpr (std::endian::native == std::endian::little) {
        word = __builtin_bswap64(word);
    }
    bits.buffer |= word >> bits.count;
    bits.next += (63 - bits.count) >> 3;
    bits.count |= 56;
    return bits;
}

// By value: an address taken would keep the bits out of registers.
__attribute__((noinline)) HuffmanReader::Bits HuffmanReader::refilled_by_bytes(Bits bits) noexcept {
    while (bits.count < 56) {
        const bool is_stuffed = bits.end - bits.next >= 2 && bits.next[0] == 0xFF && bits.next[1] == 0;
        if (bits.next != bits.end && (*bits.next != 0xFF || is_stuffed)) {
            bits.buffer |= std::uint64_t{*bits.next} << (56 - bits.count);
            bits.next += is_stuffed ? 2 : 1;
        } else {
            bits.padding += 8;
        }
        bits.count += 8;
    }
    return bits;
}

inline std::int32_t HuffmanReader::Bits::take_value(int size) noexcept {
    if (size == 0) {
        return 0;
    }
    const auto value = extend(static_cast<std::int32_t>(peek(size)), size);
    skip(size);
    return value;
}

void HuffmanReader::start(std::span<const std::uint8_t> data) noexcept {
    bits_ = {.next = data.data(), .end = data.data() + data.size()};
    begin_ = data.data();
    predictions_ = {};
}

inline bool HuffmanReader::read_dc(Bits& bits, const HuffmanTable& table, std::int32_t& prediction) noexcept {
    bits = refilled(bits);
    const HuffmanTable::Symbol size = table.symbol(static_cast<std::uint32_t>(bits.peek(16)));
    bits.skip(size.bits);
    if (size.bits == 0 || size.value > 15) {
        return false;
    }
    prediction += bits.take_value(size.value);
    return prediction >= INT16_MIN && prediction <= INT16_MAX;
}

/// A coefficient whose code and value are longer than the lookup; at most 16 + 15 bits.
inline HuffmanTable::Coefficient HuffmanReader::read_long(Bits& bits, const HuffmanTable& table) noexcept {
    const HuffmanTable::Symbol symbol = table.symbol(static_cast<std::uint32_t>(bits.peek(16)));
    if (symbol.bits == 0) {
        return {.run = no_code};
    }
    bits.skip(symbol.bits);
    return {.value = static_cast<std::int16_t>(bits.take_value(symbol.value & 15)),
            .run = static_cast<std::uint8_t>(symbol.value >> 4)};
}

/// One coefficient, or 16 zeros, or the end of the block: `place` moves on, beyond 64 when the data are odd.
inline HuffmanReader::Step HuffmanReader::read_coefficient(Bits& bits, const HuffmanTable& table,
                                                           unsigned& place, std::int16_t* target) noexcept {
    HuffmanTable::Coefficient found = table.coefficient(bits.peek(HuffmanTable::lookup_bits));
    const bool is_long = found.bits == 0;
    if (is_long) [[unlikely]] {
        found = read_long(bits, table);
    } else {
        bits.skip(found.bits);
    }
    if (found.value == 0) [[unlikely]] {
        place = found.run == 15 ? place + 16 : (found.run == no_code ? odd_place : 64);
        return Step::end;
    }
    place += found.run;
    target[natural_order[place]] = found.value;
    ++place;
    return is_long ? Step::long_one : Step::short_one;
}

inline bool HuffmanReader::read_ac(Bits& bits, const HuffmanTable& table, std::int16_t* target) noexcept {
    unsigned place = 1;
    while (place < 64) {
        bits = refilled(bits);
        // 56 bits hold two coefficients of the lookup and any third.
        if (read_coefficient(bits, table, place, target) == Step::short_one && place < 64 &&
            read_coefficient(bits, table, place, target) == Step::short_one && place < 64) {
            static_cast<void>(read_coefficient(bits, table, place, target));
        }
    }
    return place == 64;
}

#if defined(__x86_64__) && defined(__GNUC__) &&                                                              \
    !defined(__clang__) // clang 14 loses the name of a member function
__attribute__((target_clones("bmi2", "default"))) // shifts by any register
#endif
bool HuffmanReader::read(std::span<const Block> blocks, std::int16_t* const* targets) noexcept {
    Bits bits = bits_; // in registers
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const Block& block = blocks[i];
        std::int32_t& prediction = predictions_[static_cast<std::size_t>(block.component)];
        if (!read_dc(bits, *block.dc, prediction)) {
            return false;
        }
        targets[i][0] = static_cast<std::int16_t>(prediction);
        if (!read_ac(bits, *block.ac, targets[i])) {
            return false;
        }
    }
    bits_ = bits;
    return bits.count >= bits.padding;
}

bool HuffmanReader::finish(std::size_t& used_bytes) const noexcept {
    used_bytes = static_cast<std::size_t>(bits_.next - begin_);
    const bool is_used_up = bits_.count - bits_.padding < 8;
    return is_used_up && bits_.end - bits_.next >= 2 && bits_.next[0] == 0xFF && bits_.next[1] != 0 &&
           bits_.next[1] != 0xFF;
}

} // namespace suite::data
