// The factors that a class of natural phantoms combines (laptop.md#natural-images), each a short list of
// levels.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/data/phantom/canvas.hpp"
#include "suite/plan/spec/data_set.hpp"

namespace suite::data {

inline constexpr int outline_levels = 12;
inline constexpr int texture_levels = 10;
inline constexpr int palette_levels = 12;
inline constexpr int layout_levels = 6;

/// One level of each factor.
struct NaturalClass {
    int outline = 0;
    int texture = 0;
    int palette = 0;
    int layout = 0;
    [[nodiscard]] bool operator==(const NaturalClass&) const = default;
};

/// Adds a fault for every factor whose levels are not there, and when the combinations are fewer than the
/// classes.
void check_natural_factors(const plan::NaturalPhantom& phantom, std::size_t classes, const std::string& where,
                           FaultList& faults);

/// The combination of class k: k times a step that shares no divisor with the number of combinations (about
/// 0.618 of it), read in mixed radix (outlines, textures, palettes, layouts) from the first levels on.
/// Distinct for distinct k; neighbours differ in several factors.
[[nodiscard]] NaturalClass natural_class(const plan::NaturalPhantom& phantom, std::size_t k);

/// How deep a point lies inside an outline of radius about 1, in units of that radius; negative outside.
[[nodiscard]] float outline_depth(int level, float u, float v) noexcept;
/// Share (0 to 1) of the second colour at a point of the object; `scale` multiplies the pattern's frequency,
/// `phase` shifts it.
[[nodiscard]] float texture_share(int level, float u, float v, float scale, Point phase) noexcept;

struct Colour {
    float red = 0.0F;
    float green = 0.0F;
    float blue = 0.0F;
};
/// hue in turns (any real number), saturation and value 0 to 1.
[[nodiscard]] Colour colour_of(float hue, float saturation, float value) noexcept;
/// Hues (turns) of the two colours of a palette.
[[nodiscard]] std::array<float, 2> palette_hues(int level) noexcept;

/// Where one object of a layout stands: centre and radius in unit coordinates.
struct Placement {
    Point centre;
    float radius = 0.3F;
};
/// The objects of a layout before variation.
[[nodiscard]] std::span<const Placement> layout_placements(int level) noexcept;

} // namespace suite::data
