// Every finding of the published label lists (paper.md#x-ray-labels), as a change of the anatomy.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/data/phantom/xray_anatomy.hpp"

namespace suite::data {

/// Why findings come together: each belongs to the disease that drives it.
enum class Disease { heart_failure, infection, chronic_lung, tumour, trauma, ageing };
inline constexpr std::size_t disease_count = 6;

/// One finding of one image.
struct FindingDraw {
    float severity = 1.0F;  ///< 0.45 to 1 (laptop.md#measured-guidance)
    float amplitude = 1.0F; ///< of the data set
    PhiloxStream stream;    ///< where it sits and how it looks
};

/// How a label is painted. `reshape` runs before the anatomy is painted, `paint` after; either may be null.
struct Finding {
    std::string_view label;
    Disease disease = Disease::infection;
    double frequency = 1.0; ///< relative to the other findings of a list
    void (*reshape)(Anatomy&, FindingDraw&) = nullptr;
    void (*paint)(const Anatomy&, FindingDraw&, XrayScene&) = nullptr;
};

/// The table, sorted by label. "normal" is in it and paints nothing.
[[nodiscard]] std::span<const Finding> findings();
/// The finding of a label; nullptr when there is none.
[[nodiscard]] const Finding* find_finding(std::string_view label) noexcept;
/// The findings of all labels, in their order. Throws Error(data) naming every unknown label and its nearest
/// ones.
[[nodiscard]] std::vector<const Finding*> findings_of(std::span<const std::string> labels,
                                                      const std::string& where);

} // namespace suite::data
