#include "suite/data/picture/transforms.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

#include "suite/data/picture/normalise.hpp"

namespace suite::data {
namespace {

constexpr int crop_attempts =
    100; // of random_resized_crop in DALI (paper.md#natural-images), then the whole image
constexpr int crop_attempts_torch =
    10; // … in torchvision, whose loader ran with RandAugment (paper.md#pre-training-recipes)
constexpr float area_low = 0.08F;           // paper.md#natural-images
constexpr float ratio_low = 3.0F / 4.0F;    // 2.5
constexpr float ratio_high = 4.0F / 3.0F;   // 2.5
constexpr float xray_angle_degrees = 45.0F; // 2.5
constexpr float xray_scale_low = 0.9F;      // 2.5
constexpr float xray_scale_high = 1.1F;     // 2.5
constexpr float flip_probability = 0.5F;    // 2.5

bool draw_flip(PhiloxStream& stream) {
    return stream.uniform() < flip_probability;
}

/// Extent after resizing; torchvision rounds the long side down.
Extent resized_extent(Extent source, int resize, bool squash) {
    if (squash) {
        return {.width = resize, .height = resize};
    }
    const auto longer = [resize](int side, int short_side) {
        return static_cast<int>(static_cast<std::int64_t>(resize) * side / short_side);
    };
    return source.width <= source.height
               ? Extent{.width = resize, .height = longer(source.height, source.width)}
               : Extent{.width = longer(source.width, source.height), .height = resize};
}

/// Resize, then a crop of the side at (left, top): as a box of the source.
void set_crop(Extent source, Extent resized, int left, int top, Sampling& sampling) {
    const auto x = static_cast<float>(left);
    const auto y = static_cast<float>(top);
    const auto side = static_cast<float>(sampling.side);
    const float shrink_x = static_cast<float>(source.width) / static_cast<float>(resized.width);
    const float shrink_y = static_cast<float>(source.height) / static_cast<float>(resized.height);
    sampling.box = {
        .x = x * shrink_x, .y = y * shrink_y, .width = side * shrink_x, .height = side * shrink_y};
    sampling.resized = resized;
    sampling.left = left;
    sampling.top = top;
}

void draw_crop(Extent source, const plan::AugmentationDetail& detail, PhiloxStream& stream,
               Sampling& sampling) {
    const int side = sampling.side;
    const int resize = detail.resize == 0 ? side + side / 4 : detail.resize;
    assert(resize >= side);
    const Extent resized = resized_extent(source, resize, detail.squash);
    const auto left = static_cast<int>(stream.below(static_cast<std::uint64_t>(resized.width - side + 1)));
    const auto top = static_cast<int>(stream.below(static_cast<std::uint64_t>(resized.height - side + 1)));
    set_crop(source, resized, left, top, sampling);
}

/// The centre crop after torchvision's and DALI's last attempt: all of a square, whose ratio is inside the
/// bounds; else the largest box of the nearest allowed ratio.
Box fallback_crop(Extent source) {
    const float ratio = static_cast<float>(source.width) / static_cast<float>(source.height);
    const float allowed = std::clamp(ratio, ratio_low, ratio_high);
    const auto width =
        std::min(source.width, static_cast<int>(std::lround(static_cast<float>(source.height) * allowed)));
    const auto height =
        std::min(source.height, static_cast<int>(std::lround(static_cast<float>(source.width) / allowed)));
    return {.x = static_cast<float>((source.width - width) / 2),
            .y = static_cast<float>((source.height - height) / 2),
            .width = static_cast<float>(width),
            .height = static_cast<float>(height)};
}

Box draw_resized_crop(Extent source, int attempts, PhiloxStream& stream) {
    const auto area = static_cast<float>(source.width) * static_cast<float>(source.height);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const float target = area * stream.uniform(area_low, 1.0F);
        const float ratio = std::exp(stream.uniform(std::log(ratio_low), std::log(ratio_high)));
        const auto width = static_cast<int>(std::lround(std::sqrt(target * ratio)));
        const auto height = static_cast<int>(std::lround(std::sqrt(target / ratio)));
        if (width > 0 && height > 0 && width <= source.width && height <= source.height) {
            const auto y =
                static_cast<float>(stream.below(static_cast<std::uint64_t>(source.height - height + 1)));
            const auto x =
                static_cast<float>(stream.below(static_cast<std::uint64_t>(source.width - width + 1)));
            return {.x = x, .y = y, .width = static_cast<float>(width), .height = static_cast<float>(height)};
        }
    }
    return fallback_crop(source);
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

template<typename Pixel>
float bilinear(const Pixel* plane, int width, const Tap& x, const Tap& y) {
    const Pixel* upper = plane + static_cast<std::ptrdiff_t>(y.low) * width;
    const Pixel* lower = plane + static_cast<std::ptrdiff_t>(y.high) * width;
    const auto mix = [&x](const Pixel* row) {
        const auto low = static_cast<float>(row[x.low]);
        return low + x.share * (static_cast<float>(row[x.high]) - low);
    };
    const float top = mix(upper);
    return top + y.share * (mix(lower) - top);
}

void sample_box(const std::uint8_t* plane, int width, const Sampling& sampling, float* out) {
    const int size = sampling.side;
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
            out[row * size + (sampling.flip ? size - 1 - column : column)] = bilinear(plane, width, x, y);
        }
    }
}

