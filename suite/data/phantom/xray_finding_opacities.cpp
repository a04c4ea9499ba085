// Findings painted into the lung fields.
#include <cmath>

#include "suite/data/phantom/xray_finding_painters.hpp"

namespace suite::data::painters {
namespace {

// Amplitudes of laptop.md#measured-guidance; those it does not list lie between them.
constexpr float consolidation = 0.26F;
constexpr float pneumonia = 0.22F;
constexpr float edema = 0.115F; // measured .17 was too easy: a third less
constexpr float infiltration = 0.2F;
constexpr float opacity = 0.2F;
constexpr float plate = 0.24F;
constexpr float peripheral = 0.12F;
constexpr float apical = 0.15F;
constexpr float fibrosis = 0.2F;
constexpr float bronchi = 0.2F;

/// A patch in a lung: several blobs around one place.
struct Patch {
    int side = 0;
    Point place; ///< in_lung coordinates
    float radius = 0.1F;
    float softness = 0.8F;
    int blobs = 3;
};

void paint_patch(const Anatomy& anatomy, const Patch& patch, float value, PhiloxStream& stream,
                 XrayScene& scene) {
    const Point centre = anatomy.in_lung(patch.side, patch.place.x, patch.place.y);
    const float share = value / std::sqrt(static_cast<float>(patch.blobs));
    for (int i = 0; i < patch.blobs; ++i) {
        const float spread = patch.blobs == 1 ? 0.0F : 0.6F * patch.radius;
        const Point shift{stream.uniform(-spread, spread), stream.uniform(-spread, spread)};
        add_blob(scene.image,
                 {.centre = {centre.x + shift.x, centre.y + shift.y},
                  .radius_x = patch.radius * stream.uniform(0.7F, 1.1F),
                  .radius_y = patch.radius * stream.uniform(0.7F, 1.1F),
                  .angle = stream.uniform(0.0F, 3.1416F),
                  .softness = patch.softness},
                 share, lung_mask(scene, patch.side));
    }
}

/// value += amount * grain * weight(v) over both lungs, grain a fine random field.
template<typename Weight>
void paint_grain(float value, int cells, PhiloxStream& stream, XrayScene& scene, Weight&& weight) {
    const ValueNoise field(cells, stream);
    const auto mask = scene.both_lungs.values();
    scene.image.for_each_in({0.0F, 0.08F}, {1.0F, 0.92F},
                            [&](float x, float y, float& target, std::size_t index) {
                                if (mask[index] > 0.0F) {
                                    target += value * mask[index] * weight(x, y) * std::abs(field.at(x, y));
                                }
                            });
}

} // namespace

void consolidate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const Patch patch{.side = side,
                      .place = {draw.stream.uniform(-0.45F, 0.45F), draw.stream.uniform(-0.5F, 0.7F)},
                      .radius = draw.stream.uniform(0.09F, 0.15F),
                      .softness = 0.35F,
                      .blobs = 2};
    paint_patch(anatomy, patch, 1.25F * amount(draw, consolidation), draw.stream, scene);
}

void inflame(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const Patch patch{.side = side,
                      .place = {draw.stream.uniform(-0.5F, 0.5F), draw.stream.uniform(0.0F, 0.85F)},
                      .radius = draw.stream.uniform(0.08F, 0.13F),
                      .softness = 0.9F,
                      .blobs = 4};
    paint_patch(anatomy, patch, 1.5F * amount(draw, pneumonia), draw.stream, scene);
}

void infiltrate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const auto patches = 2 + static_cast<int>(draw.stream.below(3));
    for (int i = 0; i < patches; ++i) {
        const Patch patch{.side = draw_side(draw),
                          .place = {draw.stream.uniform(-0.6F, 0.6F), draw.stream.uniform(-0.6F, 0.8F)},
                          .radius = draw.stream.uniform(0.05F, 0.08F),
                          .softness = 1.0F,
                          .blobs = 3};
        paint_patch(anatomy, patch, amount(draw, infiltration), draw.stream, scene);
    }
}

void cloud(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const Patch patch{.side = side,
                      .place = {draw.stream.uniform(-0.5F, 0.5F), draw.stream.uniform(-0.7F, 0.8F)},
                      .radius = draw.stream.uniform(0.1F, 0.18F),
                      .softness = 1.0F,
                      .blobs = 3};
    paint_patch(anatomy, patch, 1.3F * amount(draw, opacity), draw.stream, scene);
}

void flood_interstitium(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const float value = amount(draw, edema);
    for (int side = 0; side < 2; ++side) {
        // A butterfly: densest around the hila.
        add_blob(scene.image,
                 {.centre = anatomy.in_lung(side, -0.35F * anatomy.outward(side), 0.1F),
                  .radius_x = 0.15F,
                  .radius_y = 0.24F,
                  .softness = 1.0F},
                 value, lung_mask(scene, side));
    }
    paint_grain(0.8F * value, 12, draw.stream, scene, [](float, float) { return 1.0F; });
}

