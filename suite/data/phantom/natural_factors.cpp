#include "suite/data/phantom/natural_factors.hpp"

#include <cassert>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace suite::data {
namespace {

constexpr float third_turn_sine = 0.8660254F; // sin 60°

/// depth inside a flower of `lobes` (3, 5 or 8) petals; cos(n t) from cos t by Chebyshev polynomials.
float flower_depth(int lobes, float u, float v, float mean, float swing) noexcept {
    const float radius = std::sqrt(u * u + v * v);
    const float c = -v / std::max(radius, 1e-6F);
    const float c2 = c * c;
    float lobe = 0.0F;
    if (lobes == 3) {
        lobe = c * (4.0F * c2 - 3.0F);
    } else if (lobes == 5) {
        lobe = c * (16.0F * c2 * c2 - 20.0F * c2 + 5.0F);
    } else {
        lobe = ((128.0F * c2 - 256.0F) * c2 + 160.0F) * c2 * c2 - 32.0F * c2 + 1.0F;
    }
    return 0.7F * (mean + swing * lobe - radius);
}

float box_depth(float u, float v, float half_u, float half_v) noexcept {
    return std::min(half_u - std::abs(u), half_v - std::abs(v));
}

float disc_depth(float u, float v, float radius) noexcept {
    return radius - std::sqrt(u * u + v * v);
}

float triangle_depth(float u, float v) noexcept {
    return std::min(0.55F - v, 0.5F * v - third_turn_sine * std::abs(u) + 0.45F);
}

constexpr std::array<Placement, 1> layout_large{{{{0.5F, 0.5F}, 0.38F}}};
constexpr std::array<Placement, 1> layout_small{{{{0.5F, 0.5F}, 0.22F}}};
constexpr std::array<Placement, 2> layout_beside{{{{0.28F, 0.5F}, 0.23F}, {{0.72F, 0.5F}, 0.23F}}};
constexpr std::array<Placement, 2> layout_stacked{{{{0.5F, 0.3F}, 0.26F}, {{0.5F, 0.77F}, 0.17F}}};
constexpr std::array<Placement, 4> layout_grid{
    {{{0.28F, 0.28F}, 0.19F}, {{0.72F, 0.28F}, 0.19F}, {{0.28F, 0.72F}, 0.19F}, {{0.72F, 0.72F}, 0.19F}}};
constexpr std::array<Placement, 3> layout_row{
    {{{0.2F, 0.62F}, 0.16F}, {{0.5F, 0.38F}, 0.16F}, {{0.8F, 0.62F}, 0.16F}}};

void check_levels(int first, int count, int levels, const std::string& where, FaultList& faults) {
    if (first < 0 || count < 1 || first + count > levels) {
        faults.add({.where = where,
                    .found = fmt::format("levels {} to {}", first, first + count - 1),
                    .expected = fmt::format("levels within 0 to {}", levels - 1),
                    .fix = "use fewer levels or start earlier"});
    }
}

std::size_t combination_count(const plan::NaturalPhantom& phantom) {
    return static_cast<std::size_t>(phantom.outlines) * static_cast<std::size_t>(phantom.textures) *
           static_cast<std::size_t>(phantom.palettes) * static_cast<std::size_t>(phantom.layouts);
}

/// The step nearest below 0.618 of `count` (golden section: consecutive multiples spread evenly) without a
/// common divisor.
std::size_t spreading_step(std::size_t count) {
    auto step = static_cast<std::size_t>(0.6180339887 * static_cast<double>(count));
    while (step > 1 && std::gcd(step, count) != 1) {
        --step;
    }
    return std::max<std::size_t>(step, 1);
}

/// Takes the lowest digit off.
int take_digit(std::size_t& rest, int radix) {
    const auto base = static_cast<std::size_t>(radix);
    const auto digit = static_cast<int>(rest % base);
    rest /= base;
    return digit;
}

} // namespace

void check_natural_factors(const plan::NaturalPhantom& phantom, std::size_t classes, const std::string& where,
                           FaultList& faults) {
    check_levels(phantom.first_outline, phantom.outlines, outline_levels, where + ".outlines", faults);
    check_levels(phantom.first_texture, phantom.textures, texture_levels, where + ".textures", faults);
    check_levels(phantom.first_palette, phantom.palettes, palette_levels, where + ".palettes", faults);
    check_levels(phantom.first_layout, phantom.layouts, layout_levels, where + ".layouts", faults);
    if (faults.empty() && combination_count(phantom) < classes) {
        faults.add({.where = where,
                    .found = fmt::format("{} combinations of factor levels", combination_count(phantom)),
                    .expected = fmt::format("at least the {} classes", classes),
                    .fix = "use more levels or fewer labels"});
    }
}

