#include "suite/data/phantom/xray_acquisition.hpp"

#include <algorithm>
#include <cmath>

namespace suite::data {
namespace {

// PhantomView shares: CheXpert AP 161,590 of 191,010; NIH AP 44,810 of 112,120; PadChest lateral and costal
// 50,178, AP 18,886 of 160,709 (paper.md#label-counts). The rest is taste: a look of its own for each.
constexpr Hospital table[] = {
    {.id = "chexpert",
     .ap_share = 0.85F,
     .rotation_sd = 0.05F,
     .gamma = 0.95F,
     .gain_sd = 0.08F,
     .border_share = 0.25F,
     .mark_share = 0.5F,
     .mark = {0.1F, 0.1F},
     .vignette = 0.15F,
     .disease_tilt = {1.2, 0.9, 0.8, 0.9, 1.1, 0.8}},
    {.id = "covidx",
     .ap_share = 0.6F,
     .rotation_sd = 0.06F,
     .gamma = 1.05F,
     .gain_sd = 0.12F,
     .border_share = 0.3F,
     .mark_share = 0.4F,
     .mark = {0.85F, 0.12F},
     .vignette = 0.1F,
     .disease_tilt = {1, 1, 1, 1, 1, 1}},
    {.id = "mimic",
     .ap_share = 0.6F,
     .rotation_sd = 0.05F,
     .gamma = 1.15F,
     .gain_sd = 0.08F,
     .border_share = 0.4F,
     .mark_share = 0.6F,
     .mark = {0.88F, 0.08F},
     .vignette = 0.05F,
     .disease_tilt = {1.3, 1.0, 0.9, 0.8, 1.0, 0.8}},
    {.id = "montgomery",
     .ap_share = 0.0F,
     .rotation_sd = 0.03F,
     .gamma = 1.25F,
     .gain_sd = 0.05F,
     .border_share = 0.8F,
     .mark_share = 0.2F,
     .mark = {0.12F, 0.2F},
     .vignette = 0.0F,
     .disease_tilt = {1, 1, 1, 1, 1, 1}},
    {.id = "nih",
     .ap_share = 0.4F,
     .rotation_sd = 0.04F,
     .gamma = 0.85F,
     .gain_sd = 0.06F,
     .border_share = 0.1F,
     .mark_share = 0.7F,
     .mark = {0.9F, 0.06F},
     .vignette = 0.2F,
     .disease_tilt = {0.9, 1.1, 1.1, 1.2, 0.9, 0.8}},
    {.id = "padchest",
     .ap_share = 0.12F,
     .lateral_share = 0.31F,
     .rotation_sd = 0.03F,
     .gamma = 1.0F,
     .gain_sd = 0.05F,
     .border_share = 0.08F,
     .border_level = 0.9F,
     .mark_share = 0.3F,
     .mark = {0.08F, 0.06F},
     .vignette = 0.0F,
     .disease_tilt = {0.8, 1.0, 1.1, 0.8, 1.0, 1.3}},
    {.id = "shenzhen",
     .ap_share = 0.0F,
     .rotation_sd = 0.03F,
     .gamma = 0.9F,
     .gain_sd = 0.06F,
     .border_share = 0.05F,
     .mark_share = 0.8F,
     .mark = {0.1F, 0.05F},
     .vignette = 0.1F,
     .disease_tilt = {1, 1, 1, 1, 1, 1}},
};

/// Turns the picture about its centre, edge pixels repeated.
void rotate(float angle, XrayScene& scene) {
    const int size = scene.image.size();
    const auto source = scene.image.values();
    std::ranges::copy(source, scene.scratch.values().begin());
    const auto before = scene.scratch.values();
    const float cosine = std::cos(angle);
    const float sine = std::sin(angle);
    const auto limit = static_cast<float>(size - 1) - 1e-3F;
    scene.image.for_each([&](float x, float y, float& value, std::size_t) {
        const float dx = x - 0.5F;
        const float dy = y - 0.5F;
        const auto scale = static_cast<float>(size);
        const float column = std::clamp((0.5F + cosine * dx + sine * dy) * scale - 0.5F, 0.0F, limit);
        const float row = std::clamp((0.5F + cosine * dy - sine * dx) * scale - 0.5F, 0.0F, limit);
        const auto left = static_cast<int>(column);
        const auto top = static_cast<int>(row);
        const float u = column - static_cast<float>(left);
        const float v = row - static_cast<float>(top);
        const float* upper = before.data() + top * size + left;
        const float* lower = upper + size;
        const float first = upper[0] + u * (upper[1] - upper[0]);
        const float second = lower[0] + u * (lower[1] - lower[0]);
        value = first + v * (second - first);
    });
}

/// Weights of a normal point spread at distances 0, 1 and 2 pixels, summing to 1 over the five.
std::array<float, 3> spread_weights(float sd) {
    std::array<float, 3> weights{1.0F, 0.0F, 0.0F};
    if (sd > 0.05F) {
        weights[1] = std::exp(-0.5F / (sd * sd));
        weights[2] = std::exp(-2.0F / (sd * sd));
    }
    const float sum = weights[0] + 2.0F * (weights[1] + weights[2]);
    for (float& weight : weights) {
        weight /= sum;
    }
    return weights;
}

/// One pass of the point spread along lines of `size` values `stride` apart.
void blur_lines(std::span<const float> from, std::span<float> to, int size, int line_stride, int stride,
                const std::array<float, 3>& weights) {
    for (int line = 0; line < size; ++line) {
        const float* source = from.data() + line * line_stride;
        float* target = to.data() + line * line_stride;
        for (int i = 0; i < size; ++i) {
            const auto at = [&](int place) { return source[std::clamp(place, 0, size - 1) * stride]; };
            target[i * stride] = weights[0] * at(i) + weights[1] * (at(i - 1) + at(i + 1)) +
                                 weights[2] * (at(i - 2) + at(i + 2));
        }
    }
}

void blur(float sd, XrayScene& scene) {
    const std::array<float, 3> weights = spread_weights(sd);
    const int size = scene.image.size();
    blur_lines(scene.image.values(), scene.scratch.values(), size, size, 1, weights);
    blur_lines(scene.scratch.values(), scene.image.values(), size, 1, size, weights);
}

constexpr float knee = 0.75F; // density from which the film saturates

/// value^gamma without a call of pow for each pixel: a parabola through 0 and 1 with the right middle.
void expose(const Hospital& hospital, const Exposure& exposure, PhiloxStream& stream, XrayScene& scene) {
    const float gain = 1.0F + hospital.gain_sd * static_cast<float>(stream.normal());
    const float shift = 0.5F * hospital.gain_sd * static_cast<float>(stream.normal());
    const float middle = std::pow(0.5F, hospital.gamma);
    const float bend = 4.0F * (middle - 0.5F);
    const float contrast = exposure.contrast * gain;
    scene.image.for_each([&](float x, float y, float& value, std::size_t) {
        // Film saturates: what lies over what is already dense adds little.
        const float density = std::min(value, knee + 0.3F * (value - knee));
        const float centred = std::clamp(0.5F + (density - 0.45F) * contrast + shift, 0.0F, 1.0F);
        const float dx = x - 0.5F;
        const float dy = y - 0.5F;
        const float fall = 1.0F - hospital.vignette * 2.0F * (dx * dx + dy * dy);
        value = (centred + bend * centred * (1.0F - centred)) * fall;
    });
}

void add_border(const Hospital& hospital, PhiloxStream& stream, XrayScene& scene) {
    const float left = stream.uniform(0.0F, 0.07F);
    const float right = 1.0F - stream.uniform(0.0F, 0.07F);
    const float top = stream.uniform(0.0F, 0.05F);
    const float bottom = 1.0F - stream.uniform(0.0F, 0.05F);
    scene.image.for_each([&](float x, float y, float& value, std::size_t) {
        if (x < left || x > right || y < top || y > bottom) {
            value = hospital.border_level;
        }
    });
}

/// A side mark: a short bright stroke with a foot, like an L or an R seen from far.
void add_mark(const Hospital& hospital, PhiloxStream& stream, XrayScene& scene) {
    const Point place{hospital.mark.x + stream.uniform(-0.03F, 0.03F),
                      hospital.mark.y + stream.uniform(-0.02F, 0.04F)};
    const float length = 0.07F;
    add_line(scene.image, place, {place.x, place.y + length}, 0.02F, 0.55F);
    add_line(scene.image, {place.x, place.y + length}, {place.x + 0.04F, place.y + length}, 0.02F, 0.55F);
}

} // namespace

const Hospital* find_hospital(std::string_view id) noexcept {
    const auto found = std::ranges::find(table, id, &Hospital::id);
    return found == std::ranges::end(table) ? nullptr : found;
}

std::vector<std::string> hospital_names() {
    std::vector<std::string> names;
    for (const Hospital& hospital : table) {
        names.emplace_back(hospital.id);
    }
    return names;
}

PhantomView draw_view(const Hospital& hospital, PhiloxStream& stream) {
    const float draw = stream.uniform();
    if (draw < hospital.lateral_share) {
        return PhantomView::lateral;
    }
    return draw < hospital.lateral_share + hospital.ap_share ? PhantomView::ap : PhantomView::pa;
}

void acquire(const Hospital& hospital, const Exposure& exposure, float rotation, PhiloxStream& stream,
             XrayScene& scene) {
    rotate(rotation, scene);
    blur(exposure.blur_pixels, scene);
    expose(hospital, exposure, stream, scene);
    const float border = stream.uniform();
    const float mark = stream.uniform();
    if (border < hospital.border_share) {
        add_border(hospital, stream, scene);
    }
    if (mark < hospital.mark_share) {
        add_mark(hospital, stream, scene);
    }
}

} // namespace suite::data
