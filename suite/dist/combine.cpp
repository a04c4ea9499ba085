#include "suite/dist/combine.hpp"

#include <cmath>
#include <type_traits>

#include "suite/base/half.hpp"

namespace suite::dist {
namespace {

struct Float16 {
    std::uint16_t bits;
    [[nodiscard]] float value() const noexcept { return float_from_float16(bits); }
    static Float16 of(float value) noexcept { return {float16_from_float(value)}; }
};
struct BFloat16 {
    std::uint16_t bits;
    [[nodiscard]] float value() const noexcept { return float_from_bfloat16(bits); }
    static BFloat16 of(float value) noexcept { return {bfloat16_from_float(value)}; }
};

template<typename T>
concept Half = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

template<typename T>
T smaller(T a, T b) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a) || std::isnan(b)) {
            return a + b;
        }
        if (a == b) {
            return std::signbit(a) ? a : b;
        }
    }
    return a < b ? a : b;
}

template<typename T>
T larger(T a, T b) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a) || std::isnan(b)) {
            return a + b;
        }
        if (a == b) {
            return std::signbit(a) ? b : a;
        }
    }
    return a < b ? b : a;
}

template<typename T>
T sum(T a, T b) noexcept {
    return a + b;
}

template<typename T, typename Operation>
void each(T* into, const T* from, std::size_t count, Operation operation) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        if constexpr (Half<T>) {
            into[i] = T::of(operation(into[i].value(), from[i].value()));
        } else {
            into[i] = operation(into[i], from[i]);
        }
    }
}

/// The gradients' case, in the widest registers that the machine has; one addition an element, so the same
/// bits in all of them.
__attribute__((target_clones("avx512f", "avx2", "default"))) void
add_floats(float* __restrict__ into, const float* __restrict__ from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        into[i] += from[i];
    }
}

template<typename T>
void combine_as(Buffer into, const void* from, Reduction reduction) noexcept {
    auto* const target = static_cast<T*>(into.data);
    const auto* const source = static_cast<const T*>(from);
    switch (reduction) {
    case Reduction::sum:
        if constexpr (std::is_same_v<T, float>) {
            return add_floats(target, source, into.count);
        }
        return each(target, source, into.count, [](auto a, auto b) { return sum(a, b); });
    case Reduction::minimum:
        return each(target, source, into.count, [](auto a, auto b) { return smaller(a, b); });
    case Reduction::maximum:
        return each(target, source, into.count, [](auto a, auto b) { return larger(a, b); });
    }
}

} // namespace

void combine(Buffer into, const void* from, Reduction reduction) noexcept {
    switch (into.element) {
    case Element::byte:
        return;
    case Element::int64:
    case Element::uint64: // two's complement: sums are the same, comparisons are not
        return into.element == Element::int64 && reduction != Reduction::sum
                   ? combine_as<std::int64_t>(into, from, reduction)
                   : combine_as<std::uint64_t>(into, from, reduction);
    case Element::float32:
        return combine_as<float>(into, from, reduction);
    case Element::float64:
        return combine_as<double>(into, from, reduction);
    case Element::float16:
        return combine_as<Float16>(into, from, reduction);
    case Element::bfloat16:
        return combine_as<BFloat16>(into, from, reduction);
    }
}

void check_reducible(Element element) {
    if (element == Element::byte) {
        throw Error(ErrorKind::usage, Fault{.where = "all_reduce",
                                            .found = "elements of type byte",
                                            .expected = "numbers: int64, uint64 or floats",
                                            .fix = "use all_gather or broadcast for bytes"});
    }
}

} // namespace suite::dist
