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
// For lambdas: inlined, so that they are compiled for the instruction set of the clone they stand in.
#define SUITE_INLINE_LAMBDA __attribute__((always_inline))

namespace suite::kernels {

inline constexpr std::size_t lane_count = 16;
typedef float Lanes __attribute__((vector_size(lane_count * sizeof(float)), aligned(4)));
typedef int LaneNumbers __attribute__((vector_size(lane_count * sizeof(int))));

SUITE_INLINE Lanes load_lanes(const float* from) {
    Lanes lanes;
    std::memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

/// Up to 16 values from `from`, zeros behind them.
SUITE_INLINE Lanes load_tail(const float* from, std::size_t count) {
    float values[lane_count] = {};
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = from[i];
    }
    return load_lanes(values);
}

/// How a term of a sum reads 16 neighbouring values: all of them, or what is left at the end and zeros.
/// keep() sets lanes behind the end to 0.
struct FullLoad {
    SUITE_INLINE Lanes operator()(const float* from) const { return load_lanes(from); }
    SUITE_INLINE Lanes keep(Lanes lanes) const { return lanes; }
};
struct TailLoad {
    std::size_t rest;
    SUITE_INLINE Lanes operator()(const float* from) const { return load_tail(from, rest); }
    SUITE_INLINE Lanes keep(Lanes lanes) const {
        const LaneNumbers numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        return numbers < static_cast<int>(rest) ? lanes : Lanes{};
    }
};

/// The lanes of a sum, in four parts that do not wait for each other.
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

/// Adds `count` terms in the fixed order. add(part, load, i) adds the terms i to i + 15 to part `part` of its
/// sums and reads through `load`; a term that is not 0 for the zeros read behind the end needs load.keep().
template<typename Add>
SUITE_INLINE void for_each_lanes(std::size_t count, const Add& add) {
    std::size_t i = 0;
    for (; i + 4 * lane_count <= count; i += 4 * lane_count) {
        add(0, FullLoad{}, i);
        add(1, FullLoad{}, i + lane_count);
        add(2, FullLoad{}, i + 2 * lane_count);
        add(3, FullLoad{}, i + 3 * lane_count);
    }
    std::size_t part = 0;
    for (; i + lane_count <= count; i += lane_count, ++part) {
        add(part, FullLoad{}, i);
    }
    if (i < count) {
        add(part, TailLoad{count - i}, i);
    }
}

} // namespace suite::kernels
