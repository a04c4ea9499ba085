// The healthy chest that findings change: drawn from a patient and an exposure, painted in unit coordinates.
// Bright = dense, as a radiograph. Image left is the patient's right.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "suite/base/philox.hpp"
#include "suite/data/phantom/canvas.hpp"

namespace suite::data {

enum class PhantomView { pa, ap, lateral };

/// One lung field: an ellipse cut below by a dome of the diaphragm. Index 0 is at the image's left.
struct Lung {
    Point centre;
    float radius_x = 0.15F;
    float radius_y = 0.3F;
    float tilt = 0.0F;      ///< apex towards the middle, radians
    float dome_y = 0.72F;   ///< top of the diaphragm below this lung
    float dome_fall = 0.1F; ///< how far the dome falls from its top to the lung's side
    float aeration = 1.0F;  ///< 1 = normal; above: darker
};

/// Everything that findings may change before painting.
struct Anatomy {
    PhantomView view = PhantomView::pa;
    float middle_x = 0.5F;
    float body_half_width = 0.42F;
    float shoulder_y = 0.17F;
    std::array<Lung, 2> lungs;
    Point heart;
    float heart_half_width = 0.12F;
    float heart_half_height = 0.12F;
    float mediastinum_half_width = 0.055F;
    float hilum_scale = 1.0F;   ///< of both hila
    float aortic_knob = 0.028F; ///< radius
    float spine_bend = 0.0F;    ///< sideways bow of the spine, signed
    float rib_contrast = 0.05F;
    float vessel_contrast = 0.05F;
    float age = 0.5F;      ///< 0 young to 1 old
    float rotation = 0.0F; ///< radians, of the whole picture

    /// Point of a lung: u to the side of the image's right (-1 to 1), v downwards (-1 apex to 1 base).
    [[nodiscard]] Point in_lung(int lung, float u, float v) const noexcept;
    /// Sign of x that leads from the middle to the outer wall of a lung (lateral views: -1 and 1 as well).
    [[nodiscard]] float outward(int lung) const noexcept { return lung == 0 ? -1.0F : 1.0F; }
};

/// A picture under construction, reused from image to image.
struct XrayScene {
    explicit XrayScene(int size)
        : image(size), lungs{Canvas(size), Canvas(size)}, both_lungs(size), scratch(size) {}
    Canvas image;
    std::array<Canvas, 2> lungs; ///< share of each pixel that is this lung
    Canvas both_lungs;           ///< the larger of the two
    Canvas scratch;
};

/// The patient's body (build, age, size of organs) and this exposure's view, breath and posture.
[[nodiscard]] Anatomy draw_anatomy(PhiloxStream patient, PhiloxStream& exposure, PhantomView view,
                                   float rotation_sd);

/// Paints the chest and fills the lung masks.
void paint_anatomy(const Anatomy& anatomy, PhiloxStream& texture, XrayScene& scene);

} // namespace suite::data
