#include "suite/data/picture/resample.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define SUITE_HAS_AVX2_BUILD 1
#include <immintrin.h>
#endif

namespace suite::data {
namespace {

constexpr int weight_bits = ResampleAxis::weight_bits;
constexpr int half_bits = ResampleAxis::half_bits;
constexpr std::int32_t rounding = 1 << (weight_bits - 1);

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

void resample_row_plain(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target) {
    for (int pixel = 0; pixel < columns.count(); ++pixel, target += row_pixel_bytes) {
        const std::uint8_t* from = source + static_cast<std::size_t>(columns.first(pixel)) * row_pixel_bytes;
        const std::int32_t* const weights = columns.weights(pixel);
        std::int32_t sums[row_pixel_bytes] = {rounding, rounding, rounding, rounding};
        for (int tap = 0; tap < columns.taps(); ++tap, from += row_pixel_bytes) {
            if (weights[tap] != 0) {
                for (std::size_t c = 0; c < row_pixel_bytes; ++c) {
                    sums[c] += from[c] * weights[tap];
                }
            }
        }
        for (std::size_t c = 0; c < row_pixel_bytes; ++c) {
            target[c] = to_byte(sums[c]);
        }
    }
}

/// The rows that one target row is made of.
struct RowMix {
    const std::uint8_t* rows = nullptr; ///< the first
    const std::int32_t* weights = nullptr;
    const std::int16_t* halves = nullptr;
    const std::int32_t* digits = nullptr; ///< of the target row; of the next four weights 12 further on
    int count = 0;
};

RowMix row_mix(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows,
               std::size_t bytes) {
    const auto first = static_cast<std::size_t>(axis.first(target_row));
    return {.rows = rows.data() + first * bytes,
            .weights = axis.weights(target_row),
            .halves = axis.halves(target_row),
            .digits = axis.digits(target_row / 4) + target_row % 4,
            .count = std::min(axis.taps(), static_cast<int>(rows.size() / bytes - first))};
}

void mix_bytes(const RowMix& mix, std::size_t begin, std::size_t bytes, std::uint8_t* target) {
    for (std::size_t i = begin; i < bytes; ++i) {
        std::int32_t sum = rounding;
        for (int row = 0; row < mix.count; ++row) {
            sum += mix.rows[static_cast<std::size_t>(row) * bytes + i] * mix.weights[row];
        }
        target[i] = to_byte(sum);
    }
}

} // namespace

#ifdef SUITE_HAS_AVX2_BUILD
namespace {

// Weights do not fit a 16-bit multiplication, their halves of 11 bits do: sum(p w) = 2048 sum(p w_high) +
// sum(p w_low), exactly, as long as the low sums stay in 32 bits: 255 * 2047 * taps, below 4,000 taps.
constexpr int most_vector_taps = 4000;

__attribute__((target("avx2"))) inline __m256i weighted_sum(__m256i high, __m256i low) {
    return _mm256_add_epi32(_mm256_slli_epi32(high, half_bits), low);
}

/// Four pixels R G B X … as words in the order of ResampleAxis::halves.
__attribute__((target("avx2"))) inline __m256i load_pairs(const std::uint8_t* from) {
    const __m128i order = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_cvtepu8_epi16(_mm_shuffle_epi8(bytes, order));
}

__attribute__((target("avx2"))) void resample_row_avx2(const ResampleAxis& columns,
                                                       const std::uint8_t* source, std::uint8_t* target) {
    const int groups = columns.taps() / 4;
    for (int pixel = 0; pixel < columns.count(); ++pixel, target += row_pixel_bytes) {
        const std::uint8_t* from = source + static_cast<std::size_t>(columns.first(pixel)) * row_pixel_bytes;
        const auto* halves = reinterpret_cast<const __m256i*>(columns.halves(pixel));
        __m256i high = _mm256_setzero_si256();
        __m256i low = _mm256_setzero_si256();
        for (int group = 0; group < groups; ++group, from += 4 * row_pixel_bytes, halves += 2) {
            const __m256i pairs = load_pairs(from);
            high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs, _mm256_loadu_si256(halves)));
            low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs, _mm256_loadu_si256(halves + 1)));
        }
        const __m256i both = weighted_sum(high, low);
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
        sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(rounding)), weight_bits);
        const __m128i packed = _mm_packus_epi16(_mm_packus_epi32(sum, sum), _mm_setzero_si128());
        _mm_storeu_si32(target, packed);
    }
}

/// Two neighbouring halves of ResampleAxis::halves in every 32 bits.
__attribute__((target("avx2"))) inline __m256i weight_pair(const std::int16_t* halves) {
    std::int32_t pair;
    std::memcpy(&pair, halves, sizeof pair);
    return _mm256_set1_epi32(pair);
}

