// Sums in a fixed lane order, and several instruction sets from one source. Private to suite/kernels.
//
// A reduction adds element i to lane i % 64 and then the lanes pairwise, whatever the width of the machine's
// registers; with contraction of a*b+c off (CMakeLists.txt) every instruction set gives the same bits.
#pragma once

#include <cstddef>
#include <cstring>

// One clone per instruction set, chosen when the program is loaded. Not under sanitizers: the choice would
// run before they are ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
#define SUITE_EVERY_ISA __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SUITE_EVERY_ISA
#endif
#define SUITE_INLINE inline __attribute__((always_inline))
#define SUITE_INLINE_LAMBDA __attribute__((always_inline))

namespace suite::kernels {

inline constexpr std::size_t lane_count = 16;
typedef float Lanes __attribute__((vector_size(lane_count * sizeof(float)), aligned(4)));

SUITE_INLINE Lanes load_lanes(const float* from) {
    Lanes lanes;
    std::memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

/// The sum of `count` terms; term(lanes_at) gives 16 of them, tail_term(i) one.
struct LaneSum {
    Lanes parts[4] = {};

    SUITE_INLINE float total() const {
        const Lanes all = (parts[0] + parts[1]) + (parts[2] + parts[3]);
        float values[lane_count];
        std::memcpy(values, &all, sizeof values);
        for (std::size_t width = lane_count / 2; width > 0; width /= 2) {
            for (std::size_t i = 0; i < width; ++i) {
                values[i] += values[i + width];
            }
        }
        return values[0];
    }
};

/// Up to 16 values from `from`, zeros behind them.
SUITE_INLINE Lanes load_tail(const float* from, std::size_t count) {
    float values[lane_count] = {};
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = from[i];
    }
    return load_lanes(values);
}

/// Walks `count` elements: body(part, index) for each full group of 16, tail(part, index, rest) for what is
/// left.
template<typename Body, typename Tail>
SUITE_INLINE void for_each_lanes(std::size_t count, Body&& body, Tail&& tail) {
    std::size_t i = 0;
    for (; i + 4 * lane_count <= count; i += 4 * lane_count) {
        body(0, i);
        body(1, i + lane_count);
        body(2, i + 2 * lane_count);
        body(3, i + 3 * lane_count);
    }
    std::size_t part = 0;
    for (; i + lane_count <= count; i += lane_count, ++part) {
        body(part, i);
    }
    if (i < count) {
        tail(part, i, count - i);
    }
}

} // namespace suite::kernels
