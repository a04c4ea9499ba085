#include "suite/data/resample.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define SUITE_HAS_AVX2_BUILD 1
#include <immintrin.h>
#endif

namespace suite::data {
namespace {

constexpr int weight_bits = 22; // PRECISION_BITS of Pillow's Resample.c
constexpr int half_bits = 11;   // two halves make a weight
constexpr std::int32_t half_mask = (1 << half_bits) - 1;
constexpr std::int32_t rounding = 1 << (weight_bits - 1);

int round_up_to_four(int value) {
    return (value + 3) / 4 * 4;
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

} // namespace

/// Keeps `used` shares as weights from source pixel `first` on; moved left where the line would end before
/// the last weight, so that vector loads stay inside.
void ResampleAxis::store(int pixel, int first, int used, int source) {
    const int moved = std::max(0, std::min(first, source - taps_));
    std::int32_t* const weights =
        weights_.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(taps_);
    std::fill_n(weights, taps_, 0);
    for (int i = 0; i < used; ++i) {
        weights[first - moved + i] =
            static_cast<std::int32_t>(0.5 + shares_[static_cast<std::size_t>(i)] * (1 << weight_bits));
    }
    firsts_[static_cast<std::size_t>(pixel)] = moved;
    low_ = std::min(low_, moved);
    high_ = std::max(high_, std::min(moved + taps_, source));
}

/// precompute_coeffs of Pillow's Resample.c, in its arithmetic.
void ResampleAxis::set(int source, int target, int start, int count, Filter filter) {
    assert(source > 0 && target > 0 && start >= 0 && start + count <= target);
    const double scale = static_cast<double>(source) / target;
    const double width = filter == Filter::triangle ? std::max(scale, 1.0) : 1.0;
    count_ = count;
    taps_ = round_up_to_four(std::min(2 * static_cast<int>(std::ceil(width)) + 1, source));
    low_ = source;
    high_ = 0;
    firsts_.resize(static_cast<std::size_t>(count));
    weights_.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(taps_));
    shares_.resize(static_cast<std::size_t>(taps_));
    for (int pixel = 0; pixel < count; ++pixel) {
        double centre = (start + pixel + 0.5) * scale;
        if (filter == Filter::linear) {
            centre = std::clamp(centre, 0.5, source - 0.5);
        }
        const int first = std::max(static_cast<int>(centre - width + 0.5), 0);
        const int used = std::min(static_cast<int>(centre + width + 0.5), source) - first;
        double sum = 0.0;
        for (int i = 0; i < used; ++i) {
            const double share = triangle((i + first - centre + 0.5) * (1.0 / width));
            shares_[static_cast<std::size_t>(i)] = share;
            sum += share;
        }
        for (int i = 0; i < used; ++i) {
            shares_[static_cast<std::size_t>(i)] /= sum;
        }
        store(pixel, first, used, source);
    }
    pack();
}

void ResampleAxis::pack() {
    halves_.resize(weights_.size() * 8);
    std::int16_t* out = halves_.data();
    for (std::size_t group = 0; group < weights_.size(); group += 4) {
        const std::int32_t* const weights = weights_.data() + group;
        for (int i = 0; i < 16; ++i) {
            const std::int32_t weight = weights[i / 8 * 2 + i % 2];
            out[i] = static_cast<std::int16_t>(weight >> half_bits);
            out[16 + i] = static_cast<std::int16_t>(weight & half_mask);
        }
        out += 32;
    }
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

namespace {

/// The rows that one target row is made of.
struct RowMix {
    const std::uint8_t* rows = nullptr; ///< the first
    const std::int32_t* weights = nullptr;
    const std::int16_t* halves = nullptr;
    int count = 0;
};

RowMix row_mix(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows,
               std::size_t bytes) {
    const auto first = static_cast<std::size_t>(axis.first(target_row));
    return {.rows = rows.data() + first * bytes,
            .weights = axis.weights(target_row),
            .halves = axis.halves(target_row),
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

void mix_rows_plain(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows,
                    std::size_t bytes, std::uint8_t* target) {
    mix_bytes(row_mix(axis, target_row, rows, bytes), 0, bytes, target);
}

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

bool has_avx2() {
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
}

} // namespace
#endif

void resample_row(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target) {
#ifdef SUITE_HAS_AVX2_BUILD
    if (has_avx2() && columns.taps() <= most_vector_taps) {
        resample_row_avx2(columns, source, target);
        return;
    }
#endif
    resample_row_plain(columns, source, target);
}

void mix_rows(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows, std::size_t bytes,
              std::uint8_t* target) {
#ifdef SUITE_HAS_AVX2_BUILD
    if (has_avx2() && axis.taps() <= most_vector_taps) {
        mix_rows_avx2(row_mix(axis, target_row, rows, bytes), bytes, target);
        return;
    }
#endif
    mix_rows_plain(axis, target_row, rows, bytes, target);
}

} // namespace suite::data
