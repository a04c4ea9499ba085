#include "suite/data/picture/rand_augment.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

namespace suite::data {
namespace {

using Operation = RandAugmentOperation;
using Bytes = std::span<std::uint8_t>;

constexpr double steepest_shear = 0.3;           // tangent
constexpr double farthest_shift = 150.0 / 331.0; // share of the side
constexpr double widest_degrees = 30.0;
constexpr double strongest_factor = 0.9; // distance from 1
constexpr double most_dropped_bits = 4.0;
constexpr double white = 255.0;
constexpr std::array<float, 3> luma{0.2989F, 0.587F, 0.114F}; // of red, green, blue in torchvision
constexpr std::size_t levels = 256;

/// Towards zero after clamping, as a cast in torch.
std::uint8_t to_byte(float value) {
    return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

/// factor * image + (1 - factor) * other, each share rounded to single precision as torch does.
struct Blend {
    float own;
    float others;
    explicit Blend(double factor)
        : own(static_cast<float>(factor)), others(static_cast<float>(1.0 - factor)) {}
    std::uint8_t operator()(float image, float other) const { return to_byte(own * image + others * other); }
};

/// For each pixel of each plane, the nearest pixel of where `source(x, y)` points; black outside.
template<typename Source>
void resample(const ImageView& image, Bytes out, Source source) {
    const Extent extent = image.extent();
    const std::size_t plane = image.pixels.size() / static_cast<std::size_t>(image.channels);
    for (int y = 0; y < extent.height; ++y) {
        for (int x = 0; x < extent.width; ++x) {
            const std::array<float, 2> from = source(static_cast<float>(x), static_cast<float>(y));
            const auto column = static_cast<int>(std::nearbyint(from[0])); // halves to even, as torch
            const auto row = static_cast<int>(std::nearbyint(from[1]));
            const bool inside = column >= 0 && column < extent.width && row >= 0 && row < extent.height;
            for (std::size_t p = 0; p < image.pixels.size(); p += plane) {
                out[p + static_cast<std::size_t>(y * extent.width + x)] =
                    inside ? image.pixels[p + static_cast<std::size_t>(row * extent.width + column)]
                           : std::uint8_t{0};
            }
        }
    }
}

void shear_x(const ImageView& image, float tangent, Bytes out) {
    resample(image, out, [tangent](float x, float y) { return std::array{x + tangent * (y + 0.5F), y}; });
}

void shear_y(const ImageView& image, float tangent, Bytes out) {
    resample(image, out, [tangent](float x, float y) { return std::array{x, y + tangent * (x + 0.5F)}; });
}

void translate(const ImageView& image, double right, double down, Bytes out) {
    const auto dx = static_cast<float>(std::trunc(right)); // whole pixels
    const auto dy = static_cast<float>(std::trunc(down));
    resample(image, out, [dx, dy](float x, float y) { return std::array{x - dx, y - dy}; });
}

/// Counter-clockwise about the centre.
void rotate(const ImageView& image, double degrees, Bytes out) {
    const double angle = degrees * std::numbers::pi / 180.0;
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    const Extent extent = image.extent();
    const float centre_x = static_cast<float>(extent.width - 1) / 2.0F;
    const float centre_y = static_cast<float>(extent.height - 1) / 2.0F;
    resample(image, out, [=](float x, float y) {
        const float right = x - centre_x;
        const float down = y - centre_y;
        return std::array{cosine * right - sine * down + centre_x, sine * right + cosine * down + centre_y};
    });
}

/// Luma of pixel i, towards zero as torchvision's; the value itself of a grey image.
std::uint8_t grey(const ImageView& image, std::size_t i) {
    if (image.channels == 1) {
        return image.pixels[i];
    }
    const std::size_t plane = image.pixels.size() / 3;
    return static_cast<std::uint8_t>(luma[0] * static_cast<float>(image.pixels[i]) +
                                     luma[1] * static_cast<float>(image.pixels[plane + i]) +
                                     luma[2] * static_cast<float>(image.pixels[2 * plane + i]));
}

void change_brightness(const ImageView& image, const Blend& blend, Bytes out) {
    std::ranges::transform(image.pixels, out.begin(),
                           [&blend](std::uint8_t pixel) { return blend(static_cast<float>(pixel), 0.0F); });
}

void change_colour(const ImageView& image, const Blend& blend, Bytes out) {
    const std::size_t plane = image.pixels.size() / static_cast<std::size_t>(image.channels);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        const auto own = static_cast<float>(image.pixels[i]);
        out[i] =
            image.channels == 1 ? image.pixels[i] : blend(own, static_cast<float>(grey(image, i % plane)));
    }
}

void change_contrast(const ImageView& image, const Blend& blend, Bytes out) {
    const std::size_t plane = image.pixels.size() / static_cast<std::size_t>(image.channels);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < plane; ++i) {
        sum += grey(image, i);
    }
    const auto mean = static_cast<float>(static_cast<double>(sum) / static_cast<double>(plane));
    std::ranges::transform(image.pixels, out.begin(), [&blend, mean](std::uint8_t pixel) {
        return blend(static_cast<float>(pixel), mean);
    });
}

/// Mean of the 3 x 3 neighbourhood, the centre counted five times, rounded; on the border the pixel itself.
float smoothed(std::span<const std::uint8_t> plane, Extent extent, int x, int y) {
    const int own = plane[static_cast<std::size_t>(y * extent.width + x)];
    if (x == 0 || y == 0 || x + 1 == extent.width || y + 1 == extent.height) {
        return static_cast<float>(own);
    }
    int sum = 4 * own;
    for (int row = y - 1; row <= y + 1; ++row) {
        for (int column = x - 1; column <= x + 1; ++column) {
            sum += plane[static_cast<std::size_t>(row * extent.width + column)];
        }
    }
    return std::nearbyint(static_cast<float>(sum) / 13.0F);
}

void change_sharpness(std::span<const std::uint8_t> plane, Extent extent, const Blend& blend, Bytes out) {
    for (int y = 0; y < extent.height; ++y) {
        for (int x = 0; x < extent.width; ++x) {
            const auto i = static_cast<std::size_t>(y * extent.width + x);
            out[i] = blend(static_cast<float>(plane[i]), smoothed(plane, extent, x, y));
        }
    }
}

void posterise(const ImageView& image, int bits, Bytes out) {
    const auto mask = static_cast<std::uint8_t>(0xFFU << static_cast<unsigned>(8 - bits));
    std::ranges::transform(image.pixels, out.begin(),
                           [mask](std::uint8_t pixel) { return static_cast<std::uint8_t>(pixel & mask); });
}

void solarise(const ImageView& image, double threshold, Bytes out) {
    std::ranges::transform(image.pixels, out.begin(), [threshold](std::uint8_t pixel) {
        return pixel >= threshold ? static_cast<std::uint8_t>(255 - pixel) : pixel;
    });
}

void auto_contrast(std::span<const std::uint8_t> plane, Bytes out) {
    const auto [low, high] = std::ranges::minmax(plane);
    const float scale = low == high ? 1.0F : 255.0F / static_cast<float>(high - low);
    const float offset = low == high ? 0.0F : static_cast<float>(low);
    std::ranges::transform(plane, out.begin(), [scale, offset](std::uint8_t pixel) {
        return to_byte((static_cast<float>(pixel) - offset) * scale);
    });
}

void equalise(std::span<const std::uint8_t> plane, Bytes out) {
    std::array<std::size_t, levels> histogram{};
    for (const std::uint8_t pixel : plane) {
        ++histogram[pixel];
    }
    const std::size_t brightest = histogram[*std::ranges::max_element(plane)];
    const std::size_t step = (plane.size() - brightest) / 255;
    if (step == 0) {
        std::ranges::copy(plane, out.begin());
        return;
    }
    std::array<std::uint8_t, levels> table{};
    std::size_t below = 0;
    for (std::size_t level = 0; level < levels; ++level) {
        table[level] = level == 0
                           ? std::uint8_t{0}
                           : static_cast<std::uint8_t>(std::min<std::size_t>(255, (below + step / 2) / step));
        below += histogram[level];
    }
    std::ranges::transform(plane, out.begin(), [&table](std::uint8_t pixel) { return table[pixel]; });
}

template<typename Change>
void each_plane(const ImageView& image, Bytes out, Change change) {
    const std::size_t plane = image.pixels.size() / static_cast<std::size_t>(image.channels);
    for (std::size_t first = 0; first < image.pixels.size(); first += plane) {
        change(image.pixels.subspan(first, plane), out.subspan(first, plane));
    }
}

/// Place `magnitude` of 31 from 0 to `most`, in single precision from the nearer end as torch.linspace: the
/// last bit decides which way a blend is cut to a whole number.
double scaled(double most, int magnitude) {
    const auto end = static_cast<float>(most);
    const float step = end / static_cast<float>(most_rand_augment_magnitude);
    const bool is_low = magnitude <= most_rand_augment_magnitude / 2 - 1;
    return is_low ? step * static_cast<float>(magnitude)
                  : end - step * static_cast<float>(most_rand_augment_magnitude - magnitude);
}

bool has_sign(Operation operation) {
    return operation >= Operation::shear_x && operation <= Operation::sharpness;
}

} // namespace

