#include "suite/data/picture/normalise.hpp"

#include <bit>
#include <cassert>
#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__)
#define SUITE_HAS_AVX2_BUILD 1
#include <immintrin.h>
#endif

namespace suite::data {

void normalise_pixels_plain(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                            std::span<const NormalisedPlane> planes) {
    for (std::size_t row = 0; row < pixels.size(); row += width) {
        for (std::size_t x = 0; x < width; ++x) {
            const auto value = static_cast<float>(pixels[row + (flip ? width - 1 - x : x)]);
            for (const NormalisedPlane& plane : planes) {
                plane.out[row + x] = value * plane.scale + plane.offset;
            }
        }
    }
}

#ifdef SUITE_HAS_AVX2_BUILD
namespace {

constexpr std::size_t lanes = 8;

/// Eight pixels; the last one first when flipped.
template<bool flip>
__attribute__((target("avx2"))) inline __m256 eight_pixels(const std::uint8_t* from) {
    __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    if constexpr (flip) {
        bytes =
            _mm_shuffle_epi8(bytes, _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, -1, -1, -1, -1, -1, -1, -1, -1));
    }
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}

/// Rows of at least eight pixels. A row that is no multiple of eight ends with eight that overlap those
/// before.
template<bool flip, std::size_t planes>
__attribute__((target("avx2"))) void normalise_avx2(std::span<const std::uint8_t> pixels, std::size_t width,
                                                    const NormalisedPlane* targets) {
    __m256 scales[planes];
    __m256 offsets[planes];
    float* outs[planes];
    for (std::size_t p = 0; p < planes; ++p) {
        scales[p] = _mm256_set1_ps(targets[p].scale);
        offsets[p] = _mm256_set1_ps(targets[p].offset);
        outs[p] = targets[p].out;
    }
    const std::size_t last = width - lanes;
    for (std::size_t row = 0; row < pixels.size(); row += width) {
        for (std::size_t next = 0; next < width; next += lanes) {
            const std::size_t x = next < last ? next : last;
            const __m256 values = eight_pixels<flip>(pixels.data() + row + (flip ? last - x : x));
            for (std::size_t p = 0; p < planes; ++p) {
                _mm256_storeu_ps(outs[p] + row + x,
                                 _mm256_add_ps(_mm256_mul_ps(values, scales[p]), offsets[p]));
            }
        }
    }
}

} // namespace
#endif

namespace {

bool has_avx2() {
#ifdef SUITE_HAS_AVX2_BUILD
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
#else
    return false;
#endif
}

bool has_fma() {
#ifdef SUITE_HAS_AVX2_BUILD
    static const bool has = has_avx2() && __builtin_cpu_supports("fma") != 0;
    return has;
#else
    return false;
#endif
}

} // namespace

void normalise_pixels(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                      std::span<const NormalisedPlane> planes) {
    assert(width > 0 && pixels.size() % width == 0 && (planes.size() == 1 || planes.size() == 3));
#ifdef SUITE_HAS_AVX2_BUILD
    const std::size_t run = flip ? width : pixels.size(); // unflipped the rows follow one another
    if (has_avx2() && run >= lanes) {
        if (planes.size() == 1) {
            flip ? normalise_avx2<true, 1>(pixels, run, planes.data())
                 : normalise_avx2<false, 1>(pixels, run, planes.data());
        } else {
            flip ? normalise_avx2<true, 3>(pixels, run, planes.data())
                 : normalise_avx2<false, 3>(pixels, run, planes.data());
        }
        return;
    }
#endif
    normalise_pixels_plain(pixels, width, flip, planes);
}

namespace {

/// A quotient from the reciprocal of its divisor and one step of correction: a / b correctly rounded, but for
/// rare operands (Markstein, IBM J. Res. Dev. 34, 1990), which PixelLevels makes sure it has none of.
float corrected_quotient(float a, float b) {
    const float reciprocal = 1.0F / b;
    const float quotient = a * reciprocal;
    return std::fma(std::fma(-quotient, b, a), reciprocal, quotient);
}

constexpr float byte_range = 255.0F;

} // namespace

PixelLevels::PixelLevels(const std::array<float, 3>& mean, const std::array<float, 3>& std)
    : mean_(mean), std_(std), has_vectors_(has_fma()) {
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        const auto value = static_cast<float>(i % 256);
        const std::size_t c = i / 256;
        levels_[i] = (value / byte_range - mean[c]) / std[c];
        const float by_vectors = corrected_quotient(corrected_quotient(value, byte_range) - mean[c], std[c]);
        has_vectors_ = has_vectors_ &&
                       std::bit_cast<std::uint32_t>(by_vectors) == std::bit_cast<std::uint32_t>(levels_[i]);
    }
}

void PixelLevels::apply_plain(const std::uint8_t* pixels, std::size_t width, bool flip,
                              const std::array<float*, 3>& rows) const {
    for (std::size_t x = 0; x < width; ++x) {
        const std::uint8_t* const pixel = pixels + 4 * (flip ? width - 1 - x : x);
        for (std::size_t c = 0; c < 3; ++c) {
            rows[c][x] = level(c, pixel[c]);
        }
    }
}

#ifdef SUITE_HAS_AVX2_BUILD
namespace {

/// corrected_quotient() of eight numbers.
__attribute__((target("avx2,fma"))) inline __m256 eight_quotients(__m256 a, __m256 b, __m256 reciprocal) {
    const __m256 quotient = _mm256_mul_ps(a, reciprocal);
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(quotient, b, a), reciprocal, quotient);
}

/// One channel of eight pixels, `shift` bits up in each, normalised.
__attribute__((target("avx2,fma"))) inline __m256 eight_levels(__m256i pixels, int shift, float mean,
                                                               float std) {
    const __m256i bytes = _mm256_and_si256(_mm256_srli_epi32(pixels, shift), _mm256_set1_epi32(0xFF));
    const __m256 share = eight_quotients(_mm256_cvtepi32_ps(bytes), _mm256_set1_ps(byte_range),
                                         _mm256_set1_ps(1.0F / byte_range));
    return eight_quotients(_mm256_sub_ps(share, _mm256_set1_ps(mean)), _mm256_set1_ps(std),
                           _mm256_set1_ps(1.0F / std));
}

/// A row of at least eight pixels; the last eight overlap those before.
template<bool flip>
__attribute__((target("avx2,fma"))) void
levels_avx2(const std::uint8_t* pixels, std::size_t width, const std::array<float, 3>& mean,
            const std::array<float, 3>& std, const std::array<float*, 3>& rows) {
    const std::size_t last = width - lanes;
    for (std::size_t next = 0; next < width; next += lanes) {
        const std::size_t x = next < last ? next : last;
        const std::uint8_t* const from = pixels + 4 * (flip ? last - x : x);
        __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        if constexpr (flip) {
            eight = _mm256_permutevar8x32_epi32(eight, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
        }
        for (std::size_t c = 0; c < 3; ++c) {
            _mm256_storeu_ps(rows[c] + x, eight_levels(eight, static_cast<int>(8 * c), mean[c], std[c]));
        }
    }
}

} // namespace
#endif

void PixelLevels::apply(const std::uint8_t* pixels, std::size_t width, bool flip,
                        const std::array<float*, 3>& rows) const {
#ifdef SUITE_HAS_AVX2_BUILD
    if (has_vectors_ && width >= lanes) {
        flip ? levels_avx2<true>(pixels, width, mean_, std_, rows)
             : levels_avx2<false>(pixels, width, mean_, std_, rows);
        return;
    }
#endif
    apply_plain(pixels, width, flip, rows);
}

} // namespace suite::data
