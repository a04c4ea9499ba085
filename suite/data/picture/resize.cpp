#include "suite/data/picture/resize.hpp"

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

namespace {

/// The weights of one axis: target pixel i is the sum of weights[i * taps + k] * source[firsts[i] + k].
/// Returns taps. Pixels behind the line's end have weight 0 and are not to be read.
int set_area_weights(int source, int side, AreaScratch& scratch) {
    const double scale = static_cast<double>(source) / side;
    const int taps = scale < 1.0 ? 2 : static_cast<int>(std::ceil(scale)) + 1;
    scratch.firsts.assign(static_cast<std::size_t>(side), 0);
    scratch.weights.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(taps), 0.0F);
    for (int i = 0; i < side; ++i) {
        float* const weights = scratch.weights.data() + static_cast<std::ptrdiff_t>(i) * taps;
        const double begin = i * scale;
        const double end = std::min((i + 1) * scale, static_cast<double>(source));
        const int first = static_cast<int>(begin);
        scratch.firsts[static_cast<std::size_t>(i)] = first;
        if (scale < 1.0) { // cv::resize: the share of the target pixel that lies in the next source pixel
            const double beyond = (i + 1) - (first + 1) / scale;
            const double share = beyond <= 0.0 || first + 1 >= source ? 0.0 : beyond - std::floor(beyond);
            weights[0] = static_cast<float>(1.0 - share);
            weights[1] = static_cast<float>(share);
            continue;
        }
        for (int k = 0; k < taps && first + k < end; ++k) {
            const double covered = std::min<double>(first + k + 1, end) - std::max<double>(first + k, begin);
            weights[k] = static_cast<float>(covered / (end - begin));
        }
    }
    return taps;
}

/// One source row, resized along x.
template<typename Pixel>
void resize_row(const Pixel* row, int source, int taps, const AreaScratch& scratch, std::span<float> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int first = scratch.firsts[i];
        const float* const weights = scratch.weights.data() + i * static_cast<std::size_t>(taps);
        const int used = std::min(taps, source - first);
        float sum = 0.0F;
        for (int k = 0; k < used; ++k) {
            sum += weights[k] * static_cast<float>(row[first + k]);
        }
        out[i] = sum;
    }
}

template<typename Pixel>
void resize_area_of(const SquareView<Pixel>& source, int side, float scale, AreaScratch& scratch,
                    std::span<float> out) {
    const auto width = static_cast<std::size_t>(side);
    assert(out.size() == width * width);
    std::ranges::fill(out, 0.0F);
    const int taps = set_area_weights(source.side, side, scratch);
    scratch.line.resize(width);
    std::size_t next = 0; // target rows below it are done
    for (int y = 0; y < source.side; ++y) {
        resize_row(source.pixels + static_cast<std::size_t>(y) * source.stride, source.side, taps, scratch,
                   scratch.line);
        while (next < width && scratch.firsts[next] + taps <= y) {
            ++next;
        }
        for (std::size_t row = next; row < width && scratch.firsts[row] <= y; ++row) {
            const auto tap = static_cast<std::size_t>(y - scratch.firsts[row]);
            const float weight = scratch.weights[row * static_cast<std::size_t>(taps) + tap] * scale;
            for (std::size_t x = 0; weight != 0.0F && x < width; ++x) {
                out[row * width + x] += weight * scratch.line[x];
            }
        }
    }
}

} // namespace

void resize_area(const SquareView<std::uint8_t>& source, int side, float scale, AreaScratch& scratch,
                 std::span<float> out) {
    resize_area_of(source, side, scale, scratch, out);
}

void resize_area(const SquareView<std::uint16_t>& source, int side, float scale, AreaScratch& scratch,
                 std::span<float> out) {
    resize_area_of(source, side, scale, scratch, out);
}

} // namespace suite::data