NaturalClass natural_class(const plan::NaturalPhantom& phantom, std::size_t k) {
    const std::size_t combinations = combination_count(phantom);
    std::size_t rest = (k * spreading_step(combinations)) % combinations;
    NaturalClass result;
    result.outline = phantom.first_outline + take_digit(rest, phantom.outlines);
    result.texture = phantom.first_texture + take_digit(rest, phantom.textures);
    result.palette = phantom.first_palette + take_digit(rest, phantom.palettes);
    result.layout = phantom.first_layout + take_digit(rest, phantom.layouts);
    return result;
}

float outline_depth(int level, float u, float v) noexcept {
    switch (level) {
    case 0: // disc
        return disc_depth(u, v, 0.95F);
    case 1: // square
        return box_depth(u, v, 0.78F, 0.78F);
    case 2: // triangle
        return triangle_depth(u, v);
    case 3: // ring
        return 0.24F - std::abs(std::sqrt(u * u + v * v) - 0.72F);
    case 4: // cross
        return std::max(box_depth(u, v, 0.3F, 0.95F), box_depth(u, v, 0.95F, 0.3F));
    case 5: // star
        return flower_depth(5, u, v, 0.68F, 0.34F);
    case 6: // crescent
        return std::min(disc_depth(u, v, 0.95F), -disc_depth(u - 0.42F, v, 0.72F));
    case 7: // bar
        return box_depth(u, v, 1.0F, 0.36F);
    case 8: // clover
        return flower_depth(3, u, v, 0.66F, 0.36F);
    case 9: // two discs
        return std::max(disc_depth(u + 0.52F, v, 0.46F), disc_depth(u - 0.52F, v, 0.46F));
    case 10: // angle
        return std::max(box_depth(u + 0.52F, v, 0.28F, 0.85F), box_depth(u, v - 0.57F, 0.8F, 0.28F));
    default: // half disc
        return std::min(disc_depth(u, v + 0.35F, 0.95F), v + 0.35F);
    }
}

float texture_share(int level, float u, float v, float scale, Point phase) noexcept {
    const auto wave = [scale](float coordinate, float frequency, float shift) {
        return triangle_wave(coordinate * frequency * scale + shift);
    };
    const auto hard = [](float value) { return std::clamp((value - 0.5F) * 4.0F + 0.5F, 0.0F, 1.0F); };
    switch (level) {
    case 0: // plain
        return 0.0F;
    case 1: // wide stripes
        return hard(wave(v, 0.95F, phase.y));
    case 2: // narrow stripes
        return hard(wave(u, 1.7F, phase.x));
    case 3: // checks
        return hard(std::abs(hard(wave(u, 0.9F, phase.x)) - hard(wave(v, 0.9F, phase.y))));
    case 4: // dots
        return hard(0.75F * (wave(u, 1.3F, phase.x) + wave(v, 1.3F, phase.y)) - 0.35F);
    case 5: // rings
        return hard(wave(std::sqrt(u * u + v * v), 1.5F, phase.x));
    case 6: // core
        return std::clamp(1.35F - 1.6F * std::sqrt(u * u + v * v), 0.0F, 1.0F);
    case 7: // fade
        return std::clamp(0.5F + 0.6F * v, 0.0F, 1.0F);
    case 8: // diagonal stripes
        return hard(wave(u + v, 0.85F, phase.x));
    default: // halves
        return u > 0.0F ? 1.0F : 0.0F;
    }
}

Colour colour_of(float hue, float saturation, float value) noexcept {
    // Each channel is a clipped triangle over the hue circle, a third of a turn apart.
    const auto channel = [&](float shift) {
        const float wave = std::clamp(3.0F * triangle_wave(hue + shift) - 1.0F, 0.0F, 1.0F);
        return value * (1.0F - saturation * (1.0F - wave));
    };
    return {.red = channel(0.5F), .green = channel(0.5F - 1.0F / 3.0F), .blue = channel(0.5F + 1.0F / 3.0F)};
}

std::array<float, 2> palette_hues(int level) noexcept {
    const float first = static_cast<float>(level) / static_cast<float>(palette_levels);
    // The second hue steps through the circle at another pace, so that it does not follow from the first.
    const float second = first + 0.25F + 0.5F * static_cast<float>(level % 3) / 3.0F;
    return {first, second};
}

std::span<const Placement> layout_placements(int level) noexcept {
    switch (level) {
    case 0:
        return layout_large;
    case 1:
        return layout_small;
    case 2:
        return layout_beside;
    case 3:
        return layout_stacked;
    case 4:
        return layout_grid;
    default:
        return layout_row;
    }
}

} // namespace suite::data
