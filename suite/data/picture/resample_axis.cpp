#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "suite/data/picture/resample.hpp"

namespace suite::data {
namespace {

constexpr std::int32_t half_mask = (1 << ResampleAxis::half_bits) - 1;

int round_up_to_four(int value) {
    return (value + 3) / 4 * 4;
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

} // namespace

/// Keeps `used` shares as weights from source pixel `first` on; moved left where the line would end before
/// the last weight, so that vector loads stay inside.
void ResampleAxis::store(int pixel, int first, int used, int source) {
    const int moved = std::max(0, std::min(first, source - taps_));
    std::int32_t* const weights =
        weights_.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(taps_);
    std::fill_n(weights, taps_, 0);
    for (int i = 0; i < used; ++i) {
        weights[first - moved + i] =
            static_cast<std::int32_t>(0.5 + shares_[static_cast<std::size_t>(i)] * (1 << weight_bits));
    }
    firsts_[static_cast<std::size_t>(pixel)] = moved;
    low_ = std::min(low_, moved);
    high_ = std::max(high_, std::min(moved + taps_, source));
}

namespace {

/// The source pixels of one target pixel: [first, first + used).
struct SourcePixels {
    double centre = 0.0;
    int first = 0;
    int used = 0;
};

SourcePixels source_pixels(int target_pixel, int source, double scale, double width, Filter filter) {
    double centre = (target_pixel + 0.5) * scale;
    if (filter == Filter::linear) {
        centre = std::clamp(centre, 0.5, source - 0.5);
    }
    const int first = std::max(static_cast<int>(centre - width + 0.5), 0);
    return {.centre = centre,
            .first = first,
            .used = std::min(static_cast<int>(centre + width + 0.5), source) - first};
}

} // namespace

/// precompute_coeffs of Pillow's Resample.c, in its arithmetic.
void ResampleAxis::set(int source, int target, int start, int count, Filter filter) {
    assert(source > 0 && target > 0 && start >= 0 && start + count <= target);
    const double scale = static_cast<double>(source) / target;
    const double width = filter == Filter::triangle ? std::max(scale, 1.0) : 1.0;
    int most = 0;
    for (int pixel = 0; pixel < count; ++pixel) {
        most = std::max(most, source_pixels(start + pixel, source, scale, width, filter).used);
    }
    count_ = count;
    taps_ = round_up_to_four(most);
    low_ = source;
    high_ = 0;
    firsts_.resize(static_cast<std::size_t>(count));
    weights_.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(taps_));
    shares_.resize(static_cast<std::size_t>(taps_));
    for (int pixel = 0; pixel < count; ++pixel) {
        const auto [centre, first, used] = source_pixels(start + pixel, source, scale, width, filter);
        double sum = 0.0;
        for (int i = 0; i < used; ++i) {
            const double share = triangle((i + first - centre + 0.5) * (1.0 / width));
            shares_[static_cast<std::size_t>(i)] = share;
            sum += share;
        }
        for (int i = 0; i < used; ++i) {
            shares_[static_cast<std::size_t>(i)] /= sum;
        }
        store(pixel, first, used, source);
    }
    if (best_vector_code() == VectorCode::vnni) {
        pack_digits();
    }
    pack_halves();
}

void ResampleAxis::pack_halves() {
    halves_.resize(weights_.size() * 8);
    std::int16_t* out = halves_.data();
    for (std::size_t group = 0; group < weights_.size(); group += 4) {
        const std::int32_t* const weights = weights_.data() + group;
        for (int i = 0; i < 16; ++i) {
            const std::int32_t weight = weights[i / 8 * 2 + i % 2];
            out[i] = static_cast<std::int16_t>(weight >> half_bits);
            out[16 + i] = static_cast<std::int16_t>(weight & half_mask);
        }
        out += 32;
    }
}

namespace {

/// The low eight bits of four numbers.
std::int32_t low_bytes(const std::array<std::int32_t, 4>& numbers) {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        result |= (static_cast<std::uint32_t>(numbers[i]) & 0xFFU) << (8 * i);
    }
    return static_cast<std::int32_t>(result);
}

} // namespace

void ResampleAxis::pack_digits() {
    const auto taps = static_cast<std::size_t>(taps_);
    const std::size_t quads = (static_cast<std::size_t>(count_) + 3) / 4;
    places_.resize(quads * 4);
    for (std::size_t i = 0; i < places_.size(); ++i) {
        places_[i] = static_cast<std::uint32_t>(first(std::min(static_cast<int>(i), count_ - 1))) *
                     static_cast<std::uint32_t>(row_pixel_bytes);
    }
    digits_.assign(quads * taps * 3, 0);
    for (std::size_t pixel = 0; pixel < static_cast<std::size_t>(count_); ++pixel) {
        std::int32_t* out = digits_.data() + pixel / 4 * taps * 3 + pixel % 4;
        for (std::size_t tap = 0; tap < taps; tap += 4, out += 12) {
            std::array<std::int32_t, 4> rest{};
            std::copy_n(weights_.data() + pixel * taps + tap, 4, rest.begin());
            for (const std::size_t place : {8U, 4U, 0U}) {
                out[place] = low_bytes(rest);
                for (std::int32_t& number : rest) { // what is left when the signed digit is taken off
                    number = (number - static_cast<std::int8_t>(number)) / 256;
                }
            }
        }
    }
}

} // namespace suite::data