void collapse_plate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    const float v = draw.stream.uniform(0.35F, 0.85F);
    const float tilt = draw.stream.uniform(-0.12F, 0.12F);
    add_line(scene.image, anatomy.in_lung(side, -0.7F, v - tilt), anatomy.in_lung(side, 0.6F, v + tilt),
             draw.stream.uniform(0.03F, 0.05F), amount(draw, plate), lung_mask(scene, side));
    const Patch base{.side = side, .place = {0.0F, 0.95F}, .radius = 0.09F, .softness = 1.0F, .blobs = 1};
    paint_patch(anatomy, base, 0.4F * amount(draw, plate), draw.stream, scene);
}

void spread_peripheral(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    // Bilateral, at the wall, mostly below the hila.
    for (int side = 0; side < 2; ++side) {
        const auto patches = 2 + static_cast<int>(draw.stream.below(2));
        for (int i = 0; i < patches; ++i) {
            const Patch patch{.side = side,
                              .place = {anatomy.outward(side) * draw.stream.uniform(0.45F, 0.85F),
                                        draw.stream.uniform(-0.3F, 0.85F)},
                              .radius = draw.stream.uniform(0.06F, 0.1F),
                              .softness = 1.0F,
                              .blobs = 2};
            paint_patch(anatomy, patch, amount(draw, peripheral), draw.stream, scene);
        }
    }
}

void cavitate_apex(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int first = draw_side(draw);
    const int sides = draw.stream.uniform() < 0.35F ? 2 : 1;
    for (int i = 0; i < sides; ++i) {
        const int side = (first + i) % 2;
        const Point place{draw.stream.uniform(-0.35F, 0.35F), draw.stream.uniform(-0.75F, -0.4F)};
        const Patch patch{.side = side, .place = place, .radius = 0.09F, .softness = 1.0F, .blobs = 3};
        paint_patch(anatomy, patch, amount(draw, apical), draw.stream, scene);
        if (draw.stream.uniform() < 0.6F) {
            const float radius = draw.stream.uniform(0.03F, 0.05F);
            const Blob cavity{.centre = anatomy.in_lung(side, place.x, place.y),
                              .radius_x = radius,
                              .radius_y = radius,
                              .softness = 0.5F};
            add_blob(scene.image, cavity, -0.8F * amount(draw, apical), lung_mask(scene, side));
            add_ring(scene.image, cavity, 0.02F, 0.6F * amount(draw, apical), lung_mask(scene, side));
        }
    }
}

void scar(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const float dome = anatomy.lungs[0].dome_y;
    paint_grain(1.6F * amount(draw, fibrosis), 12, draw.stream, scene,
                [dome](float, float y) { return std::clamp((y - dome + 0.42F) * 3.0F, 0.0F, 1.0F); });
    for (int i = 0; i < 5; ++i) {
        const int side = draw_side(draw);
        const float u = draw.stream.uniform(-0.7F, 0.7F);
        const float v = draw.stream.uniform(0.2F, 0.9F);
        add_line(scene.image, anatomy.in_lung(side, u, v),
                 anatomy.in_lung(side, u + draw.stream.uniform(-0.35F, 0.35F), v - 0.3F), 0.014F,
                 0.7F * amount(draw, fibrosis), lung_mask(scene, side));
    }
}

void widen_bronchi(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    const int side = draw_side(draw);
    for (int i = 0; i < 4; ++i) {
        const Blob ring{.centre =
                            anatomy.in_lung(side, -anatomy.outward(side) * draw.stream.uniform(-0.4F, 0.6F),
                                            draw.stream.uniform(0.2F, 0.85F)),
                        .radius_x = 0.028F,
                        .radius_y = 0.028F,
                        .softness = 0.3F};
        add_ring(scene.image, ring, 0.016F, amount(draw, bronchi), lung_mask(scene, side));
    }
}

void rarefy(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene) {
    // Bullae: rounded places without any texture, darker than lung.
    for (int i = 0; i < 3; ++i) {
        const int side = draw_side(draw);
        add_blob(scene.image,
                 {.centre = anatomy.in_lung(side, anatomy.outward(side) * draw.stream.uniform(-0.2F, 0.7F),
                                            draw.stream.uniform(-0.8F, 0.4F)),
                  .radius_x = 0.07F,
                  .radius_y = 0.08F,
                  .softness = 0.6F},
                 -amount(draw, 0.08F), lung_mask(scene, side));
    }
}

} // namespace suite::data::painters
