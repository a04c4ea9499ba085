#include "suite/data/resize.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace suite::data {
namespace {

/// Sum over the source rectangle [x0, x1) x [y0, y1), edges weighted by the share they cover.
double rectangle_sum(std::span<const std::uint8_t> source, int side, double x0, double x1, double y0,
                     double y1) {
    double sum = 0.0;
    for (int y = static_cast<int>(y0); y < std::min(side, static_cast<int>(std::ceil(y1))); ++y) {
        const double height = std::min<double>(y + 1, y1) - std::max<double>(y, y0);
        for (int x = static_cast<int>(x0); x < std::min(side, static_cast<int>(std::ceil(x1))); ++x) {
            const double width = std::min<double>(x + 1, x1) - std::max<double>(x, x0);
            sum += height * width * source[static_cast<std::size_t>(y * side + x)];
        }
    }
    return sum;
}

} // namespace

void resize_and_replicate(std::span<const std::uint8_t> source, int side, std::span<std::uint8_t> target,
                          int target_side, int channels) {
    const auto plane = static_cast<std::size_t>(target_side) * static_cast<std::size_t>(target_side);
    assert(source.size() == static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    assert(target.size() == plane * static_cast<std::size_t>(channels));
    if (side == target_side) {
        std::ranges::copy(source, target.begin());
    } else {
        const double scale = static_cast<double>(side) / target_side;
        for (std::size_t i = 0; i < plane; ++i) {
            const auto y = static_cast<double>(i / static_cast<std::size_t>(target_side));
            const auto x = static_cast<double>(i % static_cast<std::size_t>(target_side));
            const double sum =
                rectangle_sum(source, side, x * scale, (x + 1) * scale, y * scale, (y + 1) * scale);
            target[i] = static_cast<std::uint8_t>(std::lround(sum / (scale * scale)));
        }
    }
    for (int channel = 1; channel < channels; ++channel) {
        std::ranges::copy(target.first(plane), target.begin() + static_cast<std::ptrdiff_t>(plane) * channel);
    }
}

} // namespace suite::data