template<typename Pixel>
void sample_affine(const Pixel* plane, int size, const Sampling& sampling, float* out) {
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

/// The picture is the source, pixel by pixel.
bool is_copy(Extent source, const Sampling& sampling) {
    const auto side = static_cast<float>(sampling.side);
    const Box& box = sampling.box;
    return !sampling.rotates && source.width == sampling.side && source.height == sampling.side &&
           box.x == 0.0F && box.y == 0.0F && box.width == side && box.height == side;
}

void sample_plane(const std::uint8_t* plane, Extent source, const Sampling& sampling, float* out) {
    if (sampling.rotates) {
        assert(source.width == sampling.side && source.height == sampling.side);
        sample_affine(plane, sampling.side, sampling, out);
    } else {
        sample_box(plane, source.width, sampling, out);
    }
}

Box whole_box(Extent source) {
    return {.x = 0.0F,
            .y = 0.0F,
            .width = static_cast<float>(source.width),
            .height = static_cast<float>(source.height)};
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

Sampling whole_image(Extent source, int side) {
    return {.side = side,
            .box = whole_box(source),
            .limits = whole_box(source),
            .resized = {.width = side, .height = side},
            .inverse = {}};
}

Sampling whole_image(int size) {
    return whole_image({.width = size, .height = size}, size);
}

Sampling centre_crop(Extent source, int resize, int side) {
    assert(resize >= side);
    Sampling sampling = whole_image(source, side);
    const Extent resized = resized_extent(source, resize, false);
    const auto half = [side](int length) { return static_cast<int>(std::nearbyint((length - side) / 2.0)); };
    set_crop(source, resized, half(resized.width), half(resized.height), sampling);
    return sampling;
}

void sample_affine_plane(std::span<const float> plane, const Sampling& sampling, std::span<float> out) {
    assert(sampling.rotates && plane.size() == out.size());
    sample_affine(plane.data(), sampling.side, sampling, out.data());
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

Sampling draw_sampling(plan::Augmentation kind, int size, PhiloxStream stream,
                       const plan::AugmentationDetail& detail) {
    return draw_sampling(kind, {.width = size, .height = size}, size, stream, detail);
}

Sampling draw_sampling(plan::Augmentation kind, Extent source, int side, PhiloxStream stream,
                       const plan::AugmentationDetail& detail) {
    Sampling sampling = whole_image(source, side);
    switch (kind) {
    case plan::Augmentation::none:
        return sampling;
    case plan::Augmentation::flip:
        break;
    case plan::Augmentation::crop_flip:
        draw_crop(source, detail, stream, sampling);
        break;
    case plan::Augmentation::random_resized_crop:
        sampling.box = draw_resized_crop(
            source, detail.rand_augment_operations > 0 ? crop_attempts_torch : crop_attempts, stream);
        sampling.limits = sampling.box;
        break;
    case plan::Augmentation::xray: {
        const auto reach = static_cast<float>(detail.shift);
        const auto pixels = static_cast<float>(side);
        const float angle = stream.uniform(-xray_angle_degrees, xray_angle_degrees);
        const float scale = stream.uniform(xray_scale_low, xray_scale_high);
        const float shift_x = pixels * stream.uniform(-reach, reach);
        const float shift_y = pixels * stream.uniform(-reach, reach);
        sampling.rotates = true;
        sampling.inverse = inverse_shift_scale_rotate(side, angle, scale, shift_x, shift_y);
        break;
    }
    }
    sampling.flip = draw_flip(stream);
    return sampling;
}

namespace {

NormalisedPlane plane_of(const Normalisation& normalisation, std::size_t channel, std::span<float> out) {
    return {.scale = normalisation.scale[channel],
            .offset = normalisation.offset[channel],
            .out = out.data() + channel * (out.size() / 3)};
}

/// A picture that is the source, mirrored or not.
void normalise_copy(const ImageView& image, const Sampling& sampling, const Normalisation& normalisation,
                    std::span<float> out) {
    const std::array<NormalisedPlane, 3> planes{
        plane_of(normalisation, 0, out), plane_of(normalisation, 1, out), plane_of(normalisation, 2, out)};
    const auto width = static_cast<std::size_t>(sampling.side);
    if (image.channels == 1) {
        normalise_pixels(image.pixels, width, sampling.flip, planes);
        return;
    }
    const std::size_t plane = out.size() / 3;
    for (std::size_t c = 0; c < 3; ++c) {
        normalise_pixels(image.pixels.subspan(c * plane, plane), width, sampling.flip, {&planes[c], 1});
    }
}

} // namespace

void sample_image(const ImageView& image, const Sampling& sampling, const Normalisation& normalisation,
                  std::span<float> out) {
    const Extent source = image.extent();
    const auto stored = static_cast<std::size_t>(source.width) * static_cast<std::size_t>(source.height);
    const auto plane = static_cast<std::size_t>(sampling.side) * static_cast<std::size_t>(sampling.side);
    assert(image.channels == 1 || image.channels == 3);
    assert(image.pixels.size() == stored * static_cast<std::size_t>(image.channels));
    assert(out.size() == 3 * plane);
    if (is_copy(source, sampling)) {
        normalise_copy(image, sampling, normalisation, out);
        return;
    }
    // The last plane of a grey image holds the raw values until it is normalised itself.
    const auto sampled = static_cast<std::size_t>(image.channels);
    for (std::size_t c = 0; c < sampled; ++c) {
        float* const target = out.data() + (3 - sampled + c) * plane;
        sample_plane(image.pixels.data() + c * stored, source, sampling, target);
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
