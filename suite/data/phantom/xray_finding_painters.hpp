// One function per finding, named for what it does to the chest. Used by the table in xray_findings.cpp
// alone. Amplitudes are on the [0, 1] picture of laptop.md#measured-guidance; each is scaled by the draw.
#pragma once

#include "suite/data/phantom/xray_findings.hpp"

namespace suite::data::painters {

/// Left (0) or right (1) lung.
[[nodiscard]] inline int draw_side(FindingDraw& draw) {
    return static_cast<int>(draw.stream.below(2));
}
/// An amplitude scaled by the hospital's and this finding's severity.
[[nodiscard]] inline float amount(const FindingDraw& draw, float full) {
    return full * draw.amplitude * draw.severity;
}
[[nodiscard]] inline std::span<const float> lung_mask(const XrayScene& scene, int side) {
    return scene.lungs[static_cast<std::size_t>(side)].values();
}

// Before painting.
void trap_air(Anatomy& anatomy, FindingDraw& draw);
void elongate_aorta(Anatomy& anatomy, FindingDraw& draw);
void lift_one_dome(Anatomy& anatomy, FindingDraw& draw);
void lift_one_dome_slightly(Anatomy& anatomy, FindingDraw& draw);
void enlarge_heart(Anatomy& anatomy, FindingDraw& draw);
void enlarge_hila(Anatomy& anatomy, FindingDraw& draw);
void enlarge_hila_slightly(Anatomy& anatomy, FindingDraw& draw);
void inflate_lungs(Anatomy& anatomy, FindingDraw& draw);
void widen_mediastinum(Anatomy& anatomy, FindingDraw& draw);
void flatten_domes(Anatomy& anatomy, FindingDraw& draw);
void collapse_lung(Anatomy& anatomy, FindingDraw& draw);
void bend_spine(Anatomy& anatomy, FindingDraw& draw);

// After painting: opacities in the lung.
void consolidate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void inflame(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void infiltrate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void cloud(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void flood_interstitium(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void collapse_plate(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void spread_peripheral(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void cavitate_apex(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void scar(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void widen_bronchi(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void rarefy(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);

// After painting: round things.
void grow_mass(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void grow_nodules(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void grow_lesion(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void calcify_spot(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void herniate_stomach(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);

// After painting: pleura, bones, vessels, devices.
void blunt_angle(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void fill_pleura(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void thicken_pleura(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void plaque(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void draw_pleural_line(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void break_rib(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void calcify_aorta(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void unfold_aorta(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);
void add_devices(const Anatomy& anatomy, FindingDraw& draw, XrayScene& scene);

} // namespace suite::data::painters