double rand_augment_strength(RandAugmentOperation operation, int magnitude, Extent extent) {
    const double share = static_cast<double>(magnitude) / most_rand_augment_magnitude;
    switch (operation) {
    case Operation::shear_x:
    case Operation::shear_y:
        return scaled(steepest_shear, magnitude);
    case Operation::translate_x:
        return scaled(farthest_shift * extent.width, magnitude);
    case Operation::translate_y:
        return scaled(farthest_shift * extent.height, magnitude);
    case Operation::rotate:
        return scaled(widest_degrees, magnitude);
    case Operation::brightness:
    case Operation::colour:
    case Operation::contrast:
    case Operation::sharpness:
        return scaled(strongest_factor, magnitude);
    case Operation::posterise:
        return 8.0 - std::nearbyint(share * most_dropped_bits);
    case Operation::solarise:
        return white * (1.0 - share);
    case Operation::identity:
    case Operation::auto_contrast:
    case Operation::equalise:
        break;
    }
    return 0.0;
}

void apply_rand_augment(RandAugmentOperation operation, double strength, const ImageView& image,
                        std::span<std::uint8_t> out) {
    assert(out.size() == image.pixels.size() && out.data() != image.pixels.data());
    const auto number = static_cast<float>(strength);
    switch (operation) {
    case Operation::identity:
        std::ranges::copy(image.pixels, out.begin());
        return;
    case Operation::shear_x:
        return shear_x(image, number, out);
    case Operation::shear_y:
        return shear_y(image, number, out);
    case Operation::translate_x:
        return translate(image, strength, 0.0, out);
    case Operation::translate_y:
        return translate(image, 0.0, strength, out);
    case Operation::rotate:
        return rotate(image, strength, out);
    case Operation::brightness:
        return change_brightness(image, Blend(1.0 + strength), out);
    case Operation::colour:
        return change_colour(image, Blend(1.0 + strength), out);
    case Operation::contrast:
        return change_contrast(image, Blend(1.0 + strength), out);
    case Operation::sharpness:
        return each_plane(image, out, [&](std::span<const std::uint8_t> plane, Bytes changed) {
            change_sharpness(plane, image.extent(), Blend(1.0 + strength), changed);
        });
    case Operation::posterise:
        return posterise(image, static_cast<int>(strength), out);
    case Operation::solarise:
        return solarise(image, strength, out);
    case Operation::auto_contrast:
        return each_plane(image, out, auto_contrast);
    case Operation::equalise:
        return each_plane(image, out, equalise);
    }
}

ImageView rand_augment(const ImageView& image, int operations, int magnitude, PhiloxStream stream,
                       std::vector<std::uint8_t>& scratch) {
    const std::size_t bytes = image.pixels.size();
    scratch.resize(2 * bytes);
    const Bytes current = std::span(scratch).first(bytes);
    const Bytes next = std::span(scratch).last(bytes);
    std::ranges::copy(image.pixels, current.begin());
    ImageView view = image;
    view.pixels = current;
    for (int i = 0; i < operations; ++i) {
        const auto operation = static_cast<Operation>(stream.below(rand_augment_operations));
        const bool is_negative = has_sign(operation) && stream.below(2) == 1;
        const double strength = rand_augment_strength(operation, magnitude, image.extent());
        apply_rand_augment(operation, is_negative ? -strength : strength, view, next);
        std::ranges::copy(next, current.begin());
    }
    return view;
}

} // namespace suite::data
