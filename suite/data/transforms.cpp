#include "suite/data/transforms.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

namespace suite::data {
namespace {

constexpr int crop_attempts = 10;           // of random_resized_crop, then the centre crop
constexpr float area_low = 0.08F;           // cherti-jitsev.md 2.5
constexpr float ratio_low = 3.0F / 4.0F;    // 2.5
constexpr float ratio_high = 4.0F / 3.0F;   // 2.5
constexpr float xray_shift = 0.25F;         // 2.5 and 8 row 11: share of the side, code over comment
constexpr float xray_angle_degrees = 45.0F; // 2.5
constexpr float xray_scale_low = 0.9F;      // 2.5
constexpr float xray_scale_high = 1.1F;     // 2.5
constexpr float flip_probability = 0.5F;    // 2.5

bool draw_flip(PhiloxStream& stream) {
    return stream.uniform() < flip_probability;
}

/// Resize to 5/4 of the side (160 -> 128 of 3.2), then a crop of the side: as a box of the source.
Box draw_crop(int size, PhiloxStream& stream) {
    const int resized = size + size / 4;
    const auto range = static_cast<std::uint64_t>(resized - size + 1);
    const auto x = static_cast<float>(stream.below(range));
    const auto y = static_cast<float>(stream.below(range));
    const float shrink = static_cast<float>(size) / static_cast<float>(resized);
    const float side = static_cast<float>(size) * shrink;
    return {.x = x * shrink, .y = y * shrink, .width = side, .height = side};
}

Box draw_resized_crop(int size, PhiloxStream& stream) {
    const auto area = static_cast<float>(size) * static_cast<float>(size);
    for (int attempt = 0; attempt < crop_attempts; ++attempt) {
        const float target = area * stream.uniform(area_low, 1.0F);
        const float ratio = std::exp(stream.uniform(std::log(ratio_low), std::log(ratio_high)));
        const auto width = static_cast<int>(std::lround(std::sqrt(target * ratio)));
        const auto height = static_cast<int>(std::lround(std::sqrt(target / ratio)));
        if (width > 0 && height > 0 && width <= size && height <= size) {
            const auto y = static_cast<float>(stream.below(static_cast<std::uint64_t>(size - height + 1)));
            const auto x = static_cast<float>(stream.below(static_cast<std::uint64_t>(size - width + 1)));
            return {.x = x, .y = y, .width = static_cast<float>(width), .height = static_cast<float>(height)};
        }
    }
    return whole_image(size).box; // the centre crop of a square is all of it: its ratio is inside the bounds
}

/// A source position between two pixels of a line.
struct Tap {
    int low = 0;
    int high = 0;
    float share = 0.0F; ///< of `high`
};

/// Positions outside [first, last] use the pixel at that end.
Tap edge_tap(float position, float first, float last) {
    const float clamped = std::clamp(position, first, last);
    const auto low = static_cast<int>(clamped);
    return {.low = low,
            .high = std::min(low + 1, static_cast<int>(last)),
            .share = clamped - static_cast<float>(low)};
}

/// gfedcb|abcdefgh|gfedcba: the edge pixel is not repeated.
int reflect_101(int index, int size) {
    if (index >= 0 && index < size) {
        return index;
    }
    if (size == 1) {
        return 0;
    }
    const int period = 2 * (size - 1);
    const int folded = ((index % period) + period) % period;
    return folded < size ? folded : period - folded;
}

Tap mirror_tap(float position, int size) {
    const float floor = std::floor(position);
    const auto low = static_cast<int>(floor);
    return {.low = reflect_101(low, size), .high = reflect_101(low + 1, size), .share = position - floor};
}

float bilinear(const std::uint8_t* plane, int size, const Tap& x, const Tap& y) {
    const std::uint8_t* upper = plane + static_cast<std::ptrdiff_t>(y.low) * size;
    const std::uint8_t* lower = plane + static_cast<std::ptrdiff_t>(y.high) * size;
    const auto mix = [&x](const std::uint8_t* row) {
        const auto low = static_cast<float>(row[x.low]);
        return low + x.share * (static_cast<float>(row[x.high]) - low);
    };
    const float top = mix(upper);
    return top + y.share * (mix(lower) - top);
}

void sample_box(const std::uint8_t* plane, int size, const Sampling& sampling, float* out) {
    const Box& box = sampling.box;
    const Box& limits = sampling.limits;
    const float step_x = box.width / static_cast<float>(size);
    const float step_y = box.height / static_cast<float>(size);
    const float last_x = limits.x + limits.width - 1.0F;
    const float last_y = limits.y + limits.height - 1.0F;
    for (int row = 0; row < size; ++row) {
        const float source_y = box.y + (static_cast<float>(row) + 0.5F) * step_y - 0.5F;
        const Tap y = edge_tap(source_y, limits.y, last_y);
        for (int column = 0; column < size; ++column) {
            const float source_x = box.x + (static_cast<float>(column) + 0.5F) * step_x - 0.5F;
            const Tap x = edge_tap(source_x, limits.x, last_x);
            out[row * size + (sampling.flip ? size - 1 - column : column)] = bilinear(plane, size, x, y);
        }
    }
}

void sample_affine(const std::uint8_t* plane, int size, const Sampling& sampling, float* out) {
    const auto& [a, b, c, d, e, f] = sampling.inverse;
    for (int row = 0; row < size; ++row) {
        const auto target_y = static_cast<float>(row);
        for (int column = 0; column < size; ++column) {
            const auto target_x = static_cast<float>(column);
            const Tap x = mirror_tap(a * target_x + b * target_y + c, size);
            const Tap y = mirror_tap(d * target_x + e * target_y + f, size);
            out[row * size + (sampling.flip ? size - 1 - column : column)] = bilinear(plane, size, x, y);
        }
    }
}

void copy_plane(const std::uint8_t* plane, int size, bool flip, float* out) {
    for (int row = 0; row < size; ++row) {
        for (int column = 0; column < size; ++column) {
            out[row * size + (flip ? size - 1 - column : column)] = plane[row * size + column];
        }
    }
}

bool is_whole(const Box& box, int size) {
    const auto side = static_cast<float>(size);
    return box.x == 0.0F && box.y == 0.0F && box.width == side && box.height == side;
}

void sample_plane(const std::uint8_t* plane, int size, const Sampling& sampling, float* out) {
    if (sampling.rotates) {
        sample_affine(plane, size, sampling, out);
    } else if (is_whole(sampling.box, size)) {
        copy_plane(plane, size, sampling.flip, out);
    } else {
        sample_box(plane, size, sampling, out);
    }
}

} // namespace

Normalisation make_normalisation(std::span<const double> mean, std::span<const double> std) {
    assert(mean.size() == 3 && std.size() == 3);
    Normalisation result;
    for (std::size_t c = 0; c < 3; ++c) {
        result.scale[c] = static_cast<float>(1.0 / (255.0 * std[c]));
        result.offset[c] = static_cast<float>(-mean[c] / std[c]);
    }
    return result;
}

Sampling whole_image(int size) {
    const auto side = static_cast<float>(size);
    const Box box{.x = 0.0F, .y = 0.0F, .width = side, .height = side};
    return {.box = box, .limits = box, .inverse = {}};
}

std::array<float, 6> inverse_shift_scale_rotate(int size, float angle_degrees, float scale, float shift_x,
                                                float shift_y) {
    const float angle = angle_degrees * std::numbers::pi_v<float> / 180.0F;
    const float cosine = std::cos(angle) / scale;
    const float sine = std::sin(angle) / scale;
    const float centre = static_cast<float>(size - 1) / 2.0F;
    const float moved_x = centre + shift_x;
    const float moved_y = centre + shift_y;
    // Forward, counter-clockwise with y down: x' = s (cos x + sin y), y' = s (-sin x + cos y) about the
    // centre.
    return {cosine, -sine,  centre - cosine * moved_x + sine * moved_y,
            sine,   cosine, centre - sine * moved_x - cosine * moved_y};
}

Sampling draw_sampling(plan::Augmentation kind, int size, PhiloxStream stream) {
    Sampling sampling = whole_image(size);
    switch (kind) {
    case plan::Augmentation::none:
        return sampling;
    case plan::Augmentation::flip:
        break;
    case plan::Augmentation::crop_flip:
        sampling.box = draw_crop(size, stream);
        break;
    case plan::Augmentation::random_resized_crop:
        sampling.box = draw_resized_crop(size, stream);
        sampling.limits = sampling.box;
        break;
    case plan::Augmentation::xray: {
        const auto side = static_cast<float>(size);
        const float angle = stream.uniform(-xray_angle_degrees, xray_angle_degrees);
        const float scale = stream.uniform(xray_scale_low, xray_scale_high);
        const float shift_x = side * stream.uniform(-xray_shift, xray_shift);
        const float shift_y = side * stream.uniform(-xray_shift, xray_shift);
        sampling.rotates = true;
        sampling.inverse = inverse_shift_scale_rotate(size, angle, scale, shift_x, shift_y);
        break;
    }
    }
    sampling.flip = draw_flip(stream);
    return sampling;
}

void sample_image(const ImageView& image, const Sampling& sampling, const Normalisation& normalisation,
                  std::span<float> out) {
    const auto plane = static_cast<std::size_t>(image.size) * static_cast<std::size_t>(image.size);
    assert(image.channels == 1 || image.channels == 3);
    assert(image.pixels.size() == plane * static_cast<std::size_t>(image.channels));
    assert(out.size() == 3 * plane);
    // The last plane of a grey image holds the raw values until it is normalised itself.
    const auto sampled = static_cast<std::size_t>(image.channels);
    for (std::size_t c = 0; c < sampled; ++c) {
        float* const target = out.data() + (3 - sampled + c) * plane;
        sample_plane(image.pixels.data() + c * plane, image.size, sampling, target);
    }
    for (std::size_t c = 0; c < 3; ++c) {
        const float* const raw = out.data() + (sampled == 1 ? 2 : c) * plane;
        float* const target = out.data() + c * plane;
        for (std::size_t i = 0; i < plane; ++i) {
            target[i] = raw[i] * normalisation.scale[c] + normalisation.offset[c];
        }
    }
}

} // namespace suite::data
