// Generated chest X-rays: anatomy, findings, acquisition and labels of one hospital.
#pragma once

#include <cstdint>
#include <span>

#include "suite/data/data_set.hpp"
#include "suite/data/phantom/xray_acquisition.hpp"
#include "suite/data/phantom/xray_findings.hpp"

namespace suite::data {

/// Everything that image `index` of a split depends on besides its findings.
struct XrayImageKey {
    std::uint64_t split_seed = 0; ///< derive_seed(world_seed, "ID/train" or "ID/test")
    std::uint64_t index = 0;
    std::int64_t patient = 0;
};

/// Paints one grey picture with the findings that are present (nullptr entries paint nothing). Pure function
/// of its arguments (scene is scratch).
void paint_xray(const XrayImageKey& key, const Hospital& hospital, const plan::XrayPhantom& phantom,
                std::span<const Finding* const> present, XrayScene& scene, std::span<std::uint8_t> bytes);

/// Generates both splits; no patient is in both. Multi-label sets by LabelModel. Multi-class sets show
/// exactly the finding of their class ("normal" shows none): classes in equal numbers, but in the training
/// part of a set with "normal" the findings make up the declared prevalence; label_noise replaces the stated
/// class by another one. Throws Error(data) on unknown labels or hospital and values out of range, all at
/// once.
[[nodiscard]] DataSet generate_xray(const plan::DataSetSpec& spec);

} // namespace suite::data