/// Eight bytes of a target row from all its rows, two at a time.
__attribute__((target("avx2"))) inline __m128i mix_eight(const RowMix& mix, std::size_t at,
                                                         std::size_t bytes) {
    __m256i high = _mm256_setzero_si256();
    __m256i low = _mm256_setzero_si256();
    const std::uint8_t* upper = mix.rows + at;
    for (int row = 0; row < mix.count; row += 2, upper += 2 * bytes) {
        const std::uint8_t* const lower = row + 1 < mix.count ? upper + bytes : upper; // its weight is 0
        const std::int16_t* const halves = mix.halves + row / 4 * 32 + row % 4 * 4;
        const __m128i pair = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(upper)),
                                               _mm_loadl_epi64(reinterpret_cast<const __m128i*>(lower)));
        const __m256i words = _mm256_cvtepu8_epi16(pair);
        high = _mm256_add_epi32(high, _mm256_madd_epi16(words, weight_pair(halves)));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(words, weight_pair(halves + 16)));
    }
    const __m256i sum = _mm256_srai_epi32(
        _mm256_add_epi32(weighted_sum(high, low), _mm256_set1_epi32(rounding)), weight_bits);
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return _mm_packus_epi16(words, words);
}

__attribute__((target("avx2"))) void mix_rows_avx2(const RowMix& mix, std::size_t bytes,
                                                   std::uint8_t* target) {
    const std::size_t whole = bytes / 8 * 8;
    for (std::size_t at = 0; at < whole; at += 8) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(target + at), mix_eight(mix, at, bytes));
    }
    mix_bytes(mix, whole, bytes, target);
}

// g++ 12 warns of the undefined operands that its own avx512fintrin.h passes on purpose (GCC bug 105593).
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

// Digits of eight bits times pixels of eight: sum(p w) = 65536 sum(p d2) + 256 sum(p d1) + sum(p d0),
// exactly, as long as each fits 32 bits: 255 * 128 * taps, below 65,000 taps.
#define SUITE_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

/// Of each 32 bits the sums of pixels times the three digits of their weights.
struct DigitSums {
    __m512i d2;
    __m512i d1;
    __m512i d0;
};

SUITE_VNNI inline DigitSums no_sums() {
    return {.d2 = _mm512_setzero_si512(), .d1 = _mm512_setzero_si512(), .d0 = _mm512_set1_epi32(rounding)};
}

/// Adds products of four neighbouring bytes with their weights.
SUITE_VNNI inline DigitSums add_products(DigitSums sums, __m512i pixels, const DigitSums& weights) {
    return {.d2 = _mm512_dpbusd_epi32(sums.d2, pixels, weights.d2),
            .d1 = _mm512_dpbusd_epi32(sums.d1, pixels, weights.d1),
            .d0 = _mm512_dpbusd_epi32(sums.d0, pixels, weights.d0)};
}

/// Numbers of 8 bits in the low end of each 32.
SUITE_VNNI inline __m512i to_bytes(const DigitSums& sums) {
    const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(sums.d2, 8), sums.d1);
    return _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(upper, 8), sums.d0), weight_bits);
}

/// Digits of four pixels, each for the four channels of its pixel.
SUITE_VNNI inline __m512i spread_digits(const std::int32_t* digits) {
    const __m512i order = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(digits));
    return _mm512_permutexvar_epi32(order, _mm512_castsi128_si512(four));
}

SUITE_VNNI inline __m128i load_sixteen(const std::uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// Four source pixels of each of four places, by channels.
SUITE_VNNI inline __m512i load_channels(const std::uint8_t* source, const std::uint32_t* places) {
    const __m128i channels = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i pixels = _mm512_castsi128_si512(load_sixteen(source + places[0]));
    pixels = _mm512_inserti32x4(pixels, load_sixteen(source + places[1]), 1);
    pixels = _mm512_inserti32x4(pixels, load_sixteen(source + places[2]), 2);
    pixels = _mm512_inserti32x4(pixels, load_sixteen(source + places[3]), 3);
    return _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(channels));
}

/// Four target pixels at a time, of so many fours of weights each; 0: as many as there are.
template<int known_groups>
SUITE_VNNI void resample_row_vnni(const ResampleAxis& columns, const std::uint8_t* source,
                                  std::uint8_t* target) {
    const int groups = known_groups == 0 ? columns.taps() / 4 : known_groups;
    const int count = columns.count();
    const std::int32_t* digits = columns.digits(0);
    const std::uint32_t* places = columns.places(0);
    for (int pixel = 0; pixel < count; pixel += 4, places += 4, target += 4 * row_pixel_bytes) {
        DigitSums sums = no_sums();
        for (int group = 0; group < groups; ++group, digits += 12) {
            const std::size_t at = static_cast<std::size_t>(group) * 4 * row_pixel_bytes;
            sums = add_products(sums, load_channels(source + at, places),
                                {.d2 = spread_digits(digits),
                                 .d1 = spread_digits(digits + 4),
                                 .d0 = spread_digits(digits + 8)});
        }
        const __m128i bytes = _mm512_cvtusepi32_epi8(to_bytes(sums)); // no weight is negative
        if (pixel + 4 <= count) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(target), bytes);
        } else {
            _mm_mask_storeu_epi32(target, static_cast<__mmask8>((1U << (count - pixel)) - 1U), bytes);
        }
    }
}

