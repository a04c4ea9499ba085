#include "suite/data/phantom/xray_anatomy.hpp"

#include <cmath>

namespace suite::data {
namespace {

// Densities on [0, 1]: lung against tissue differ by 0.33 (laptop.md#measured-guidance).
constexpr float air = 0.04F;
constexpr float tissue = 0.6F;
constexpr float lung_contrast = 0.33F;
constexpr float heart_over_lung = 0.27F; // what the heart adds where there is lung behind it …
constexpr float heart_density = 0.05F;   // … and everywhere
constexpr float mediastinum_density = 0.12F;
constexpr float abdomen_density = 0.1F;

float normal(PhiloxStream& stream) {
    return static_cast<float>(stream.normal());
}

void place_frontal(Anatomy& anatomy, float build, float breath) {
    for (int side = 0; side < 2; ++side) {
        const float outward = anatomy.outward(side);
        Lung& lung = anatomy.lungs[static_cast<std::size_t>(side)];
        lung.centre = {anatomy.middle_x + outward * anatomy.body_half_width * 0.47F, 0.47F};
        lung.radius_x = anatomy.body_half_width * 0.4F;
        lung.radius_y = 0.36F + 0.02F * breath;
        lung.tilt = outward * 0.1F;
        // The right dome (image left) stands higher over the liver.
        lung.dome_y = 0.7F + 0.035F * breath + (side == 0 ? -0.015F : 0.015F);
        lung.dome_fall = 0.09F + 0.02F * build;
    }
    anatomy.heart = {anatomy.middle_x + 0.115F * anatomy.body_half_width, 0.62F + 0.02F * breath};
}

/// One wide field seen from the side: both lungs overlap, heart in front (image left), spine behind.
void place_lateral(Anatomy& anatomy, float breath) {
    for (int side = 0; side < 2; ++side) {
        Lung& lung = anatomy.lungs[static_cast<std::size_t>(side)];
        lung.centre = {anatomy.middle_x + 0.01F * anatomy.outward(side), 0.46F};
        lung.radius_x = anatomy.body_half_width * 0.68F;
        lung.radius_y = 0.36F + 0.02F * breath;
        lung.tilt = -0.08F;
        lung.dome_y = 0.7F + 0.03F * breath + 0.02F * static_cast<float>(side);
        lung.dome_fall = 0.13F;
    }
    anatomy.heart = {anatomy.middle_x - 0.33F * anatomy.body_half_width, 0.6F};
}

/// Sideways place of the spine at height y.
float spine_x(const Anatomy& anatomy, float y) {
    const float bow = 1.0F - 4.0F * (y - 0.5F) * (y - 0.5F);
    const float base = anatomy.view == PhantomView::lateral
                           ? anatomy.middle_x + 0.62F * anatomy.body_half_width
                           : anatomy.middle_x;
    return base + anatomy.spine_bend * bow;
}

/// Half width of the trunk at height y: neck, shoulders, chest.
float trunk_half_width(const Anatomy& anatomy, float y) {
    const float shoulder = std::clamp((y - 0.02F) / anatomy.shoulder_y, 0.0F, 1.0F);
    const float width = anatomy.body_half_width * (0.36F + 0.72F * shoulder * (2.0F - shoulder));
    return anatomy.view == PhantomView::lateral ? 0.82F * width : width;
}

void paint_trunk(const Anatomy& anatomy, XrayScene& scene) {
    const float pixel = scene.image.pixel_width();
    scene.image.for_each([&](float x, float y, float& value, std::size_t) {
        const float depth = trunk_half_width(anatomy, y) - std::abs(x - anatomy.middle_x);
        // Skin and muscle get thicker towards the middle.
        const float thickness = 0.85F + 0.15F * std::clamp(depth / 0.2F, 0.0F, 1.0F);
        value = air + (tissue - air) * thickness * soft_step(depth, pixel);
    });
}

/// Share of a pixel inside a lung field: the ellipse and above the dome.
void fill_lung_mask(const Lung& lung, Canvas& mask) {
    mask.fill(0.0F);
    const float cosine = std::cos(lung.tilt) / lung.radius_x;
    const float sine = std::sin(lung.tilt) / lung.radius_x;
    const float ratio = lung.radius_x / lung.radius_y;
    const float rim = mask.pixel_width() / lung.radius_x;
    const float extent_x = lung.radius_x + std::abs(lung.tilt) * lung.radius_y;
    mask.for_each_in({lung.centre.x - extent_x, lung.centre.y - lung.radius_y},
                     {lung.centre.x + extent_x, lung.centre.y + lung.radius_y},
                     [&](float x, float y, float& value, std::size_t) {
                         const float dx = x - lung.centre.x;
                         const float dy = y - lung.centre.y;
                         const float u = cosine * dx + sine * dy;
                         const float v = (cosine * dy - sine * dx) * ratio;
                         const float u2 = u * u;
                         const float v2 = v * v;
                         // Between an ellipse and a rounded box: |v| to the fourth keeps the field wide
                         // below.
                         const float inside = 1.0F - std::sqrt(u2 + (v > 0.0F ? v2 * v2 : v2));
                         const float above = lung.dome_y + lung.dome_fall * u2 - y;
                         value = soft_step(inside, rim) * soft_step(above, mask.pixel_width());
                     });
}

void paint_lungs(const Anatomy& anatomy, XrayScene& scene) {
    for (std::size_t side = 0; side < 2; ++side) {
        fill_lung_mask(anatomy.lungs[side], scene.lungs[side]);
    }
    const auto both = scene.both_lungs.values();
    const auto left = scene.lungs[0].values();
    const auto right = scene.lungs[1].values();
    const auto image = scene.image.values();
    for (std::size_t i = 0; i < both.size(); ++i) {
        both[i] = std::max(left[i], right[i]);
        const float aeration = left[i] >= right[i] ? anatomy.lungs[0].aeration : anatomy.lungs[1].aeration;
        image[i] -= lung_contrast * aeration * both[i];
    }
}

/// Below the domes: liver on the image's left, stomach and its air on the right.
void paint_abdomen(const Anatomy& anatomy, PhiloxStream& texture, XrayScene& scene) {
    const float height = 0.5F * (anatomy.lungs[0].dome_y + anatomy.lungs[1].dome_y);
    const float width = anatomy.body_half_width;
    add_blob(scene.image,
             {.centre = {anatomy.middle_x, height + 0.24F},
              .radius_x = width,
              .radius_y = 0.26F,
              .softness = 0.4F},
             abdomen_density);
    if (texture.uniform() < 0.45F) {
        add_blob(scene.image,
                 {.centre = {anatomy.middle_x + 0.4F * width, anatomy.lungs[1].dome_y + 0.08F},
                  .radius_x = 0.055F,
                  .radius_y = 0.03F,
                  .softness = 0.8F},
                 -0.16F);
    }
}

void paint_middle(const Anatomy& anatomy, XrayScene& scene) {
    const float pixel = scene.image.pixel_width();
    const bool lateral = anatomy.view == PhantomView::lateral;
    const float spine_density = lateral ? 0.14F : 0.05F;
    scene.image.for_each([&](float x, float y, float& value, std::size_t) {
        const float from_spine = std::abs(x - spine_x(anatomy, y));
        value += spine_density * soft_step(0.03F - from_spine, 1.5F * pixel);
        if (!lateral) {
            // Wider at the top (vessels of the neck) and where the heart sits on the diaphragm.
            const float half_width = anatomy.mediastinum_half_width * (1.0F + 0.5F * std::abs(y - 0.4F));
            const float from_middle =
                std::abs(x - anatomy.middle_x - 0.5F * (spine_x(anatomy, y) - anatomy.middle_x));
            value += mediastinum_density * soft_step(half_width - from_middle, 2.0F * pixel) *
                     (y > 0.1F && y < 0.8F ? 1.0F : 0.5F);
        }
    });
    // The windpipe is air.
    add_line(scene.image, {anatomy.middle_x, 0.06F}, {anatomy.middle_x, 0.3F}, 0.028F,
             lateral ? -0.05F : -0.09F);
    if (!lateral) {
        add_blob(scene.image,
                 {.centre = {anatomy.middle_x + anatomy.mediastinum_half_width + 0.3F * anatomy.aortic_knob,
                             0.29F},
                  .radius_x = anatomy.aortic_knob,
                  .radius_y = anatomy.aortic_knob * 1.2F,
                  .softness = 0.4F},
                 0.14F);
    }
}

void paint_heart(const Anatomy& anatomy, XrayScene& scene) {
    const Blob heart{.centre = anatomy.heart,
                     .radius_x = anatomy.heart_half_width,
                     .radius_y = anatomy.heart_half_height,
                     .angle = 0.5F,
                     .softness = 0.25F};
    add_blob(scene.image, heart, heart_density);
    add_blob(scene.image, heart, heart_over_lung, scene.both_lungs.values());
}

/// Ribs: bands that fall to the sides, stronger towards the wall.
void paint_ribs(const Anatomy& anatomy, float phase, XrayScene& scene) {
    const float inverse_width = 1.0F / anatomy.body_half_width;
    scene.image.for_each_in({0.0F, 0.1F}, {1.0F, 0.85F}, [&](float x, float y, float& value, std::size_t) {
        const float across = (x - anatomy.middle_x) * inverse_width;
        const float lateral = across * across;
        if (lateral > 1.0F) {
            return;
        }
        const float wave = triangle_wave((y - 0.16F * lateral) * 11.0F + phase);
        value += anatomy.rib_contrast * (wave - 0.5F) * std::clamp(0.35F + lateral, 0.0F, 1.0F);
    });
    const float inner = 0.04F;
    for (int side = 0; side < 2 && anatomy.view != PhantomView::lateral; ++side) {
        const float outward = anatomy.outward(side);
        add_line(scene.image, {anatomy.middle_x + outward * inner, 0.19F},
                 {anatomy.middle_x + outward * 0.85F * anatomy.body_half_width, 0.12F}, 0.028F, 0.09F);
    }
}

/// Vessels: a hilum on each side and branches that fan out and fade.
void paint_vessels(const Anatomy& anatomy, PhiloxStream& texture, XrayScene& scene) {
    const ValueNoise field(9, texture);
    for (int side = 0; side < 2; ++side) {
        const Point hilum = anatomy.in_lung(side, -0.75F * anatomy.outward(side), 0.0F);
        const float radius = 0.035F * anatomy.hilum_scale;
        add_blob(scene.image,
                 {.centre = hilum, .radius_x = radius, .radius_y = 1.5F * radius, .softness = 0.9F},
                 0.11F * std::min(anatomy.hilum_scale, 1.6F));
        for (int branch = 0; branch < 3; ++branch) {
            const float v = -0.6F + 0.55F * static_cast<float>(branch) + texture.uniform(-0.15F, 0.15F);
            add_line(scene.image, hilum, anatomy.in_lung(side, 0.45F * anatomy.outward(side), v), 0.016F,
                     anatomy.vessel_contrast, scene.both_lungs.values());
        }
    }
    const auto mask = scene.both_lungs.values();
    scene.image.for_each([&](float x, float y, float& value, std::size_t index) {
        value += 0.035F * field.at(x, y) * (0.3F + mask[index]);
    });
}

} // namespace

Point Anatomy::in_lung(int lung, float u, float v) const noexcept {
    const Lung& field = lungs[static_cast<std::size_t>(lung)];
    // The base of the field is the dome, not the ellipse.
    const float top = field.centre.y - field.radius_y;
    const float base = std::min(field.centre.y + field.radius_y, field.dome_y);
    const float y = top + 0.5F * (v + 1.0F) * (base - top);
    const float relative = (y - field.centre.y) / field.radius_y;
    const float half_width = field.radius_x * std::sqrt(std::max(0.0F, 1.0F - relative * relative));
    return {field.centre.x - std::sin(field.tilt) * (y - field.centre.y) + u * half_width, y};
}

Anatomy draw_anatomy(PhiloxStream patient, PhiloxStream& exposure, PhantomView view, float rotation_sd) {
    Anatomy anatomy;
    anatomy.view = view;
    const float build = normal(patient);
    anatomy.age = patient.uniform();
    const float organ_size = normal(patient);
    anatomy.body_half_width = 0.42F + 0.02F * std::clamp(build, -2.0F, 2.0F);
    // Portable AP pictures: magnified heart, shallow breath.
    const bool ap = view == PhantomView::ap;
    const float breath = normal(exposure) - (ap ? 0.9F : 0.0F);
    anatomy.middle_x = 0.5F + 0.015F * normal(exposure);
    anatomy.rotation = rotation_sd * normal(exposure);
    if (view == PhantomView::lateral) {
        place_lateral(anatomy, breath);
    } else {
        place_frontal(anatomy, build, breath);
    }
    anatomy.heart_half_width = (0.13F + 0.008F * std::clamp(organ_size, -2.0F, 2.0F)) * (ap ? 1.1F : 1.0F);
    anatomy.heart_half_height = 0.105F + 0.006F * organ_size;
    anatomy.mediastinum_half_width = 0.055F + 0.008F * anatomy.age + 0.004F * normal(patient);
    anatomy.aortic_knob = 0.022F + 0.014F * anatomy.age;
    anatomy.spine_bend = 0.006F * normal(patient);
    anatomy.rib_contrast = 0.05F + 0.03F * patient.uniform();
    anatomy.vessel_contrast = 0.04F + 0.03F * exposure.uniform();
    return anatomy;
}

void paint_anatomy(const Anatomy& anatomy, PhiloxStream& texture, XrayScene& scene) {
    paint_trunk(anatomy, scene);
    paint_lungs(anatomy, scene);
    paint_abdomen(anatomy, texture, scene);
    paint_middle(anatomy, scene);
    paint_heart(anatomy, scene);
    paint_ribs(anatomy, texture.uniform(), scene);
    paint_vessels(anatomy, texture, scene);
}

} // namespace suite::data
