#include "suite/data/normalise.hpp"

#include <cassert>

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

bool has_avx2() {
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
}

} // namespace
#endif

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

} // namespace suite::data