/// 64 bytes of a target row, or those of the mask, from all its rows, four at a time.
SUITE_VNNI inline __m512i mix_sixty_four(const RowMix& mix, std::size_t at, std::size_t bytes,
                                         __mmask64 mask) {
    DigitSums first = no_sums();
    DigitSums second = no_sums();
    DigitSums third = no_sums();
    DigitSums fourth = no_sums();
    const std::int32_t* digits = mix.digits;
    const std::uint8_t* const last = mix.rows + static_cast<std::size_t>(mix.count - 1) * bytes + at;
    const std::uint8_t* from = mix.rows + at;
    for (int row = 0; row < mix.count; row += 4, digits += 12, from += 4 * bytes) {
        const auto load = [&](std::size_t i) SUITE_VNNI { // behind the last row the weight is 0
            return _mm512_maskz_loadu_epi8(mask, std::min(from + i * bytes, last));
        };
        const __m512i lower_a = _mm512_unpacklo_epi8(load(0), load(1));
        const __m512i upper_a = _mm512_unpackhi_epi8(load(0), load(1));
        const __m512i lower_b = _mm512_unpacklo_epi8(load(2), load(3));
        const __m512i upper_b = _mm512_unpackhi_epi8(load(2), load(3));
        const DigitSums weights{.d2 = _mm512_set1_epi32(digits[0]),
                                .d1 = _mm512_set1_epi32(digits[4]),
                                .d0 = _mm512_set1_epi32(digits[8])};
        first = add_products(first, _mm512_unpacklo_epi16(lower_a, lower_b), weights);
        second = add_products(second, _mm512_unpackhi_epi16(lower_a, lower_b), weights);
        third = add_products(third, _mm512_unpacklo_epi16(upper_a, upper_b), weights);
        fourth = add_products(fourth, _mm512_unpackhi_epi16(upper_a, upper_b), weights);
    }
    return _mm512_packus_epi16(_mm512_packus_epi32(to_bytes(first), to_bytes(second)),
                               _mm512_packus_epi32(to_bytes(third), to_bytes(fourth)));
}

SUITE_VNNI void mix_rows_vnni(const RowMix& mix, std::size_t bytes, std::uint8_t* target) {
    const std::size_t whole = bytes / 64 * 64;
    for (std::size_t at = 0; at < whole; at += 64) {
        _mm512_storeu_si512(target + at, mix_sixty_four(mix, at, bytes, ~__mmask64{0}));
    }
    if (whole < bytes) {
        const __mmask64 rest = (__mmask64{1} << (bytes - whole)) - 1;
        _mm512_mask_storeu_epi8(target + whole, rest, mix_sixty_four(mix, whole, bytes, rest));
    }
}

#ifndef __clang__
#pragma GCC diagnostic pop
#endif

} // namespace
#endif

VectorCode best_vector_code() noexcept {
#ifdef SUITE_HAS_AVX2_BUILD
    static const VectorCode best = [] {
        if (__builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
            __builtin_cpu_supports("avx512bw") != 0) {
            return VectorCode::vnni;
        }
        return __builtin_cpu_supports("avx2") != 0 ? VectorCode::avx2 : VectorCode::plain;
    }();
    return best;
#else
    return VectorCode::plain;
#endif
}

void resample_row(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target,
                  VectorCode code) {
#ifdef SUITE_HAS_AVX2_BUILD
    if (code != VectorCode::plain && columns.taps() <= most_vector_taps) {
        if (code == VectorCode::avx2) {
            resample_row_avx2(columns, source, target);
        } else if (columns.taps() == 4) { // up to twice smaller
            resample_row_vnni<1>(columns, source, target);
        } else {
            resample_row_vnni<0>(columns, source, target);
        }
        return;
    }
#endif
    resample_row_plain(columns, source, target);
}

void mix_rows(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows, std::size_t bytes,
              std::uint8_t* target, VectorCode code) {
    const RowMix mix = row_mix(axis, target_row, rows, bytes);
#ifdef SUITE_HAS_AVX2_BUILD
    if (code != VectorCode::plain && axis.taps() <= most_vector_taps) {
        code == VectorCode::vnni ? mix_rows_vnni(mix, bytes, target) : mix_rows_avx2(mix, bytes, target);
        return;
    }
#endif
    mix_bytes(mix, 0, bytes, target);
}

void resample_row(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target) {
    resample_row(columns, source, target, best_vector_code());
}

void mix_rows(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows, std::size_t bytes,
              std::uint8_t* target) {
    mix_rows(axis, target_row, rows, bytes, target, best_vector_code());
}

} // namespace suite::data
