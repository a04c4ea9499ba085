// Findings painted as things: round shadows, pleura, bones, vessels, devices.
#include <cmath>

#include "suite/data/phantom/xray_finding_painters.hpp"

namespace suite::data::painters {
namespace {

// Amplitudes of laptop.md#measured-guidance; fracture, lesion and pleura at twice the prototype's, as it
// asks.
constexpr float mass = 0.27F;
constexpr float nodule = 0.25F;
constexpr float lesion = 0.3F;
constexpr float calcium = 0.42F;
constexpr float effusion = 0.3F;
constexpr float pleura = 0.3F;
constexpr float bone = 0.32F;
constexpr float metal = 0.42F;

/// A round shadow somewhere in a lung.
void add_round(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene, float low, float high,
               float softness, float value) {
    const int side = draw_side(draw);
    const float u = draw.stream.uniform(-0.6F, 0.6F);
    const Point centre = anatomy.in_lung(side, u, draw.stream.uniform(-0.7F, 0.75F));
    const float radius = draw.stream.uniform(low, high);
    add_blob(scene.image,
             {.centre = centre,
              .radius_x = radius,
              .radius_y = radius * draw.stream.uniform(0.8F, 1.2F),
              .angle = draw.stream.uniform(0.0F, 3.1416F),
              .softness = softness},
             value, lung_mask(scene, side));
}

/// Follows the outer wall of a lung from v0 to v1 with short lines.
void add_wall(const Anatomy& anatomy, XrayScene& scene, int side, float v0, float v1, float width,
              float value) {
    constexpr int pieces = 4;
    const float outward = anatomy.outward(side);
    for (int i = 0; i < pieces; ++i) {
        const float from = v0 + (v1 - v0) * static_cast<float>(i) / pieces;
        const float to = v0 + (v1 - v0) * static_cast<float>(i + 1) / pieces;
        add_line(scene.image, anatomy.in_lung(side, outward * 0.95F, from),
                 anatomy.in_lung(side, outward * 0.95F, to), width, value, lung_mask(scene, side));
    }
}

} // namespace

void grow_mass(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    add_round(anatomy, draw, scene, 0.065F, 0.1F, 0.3F, amount(draw, mass));
}

void grow_nodules(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const auto nodules = 1 + static_cast<int>(draw.stream.below(3));
    for (int i = 0; i < nodules; ++i) {
        add_round(anatomy, draw, scene, 0.028F, 0.045F, 0.4F, amount(draw, nodule));
    }
}

void grow_lesion(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    add_round(anatomy, draw, scene, 0.045F, 0.075F, 0.6F, amount(draw, lesion));
}

void calcify_spot(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const auto spots = 1 + static_cast<int>(draw.stream.below(2));
    for (int i = 0; i < spots; ++i) {
        add_round(anatomy, draw, scene, 0.022F, 0.032F, 0.2F, amount(draw, calcium));
    }
}

void herniate_stomach(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const Point centre{anatomy.middle_x + draw.stream.uniform(0.0F, 0.05F), anatomy.lungs[1].dome_y - 0.05F};
    const float radius = draw.stream.uniform(0.065F, 0.09F);
    add_ring(scene.image, {.centre = centre, .radius_x = radius, .radius_y = radius}, 0.022F,
             amount(draw, 0.28F));
    add_blob(scene.image,
             {.centre = {centre.x, centre.y - 0.15F * radius},
              .radius_x = 0.8F * radius,
              .radius_y = 0.7F * radius,
              .softness = 0.6F},
             -amount(draw, 0.34F));
}

void blunt_angle(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const Lung& lung = anatomy.lungs[static_cast<std::size_t>(side)];
    const float outward = anatomy.outward(side);
    // The angle lies where the dome meets the wall.
    add_blob(scene.image,
             {.centre = {lung.centre.x + 0.9F * outward * lung.radius_x, lung.dome_y + 0.6F * lung.dome_fall},
              .radius_x = 0.09F,
              .radius_y = 0.06F + 0.04F * draw.severity,
              .softness = 0.4F},
             amount(draw, effusion), lung_mask(scene, side));
}

void fill_pleura(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int first = draw_side(draw);
    const int sides = draw.stream.uniform() < 0.4F ? 2 : 1;
    for (int i = 0; i < sides; ++i) {
        const int side = (first + i) % 2;
        const Lung& lung = anatomy.lungs[static_cast<std::size_t>(side)];
        const float level =
            lung.dome_y + 0.3F * lung.dome_fall - (0.04F + 0.2F * draw.severity * draw.stream.uniform());
        const float value = amount(draw, effusion);
        const float outward = anatomy.outward(side);
        const auto mask = lung_mask(scene, side);
        scene.image.for_each_in(
            {0.0F, level - 0.12F}, {1.0F, 1.0F}, [&](float x, float y, float& target, std::size_t index) {
                // The meniscus climbs at the wall.
                const float climb = std::clamp(outward * (x - lung.centre.x) / lung.radius_x, -0.5F, 1.0F);
                target += value * mask[index] * soft_step(y - level + 0.09F * climb * climb * climb, 0.03F);
            });
    }
}

void thicken_pleura(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const float start = draw.stream.uniform(-0.9F, -0.2F);
    add_wall(anatomy, scene, side, start, start + draw.stream.uniform(0.7F, 1.1F),
             0.035F + 0.015F * draw.severity, amount(draw, pleura));
}

void plaque(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    for (int i = 0; i < 2; ++i) {
        const int side = draw_side(draw);
        const Point centre = anatomy.in_lung(side, anatomy.outward(side) * draw.stream.uniform(0.65F, 0.95F),
                                             draw.stream.uniform(-0.6F, 0.7F));
        add_blob(scene.image, {.centre = centre, .radius_x = 0.028F, .radius_y = 0.075F, .softness = 0.4F},
                 amount(draw, pleura), lung_mask(scene, side));
    }
}

void draw_pleural_line(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const Lung& lung = anatomy.lungs[static_cast<std::size_t>(side)];
    const float outward = anatomy.outward(side);
    // The lung has shrunk towards its hilum: outside its edge there is only air.
    const float shrink = 0.9F - 0.35F * draw.severity;
    const Blob shrunken{
        .centre = {lung.centre.x - outward * (1.0F - shrink) * lung.radius_x, lung.centre.y + 0.06F},
        .radius_x = shrink * lung.radius_x,
        .radius_y = shrink * lung.radius_y,
        .softness = 0.1F};
    const float dark = amount(draw, 0.14F);
    const auto mask = lung_mask(scene, side);
    const auto image = scene.image.values();
    for (std::size_t i = 0; i < image.size(); ++i) {
        image[i] -= dark * mask[i];
    }
    add_blob(scene.image, shrunken, dark + amount(draw, 0.05F), mask);
    add_ring(scene.image, shrunken, 0.018F, amount(draw, 0.16F), mask);
}

void break_rib(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const float outward = anatomy.outward(side);
    const auto ribs = 1 + static_cast<int>(draw.stream.below(2));
    for (int i = 0; i < ribs; ++i) {
        const Point place = anatomy.in_lung(side, outward * draw.stream.uniform(0.55F, 0.9F),
                                            draw.stream.uniform(-0.6F, 0.5F));
        // A dark gap between two bright, displaced ends.
        const float step = 0.03F;
        add_line(scene.image, {place.x - 0.07F, place.y - step}, {place.x - 0.015F, place.y}, 0.03F,
                 amount(draw, bone));
        add_line(scene.image, {place.x + 0.015F, place.y + step}, {place.x + 0.07F, place.y + 0.4F * step},
                 0.03F, amount(draw, bone));
        add_line(scene.image, {place.x + 0.012F, place.y - 0.04F}, {place.x - 0.012F, place.y + 0.05F},
                 0.024F, -amount(draw, 0.6F * bone));
    }
}

void calcify_aorta(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const Blob knob{
        .centre = {anatomy.middle_x + anatomy.mediastinum_half_width + 0.4F * anatomy.aortic_knob, 0.29F},
        .radius_x = anatomy.aortic_knob + 0.012F,
        .radius_y = anatomy.aortic_knob + 0.016F};
    add_ring(scene.image, knob, 0.018F, amount(draw, 0.6F * calcium));
}

void unfold_aorta(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const float edge = anatomy.middle_x + anatomy.mediastinum_half_width;
    const float bow = 0.03F + 0.05F * draw.severity;
    add_line(scene.image, {edge + 0.5F * bow, 0.31F}, {edge + bow, 0.5F}, 0.05F, amount(draw, 0.16F));
    add_line(scene.image, {edge + bow, 0.5F}, {edge, 0.68F}, 0.05F, amount(draw, 0.12F));
}

void add_devices(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const float value = amount(draw, metal);
    const float kind = draw.stream.uniform();
    const float outward = anatomy.outward(draw_side(draw));
    const float width = anatomy.body_half_width;
    if (kind < 0.4F) { // pacemaker: a box below the collar bone and a lead to the heart
        const Point box{anatomy.middle_x + outward * 0.62F * width,
                        0.24F + draw.stream.uniform(-0.03F, 0.03F)};
        add_box(scene.image, {box.x - 0.05F, box.y - 0.04F}, {box.x + 0.05F, box.y + 0.04F}, value);
        add_line(scene.image, box, {anatomy.middle_x, 0.33F}, 0.018F, value);
        add_line(scene.image, {anatomy.middle_x, 0.33F}, {anatomy.heart.x, anatomy.heart.y + 0.04F}, 0.018F,
                 value);
    } else if (kind < 0.75F) { // central line and breathing tube
        add_line(scene.image, {anatomy.middle_x + outward * 0.55F * width, 0.05F},
                 {anatomy.middle_x + 0.03F * outward, 0.22F}, 0.018F, value);
        add_line(scene.image, {anatomy.middle_x + 0.03F * outward, 0.22F},
                 {anatomy.middle_x + 0.03F * outward, 0.46F}, 0.018F, value);
        add_line(scene.image, {anatomy.middle_x, 0.0F}, {anatomy.middle_x, 0.26F}, 0.022F, 0.8F * value);
    } else { // electrodes with wires
        for (int i = 0; i < 3; ++i) {
            const Point electrode{anatomy.middle_x + draw.stream.uniform(-0.8F, 0.8F) * width,
                                  draw.stream.uniform(0.25F, 0.75F)};
            add_blob(scene.image,
                     {.centre = electrode, .radius_x = 0.022F, .radius_y = 0.022F, .softness = 0.2F}, value);
            add_line(scene.image, electrode, {anatomy.middle_x + draw.stream.uniform(-0.5F, 0.5F), 1.0F},
                     0.014F, 0.7F * value);
        }
    }
}

} // namespace suite::data::painters
