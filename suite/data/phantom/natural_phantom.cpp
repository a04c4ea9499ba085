#include "suite/data/phantom/natural_phantom.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "suite/base/philox.hpp"
#include "suite/data/phantom/class_plan.hpp"

namespace suite::data {
namespace {

// Sub-streams of one image (the epoch field of its content key).
constexpr std::uint32_t scene_stream = 0;
constexpr std::uint32_t noise_stream = 1;
constexpr std::uint32_t studio_stream = 8;

Colour mix(const Colour& a, const Colour& b, float share) {
    return {.red = a.red + share * (b.red - a.red),
            .green = a.green + share * (b.green - a.green),
            .blue = a.blue + share * (b.blue - a.blue)};
}

Colour scaled(const Colour& colour, float factor) {
    return {.red = colour.red * factor, .green = colour.green * factor, .blue = colour.blue * factor};
}

/// Lays `colour` over a pixel.
void blend(ColourCanvas& canvas, std::size_t index, const Colour& colour, float weight) {
    const auto lay = [index, weight](Canvas& plane, float target) {
        float& value = plane.values()[index];
        value += weight * (target - value);
    };
    lay(canvas.red, colour.red);
    lay(canvas.green, colour.green);
    lay(canvas.blue, colour.blue);
}

Colour muted_colour(PhiloxStream& stream) {
    const float hue = stream.uniform();
    const float saturation = stream.uniform(0.0F, 0.45F);
    return colour_of(hue, saturation, stream.uniform(0.1F, 0.85F));
}

/// A slope between two muted colours in a random direction.
void paint_background(ColourCanvas& canvas, PhiloxStream& stream) {
    const Colour first = muted_colour(stream);
    const Colour second = muted_colour(stream);
    const float angle = stream.uniform(0.0F, 6.2831853F);
    const float slope_x = std::cos(angle);
    const float slope_y = std::sin(angle);
    const ValueNoise blotches(5, stream);
    const float strength = stream.uniform(0.0F, 0.12F);
    canvas.red.for_each([&](float x, float y, float&, std::size_t index) {
        const float share = 0.5F + slope_x * (x - 0.5F) + slope_y * (y - 0.5F);
        const float blotch = 1.0F + strength * blotches.at(x, y) * 2.0F;
        blend(canvas, index, scaled(mix(first, second, share), blotch), 1.0F);
    });
}

/// Soft discs that belong to no class.
void paint_clutter(ColourCanvas& canvas, float variation, PhiloxStream& stream) {
    const auto discs = stream.below(4);
    for (std::uint64_t i = 0; i < discs; ++i) {
        const Colour colour = muted_colour(stream);
        const Point centre{stream.uniform(), stream.uniform()};
        const float radius = stream.uniform(0.05F, 0.12F) * (0.5F + 0.5F * variation);
        const float inverse = 1.0F / (radius * radius);
        canvas.red.for_each_in({centre.x - radius, centre.y - radius}, {centre.x + radius, centre.y + radius},
                               [&](float x, float y, float&, std::size_t index) {
                                   const float dx = x - centre.x;
                                   const float dy = y - centre.y;
                                   const float weight = 1.0F - (dx * dx + dy * dy) * inverse;
                                   blend(canvas, index, colour, std::clamp(1.5F * weight, 0.0F, 0.8F));
                               });
    }
}

/// What varies from object to object of one class.
struct ObjectLook {
    Placement placement;
    float angle = 0.0F;
    float aspect = 1.0F;
    float texture_scale = 1.0F;
    Point texture_phase;
    Colour first;
    Colour second;
};

/// A studio picture: one shade behind everything, colours faded.
struct Studio {
    bool plain = false;
    float backdrop = 0.0F;
    float saturation = 1.0F; ///< of the object's colours, a factor
};

Studio draw_studio(double share, StreamKey key) {
    key.epoch = studio_stream;
    PhiloxStream stream(key);
    if (!stream.bernoulli(share)) {
        return {};
    }
    const bool dark = stream.bernoulli(0.5);
    return {.plain = true,
            .backdrop = dark ? stream.uniform(0.0F, 0.15F) : stream.uniform(0.8F, 1.0F),
            .saturation = stream.uniform(0.0F, 0.3F)};
}

/// The colour that a faded picture shows instead.
Colour faded(const Colour& colour, float saturation) {
    const float grey = (colour.red + colour.green + colour.blue) / 3.0F;
    return mix({.red = grey, .green = grey, .blue = grey}, colour, saturation);
}

/// Colours of the whole image: the palette's hues, jittered.
std::array<Colour, 2> draw_palette(int palette, float variation, PhiloxStream& stream) {
    const std::array<float, 2> hues = palette_hues(palette);
    const auto draw = [&](float hue, float low, float high) {
        const float jittered = hue + variation * stream.uniform(-0.045F, 0.045F);
        const float saturation = stream.uniform(0.55F, 0.95F);
        return colour_of(jittered, saturation, stream.uniform(low, high));
    };
    const Colour first = draw(hues[0], 0.6F, 1.0F);
    return {first, draw(hues[1], 0.25F, 0.85F)};
}

ObjectLook draw_object(const Placement& base, float variation, PhiloxStream& stream) {
    ObjectLook look;
    const float shift = 0.09F * variation;
    look.placement.centre = {base.centre.x + stream.uniform(-shift, shift),
                             base.centre.y + stream.uniform(-shift, shift)};
    look.placement.radius = base.radius * (1.0F + variation * stream.uniform(-0.22F, 0.18F));
    look.angle = variation * stream.uniform(-0.45F, 0.45F);
    look.aspect = 1.0F + variation * stream.uniform(-0.18F, 0.18F);
    look.texture_scale = 1.0F + variation * stream.uniform(-0.18F, 0.18F);
    look.texture_phase = {stream.uniform(), stream.uniform()};
    return look;
}

void paint_object(ColourCanvas& canvas, const NaturalClass& natural, const ObjectLook& look) {
    const float cosine = std::cos(look.angle) / look.placement.radius;
    const float sine = std::sin(look.angle) / look.placement.radius;
    const float edge = 0.5F * canvas.red.pixel_width() / look.placement.radius;
    const float reach = look.placement.radius * 1.15F * std::max(look.aspect, 1.0F / look.aspect);
    const Point centre = look.placement.centre;
    canvas.red.for_each_in(
        {centre.x - reach, centre.y - reach}, {centre.x + reach, centre.y + reach},
        [&](float x, float y, float&, std::size_t index) {
            const float u = (cosine * (x - centre.x) + sine * (y - centre.y)) * look.aspect;
            const float v = (cosine * (y - centre.y) - sine * (x - centre.x)) / look.aspect;
            const float weight = soft_step(outline_depth(natural.outline, u, v), edge);
            if (weight > 0.0F) {
                const float share =
                    texture_share(natural.texture, u, v, look.texture_scale, look.texture_phase);
                blend(canvas, index, mix(look.first, look.second, share), weight);
            }
        });
}

/// One light over the whole picture: a slope and a gain.
void paint_light(ColourCanvas& canvas, float variation, PhiloxStream& stream) {
    const float gain = 1.0F + variation * stream.uniform(-0.3F, 0.2F);
    const float slope_x = variation * stream.uniform(-0.35F, 0.35F);
    const float slope_y = variation * stream.uniform(-0.35F, 0.35F);
    canvas.red.for_each([&](float x, float y, float&, std::size_t index) {
        const float factor = gain * (1.0F + slope_x * (x - 0.5F) + slope_y * (y - 0.5F));
        for (Canvas* plane : {&canvas.red, &canvas.green, &canvas.blue}) {
            plane->values()[index] *= factor;
        }
    });
}

void check_declaration(const plan::DataSetSpec& spec, FaultList& faults) {
    if (!spec.natural) {
        faults.add(
            {.where = spec.id + ".natural", .found = "nothing", .expected = "a natural phantom", .fix = ""});
        return;
    }
    check_natural_factors(*spec.natural, spec.labels.size(), spec.id + ".natural", faults);
    if (spec.task != plan::Task::multiclass || spec.labels.empty() || spec.channels != 3 ||
        spec.image_size < 8) {
        faults.add({.where = spec.id,
                    .found = fmt::format("{} labels, {} channels, side {}", spec.labels.size(), spec.channels,
                                         spec.image_size),
                    .expected = "a multiclass set with labels, 3 channels and a side of at least 8",
                    .fix = "correct the declaration"});
    }
    if (spec.natural->imbalance < 1.0 || spec.natural->noise < 0.0 || spec.natural->variation < 0.0) {
        faults.add({.where = spec.id + ".natural",
                    .found = fmt::format("imbalance {}, noise {}, variation {}", spec.natural->imbalance,
                                         spec.natural->noise, spec.natural->variation),
                    .expected = "imbalance of at least 1, the others not below 0",
                    .fix = "correct the declaration"});
    }
}

Split generate_split(const plan::DataSetSpec& spec, std::size_t images, double imbalance,
                     const char* split_name) {
    const std::uint64_t seed = derive_seed(spec.world_seed, spec.id + "/" + split_name);
    Split split;
    split.images = {.count = images, .channels = 3, .size = spec.image_size, .pixels = {}};
    split.images.pixels.resize(images * split.images.bytes_per_image());
    split.labels = {.task = plan::Task::multiclass,
                    .outputs = spec.labels.size(),
                    .classes = class_of_images(images, geometric_shares(spec.labels.size(), imbalance), seed),
                    .matrix = {}};
    std::vector<NaturalClass> classes;
    for (std::size_t k = 0; k < spec.labels.size(); ++k) {
        classes.push_back(natural_class(*spec.natural, k));
    }
    ColourCanvas canvas(spec.image_size);
    const std::size_t bytes = split.images.bytes_per_image();
    for (std::size_t i = 0; i < images; ++i) {
        paint_natural(classes[static_cast<std::size_t>(split.labels.classes[i])], *spec.natural, seed, i,
                      canvas, std::span(split.images.pixels).subspan(i * bytes, bytes));
    }
    return split;
}

} // namespace

void paint_natural(const NaturalClass& natural, const plan::NaturalPhantom& phantom, std::uint64_t split_seed,
                   std::uint64_t index, ColourCanvas& canvas, std::span<std::uint8_t> bytes) {
    const auto variation = static_cast<float>(phantom.variation);
    StreamKey key{.seed = split_seed, .purpose = Purpose::content, .epoch = scene_stream, .sample = index};
    PhiloxStream stream(key);
    const Studio studio = draw_studio(phantom.plain, key);
    if (studio.plain) {
        for (Canvas* plane : {&canvas.red, &canvas.green, &canvas.blue}) {
            std::ranges::fill(plane->values(), studio.backdrop);
        }
    } else {
        paint_background(canvas, stream);
        paint_clutter(canvas, variation, stream);
    }
    const auto [first, second] = draw_palette(natural.palette, variation, stream);
    for (const Placement& base : layout_placements(natural.layout)) {
        ObjectLook look = draw_object(base, variation, stream);
        look.first = faded(first, studio.saturation);
        look.second = faded(second, studio.saturation);
        paint_object(canvas, natural, look);
    }
    paint_light(canvas, variation, stream);
    const std::size_t plane = bytes.size() / 3;
    key.epoch = noise_stream;
    std::size_t channel = 0;
    for (const Canvas* values : {&canvas.red, &canvas.green, &canvas.blue}) {
        quantise_with_noise(values->values(), static_cast<float>(phantom.noise), key,
                            bytes.subspan(channel * plane, plane));
        ++channel;
        key.epoch = noise_stream + static_cast<std::uint32_t>(channel);
    }
}

DataSet generate_natural(const plan::DataSetSpec& spec) {
    FaultList faults;
    check_declaration(spec, faults);
    faults.throw_if_any(ErrorKind::data);
    return {.id = spec.id,
            .label_names = spec.labels,
            .train = generate_split(spec, spec.train_images, spec.natural->imbalance, "train"),
            .test = generate_split(spec, spec.test_images, 1.0, "test")};
}

} // namespace suite::data
