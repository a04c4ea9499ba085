#include "suite/data/phantom/canvas.hpp"

#include <array>
#include <cassert>
#include <cmath>

namespace suite::data {
namespace {

/// Multiplies by the mask where there is one.
float masked(std::span<const float> mask, std::size_t index, float value) {
    return mask.empty() ? value : value * mask[index];
}

/// Calls visit(radius, value&, index) with the blob's normalised radius (1 = rim) within `reach` radii.
template<typename Visit>
void for_each_radius(Canvas& canvas, const Blob& blob, float reach, Visit&& visit) {
    const float cosine = std::cos(blob.angle);
    const float sine = std::sin(blob.angle);
    const float extent = reach * std::max(blob.radius_x, blob.radius_y);
    const float inverse_x = 1.0F / blob.radius_x;
    const float inverse_y = 1.0F / blob.radius_y;
    canvas.for_each_in({blob.centre.x - extent, blob.centre.y - extent},
                       {blob.centre.x + extent, blob.centre.y + extent},
                       [&](float x, float y, float& value, std::size_t index) {
                           const float dx = x - blob.centre.x;
                           const float dy = y - blob.centre.y;
                           const float u = (cosine * dx + sine * dy) * inverse_x;
                           const float v = (cosine * dy - sine * dx) * inverse_y;
                           visit(std::sqrt(u * u + v * v), value, index);
                       });
}

} // namespace

void add_blob(Canvas& canvas, const Blob& blob, float amount, std::span<const float> mask) {
    // A rim narrower than a pixel would alias.
    const float rim = std::max(blob.softness, canvas.pixel_width() / std::min(blob.radius_x, blob.radius_y));
    const float inverse_rim = 1.0F / rim;
    for_each_radius(canvas, blob, 1.0F + rim * 0.5F, [&](float radius, float& value, std::size_t index) {
        const float weight = std::clamp((1.0F + rim * 0.5F - radius) * inverse_rim, 0.0F, 1.0F);
        value += masked(mask, index, amount * weight * weight * (3.0F - 2.0F * weight));
    });
}

void add_ring(Canvas& canvas, const Blob& blob, float width, float amount, std::span<const float> mask) {
    const float relative = std::max(width, canvas.pixel_width()) / std::min(blob.radius_x, blob.radius_y);
    for_each_radius(canvas, blob, 1.0F + relative, [&](float radius, float& value, std::size_t index) {
        value += masked(mask, index, amount * std::max(0.0F, 1.0F - std::abs(radius - 1.0F) / relative));
    });
}

void add_line(Canvas& canvas, Point from, Point to, float width, float amount, std::span<const float> mask) {
    const float full = std::max(width, 0.8F * canvas.pixel_width());
    const Point along{to.x - from.x, to.y - from.y};
    const float inverse_length = 1.0F / std::max(along.x * along.x + along.y * along.y, 1e-8F);
    const Point low{std::min(from.x, to.x) - full, std::min(from.y, to.y) - full};
    const Point high{std::max(from.x, to.x) + full, std::max(from.y, to.y) + full};
    canvas.for_each_in(low, high, [&](float x, float y, float& value, std::size_t index) {
        const float dx = x - from.x;
        const float dy = y - from.y;
        const float t = std::clamp((dx * along.x + dy * along.y) * inverse_length, 0.0F, 1.0F);
        const float ex = dx - t * along.x;
        const float ey = dy - t * along.y;
        const float distance = std::sqrt(ex * ex + ey * ey);
        value += masked(mask, index, amount * std::max(0.0F, 1.0F - distance / full));
    });
}

void add_box(Canvas& canvas, Point low, Point high, float amount, std::span<const float> mask) {
    const float pixel = canvas.pixel_width();
    canvas.for_each_in({low.x - pixel, low.y - pixel}, {high.x + pixel, high.y + pixel},
                       [&](float x, float y, float& value, std::size_t index) {
                           const float inside_x = std::min(x - low.x, high.x - x);
                           const float inside_y = std::min(y - low.y, high.y - y);
                           const float weight =
                               soft_step(inside_x, pixel / 2) * soft_step(inside_y, pixel / 2);
                           value += masked(mask, index, amount * weight);
                       });
}

ValueNoise::ValueNoise(int cells, PhiloxStream& stream) : cells_(cells), values_{} {
    assert(cells >= 1 && cells <= max_cells);
    const int corners = (cells + 1) * (cells + 1);
    for (int i = 0; i < corners; i += 4) {
        const std::uint32_t word = stream.next_u32();
        for (int j = 0; j < 4 && i + j < corners; ++j) {
            values_[i + j] = static_cast<float>((word >> (8 * j)) & 0xFFU) * (2.0F / 255.0F) - 1.0F;
        }
    }
}

float ValueNoise::at(float x, float y) const noexcept {
    const auto last = static_cast<float>(cells_) - 1e-3F;
    const float column = std::clamp(x * static_cast<float>(cells_), 0.0F, last);
    const float row = std::clamp(y * static_cast<float>(cells_), 0.0F, last);
    const auto left = static_cast<int>(column);
    const auto top = static_cast<int>(row);
    const float u = column - static_cast<float>(left);
    const float v = row - static_cast<float>(top);
    const float* upper = values_ + top * (cells_ + 1) + left;
    const float* lower = upper + cells_ + 1;
    const float first = upper[0] + u * (upper[1] - upper[0]);
    const float second = lower[0] + u * (lower[1] - lower[0]);
    return first + v * (second - first);
}

void quantise_with_noise(std::span<const float> values, float noise_sd, const StreamKey& key,
                         std::span<std::uint8_t> bytes) {
    assert(values.size() == bytes.size());
    // Four uniform bytes: mean 4 * 127.5, variance 4 * (256^2 - 1) / 12.
    constexpr float mean = 510.0F;
    const float scale = noise_sd * 255.0F / 147.80054F;
    PhiloxStream stream(key);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t word = stream.next_u32();
        const std::uint32_t pairs = (word & 0x00FF00FFU) + ((word >> 8) & 0x00FF00FFU);
        const auto sum = static_cast<float>((pairs & 0xFFFFU) + (pairs >> 16));
        const float level = values[i] * 255.0F + (sum - mean) * scale;
        bytes[i] = static_cast<std::uint8_t>(std::clamp(level, 0.0F, 255.0F) + 0.5F);
    }
}

} // namespace suite::data
