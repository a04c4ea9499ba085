// A square plane of floats that phantoms are painted on, and the soft shapes they are painted with.
// Coordinates: x to the right, y down, both 0 to 1 over the side; pixel i has its centre at (i + 0.5) / side.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "suite/base/philox.hpp"

namespace suite::data {

struct Point {
    float x = 0.0F;
    float y = 0.0F;
};

/// 0 below -half_width, 1 above +half_width, a straight ramp between: how much of a pixel lies inside an
/// edge.
[[nodiscard]] inline float soft_step(float distance, float half_width) noexcept {
    return std::clamp(0.5F + 0.5F * distance / half_width, 0.0F, 1.0F);
}

/// Triangle wave of period 1 between 0 and 1; 0 at whole numbers.
[[nodiscard]] inline float triangle_wave(float phase) noexcept {
    const float part = phase - static_cast<float>(static_cast<int>(phase + 4096.0F) - 4096);
    return 1.0F - std::abs(2.0F * part - 1.0F);
}

class Canvas {
public:
    explicit Canvas(int size) : size_(size), values_(area(size), 0.0F) {}

    [[nodiscard]] int size() const noexcept { return size_; }
    [[nodiscard]] float pixel_width() const noexcept { return 1.0F / static_cast<float>(size_); }
    [[nodiscard]] std::span<float> values() noexcept { return values_; }
    [[nodiscard]] std::span<const float> values() const noexcept { return values_; }
    void fill(float value) { std::ranges::fill(values_, value); }

    /// Calls visit(x, y, value&, index) for every pixel whose centre lies in the box (unit coordinates), row
    /// by row.
    template<typename Visit>
    void for_each_in(Point low, Point high, Visit&& visit) {
        const int x0 = pixel_at(low.x);
        const int x1 = pixel_at(high.x + pixel_width());
        const int y1 = pixel_at(high.y + pixel_width());
        const float step = pixel_width();
        for (int row = pixel_at(low.y); row < y1; ++row) {
            const float y = (static_cast<float>(row) + 0.5F) * step;
            for (int column = x0; column < x1; ++column) {
                const auto index = static_cast<std::size_t>(row * size_ + column);
                visit((static_cast<float>(column) + 0.5F) * step, y, values_[index], index);
            }
        }
    }
    template<typename Visit>
    void for_each(Visit&& visit) {
        for_each_in({0.0F, 0.0F}, {1.0F, 1.0F}, std::forward<Visit>(visit));
    }

private:
    int size_;
    std::vector<float> values_;

    static std::size_t area(int size) {
        return static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
    }
    [[nodiscard]] int pixel_at(float coordinate) const noexcept {
        return std::clamp(static_cast<int>(coordinate * static_cast<float>(size_)), 0, size_);
    }
};

/// An ellipse with a soft rim: weight 1 inside, 0 outside, falling over the outer `softness` share of its
/// radius.
struct Blob {
    Point centre;
    float radius_x = 0.1F;
    float radius_y = 0.1F;
    float angle = 0.0F; ///< radians
    float softness = 0.5F;
};

/// value += amount * weight(blob) * mask, where `mask` has one factor for each pixel (empty = 1).
void add_blob(Canvas& canvas, const Blob& blob, float amount, std::span<const float> mask = {});
/// A blob's outline only: weight falls to both sides of the rim over `width`.
void add_ring(Canvas& canvas, const Blob& blob, float width, float amount, std::span<const float> mask = {});
/// A straight line with round ends; width is the full width at half weight (never less than 0.8 pixels).
void add_line(Canvas& canvas, Point from, Point to, float width, float amount,
              std::span<const float> mask = {});
/// A box with soft rims of one pixel.
void add_box(Canvas& canvas, Point low, Point high, float amount, std::span<const float> mask = {});

/// A smooth random field between -1 and 1 (value noise on a grid of `cells` x `cells`, bilinear).
class ValueNoise {
public:
    static constexpr int max_cells = 12;
    ValueNoise(int cells, PhiloxStream& stream);
    [[nodiscard]] float at(float x, float y) const noexcept;

private:
    int cells_;
    float values_[(max_cells + 1) * (max_cells + 1)];
};

/// values -> bytes: clamp(value + sd * noise, 0, 1) * 255, rounded. The noise is close to normal (each value
/// is the sum of the four bytes of one 32-bit word: mean 0, sd 1, within ±3.5), keyed, one word for each
/// value in order.
void quantise_with_noise(std::span<const float> values, float noise_sd, const StreamKey& key,
                         std::span<std::uint8_t> bytes);

} // namespace suite::data
