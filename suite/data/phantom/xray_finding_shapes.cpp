// Findings that change the anatomy before it is painted.
#include "suite/data/phantom/xray_finding_painters.hpp"

namespace suite::data::painters {
namespace {

float draw_sign(FindingDraw& draw) {
    return draw.stream.below(2) == 0 ? -1.0F : 1.0F;
}

float strength(const FindingDraw& draw) {
    return draw.severity * draw.amplitude;
}

void lift(Lung& lung, float height) {
    lung.dome_y -= height;
    lung.dome_fall += 0.4F * height;
}

} // namespace

void trap_air(Anatomy& anatomy, FindingDraw& draw) {
    Lung& lung = anatomy.lungs[static_cast<std::size_t>(draw_side(draw))];
    lung.aeration += 0.3F * strength(draw);
    lift(lung, -0.03F * strength(draw));
}

void elongate_aorta(Anatomy& anatomy, FindingDraw& draw) {
    anatomy.aortic_knob += 0.028F * strength(draw);
}

void lift_one_dome(Anatomy& anatomy, FindingDraw& draw) {
    lift(anatomy.lungs[static_cast<std::size_t>(draw_side(draw))], 0.05F + 0.1F * strength(draw));
}

void lift_one_dome_slightly(Anatomy& anatomy, FindingDraw& draw) {
    lift(anatomy.lungs[static_cast<std::size_t>(draw_side(draw))], 0.05F * strength(draw));
}

void enlarge_heart(Anatomy& anatomy, FindingDraw& draw) {
    // 0.16 severity on [-1, 1] above the widest healthy heart (laptop.md#measured-guidance).
    anatomy.heart_half_width = std::max(anatomy.heart_half_width, 0.15F) + 0.08F * strength(draw);
    anatomy.heart_half_height += 0.03F * strength(draw);
    anatomy.heart.x += 0.02F * strength(draw);
}

void enlarge_hila(Anatomy& anatomy, FindingDraw& draw) {
    anatomy.hilum_scale += 1.4F * strength(draw);
}

void enlarge_hila_slightly(Anatomy& anatomy, FindingDraw& draw) {
    anatomy.hilum_scale += 0.5F * strength(draw);
}

void inflate_lungs(Anatomy& anatomy, FindingDraw& draw) {
    for (Lung& lung : anatomy.lungs) {
        lung.aeration += 0.22F * strength(draw);
        lung.dome_y += 0.05F * strength(draw);
        lung.dome_fall *= 1.0F - 0.5F * draw.severity;
        lung.radius_y += 0.02F * strength(draw);
    }
    anatomy.heart_half_width *= 1.0F - 0.15F * draw.severity;
}

void widen_mediastinum(Anatomy& anatomy, FindingDraw& draw) {
    anatomy.mediastinum_half_width *= 1.3F + 0.9F * strength(draw);
    anatomy.aortic_knob += 0.008F * strength(draw);
}

void flatten_domes(Anatomy& anatomy, FindingDraw& draw) {
    for (Lung& lung : anatomy.lungs) {
        lung.dome_fall *= 1.0F - 0.95F * draw.severity;
        lung.dome_y += 0.07F * strength(draw);
    }
}

void collapse_lung(Anatomy& anatomy, FindingDraw& draw) {
    anatomy.lungs[static_cast<std::size_t>(draw_side(draw))].aeration += 0.1F * strength(draw);
}

void bend_spine(Anatomy& anatomy, FindingDraw& draw) {
    const float bend = draw_sign(draw) * (0.035F + 0.07F * strength(draw));
    anatomy.spine_bend += bend;
    // The ribs follow: one lung narrows, the other widens.
    for (Lung& lung : anatomy.lungs) {
        lung.centre.x += 0.3F * bend;
    }
}

} // namespace suite::data::painters
