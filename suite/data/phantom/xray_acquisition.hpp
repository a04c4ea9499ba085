// How one hospital takes and stores its pictures: views, exposure, borders, burnt-in marks.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/phantom/xray_anatomy.hpp"

namespace suite::data {

/// Habits of one hospital. Shares are of its pictures.
struct Hospital {
    std::string_view id;
    float ap_share = 0.0F;                                ///< portable, front to back
    float lateral_share = 0.0F;                           ///< the rest is PA
    float rotation_sd = 0.04F;                            ///< radians
    float gamma = 1.0F;                                   ///< of the exposure curve; above 1 darker
    float gain_sd = 0.06F;                                ///< spread of the exposure from picture to picture
    float border_share = 0.0F;                            ///< pictures with a collimation border
    float border_level = 0.0F;                            ///< its density: 0 black, 1 white
    float mark_share = 0.0F;                              ///< pictures with a burnt-in side mark
    Point mark;                                           ///< where it stands
    float vignette = 0.0F;                                ///< fall of exposure towards the corners
    std::array<double, 6> disease_tilt{1, 1, 1, 1, 1, 1}; ///< relative frequency of each Disease's findings
};

/// The hospital of a declaration; nullptr when unknown.
[[nodiscard]] const Hospital* find_hospital(std::string_view id) noexcept;
[[nodiscard]] std::vector<std::string> hospital_names();

/// The view of one picture.
[[nodiscard]] PhantomView draw_view(const Hospital& hospital, PhiloxStream& stream);

/// Exposure of one data set, from its declaration.
struct Exposure {
    float contrast = 1.0F;
    float blur_pixels = 0.6F; ///< sd of the point spread
};

/// Turns the painted chest into this hospital's picture: rotation, blur, exposure curve, vignette, border,
/// mark.
void acquire(const Hospital& hospital, const Exposure& exposure, float rotation, PhiloxStream& stream,
             XrayScene& scene);

} // namespace suite::data
