#include "suite/data/phantom/xray_findings.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "suite/base/names.hpp"
#include "suite/data/phantom/xray_finding_painters.hpp"

namespace suite::data {
namespace {

using enum Disease;
namespace p = painters;

// Relative frequencies: NIH's and CheXpert's published counts (paper.md#label-counts) as shares of images, on
// one scale and drawn together (square root), so that rare findings still occur in small sets.
constexpr Finding table[] = {
    {"Air Trapping", chronic_lung, 0.7, p::trap_air, nullptr},
    {"Aortic Atheromatosis", ageing, 0.8, nullptr, p::calcify_aorta},
    {"Aortic Elongation", ageing, 1.0, p::elongate_aorta, p::unfold_aorta},
    {"Atelectasis", heart_failure, 1.4, p::lift_one_dome_slightly, p::collapse_plate},
    {"Bronchiectasis", chronic_lung, 0.7, nullptr, p::widen_bronchi},
    {"Cardiomegaly", heart_failure, 1.2, p::enlarge_heart, nullptr},
    {"Consolidation", infection, 1.0, nullptr, p::consolidate},
    {"Costophrenic Angle Blunting", heart_failure, 1.0, nullptr, p::blunt_angle},
    {"Edema", heart_failure, 1.2, p::enlarge_hila_slightly, p::flood_interstitium},
    {"Effusion", heart_failure, 1.5, nullptr, p::fill_pleura},
    {"Emphysema", chronic_lung, 0.8, p::inflate_lungs, p::rarefy},
    {"Enlarged Cardiomediastinum", heart_failure, 0.9, p::widen_mediastinum, nullptr},
    {"Fibrosis", chronic_lung, 0.7, nullptr, p::scar},
    {"Flattened Diaphragm", chronic_lung, 0.7, p::flatten_domes, nullptr},
    {"Fracture", trauma, 0.8, nullptr, p::break_rib},
    {"Granuloma", infection, 0.7, nullptr, p::calcify_spot},
    {"Hemidiaphragm Elevation", trauma, 0.7, p::lift_one_dome, nullptr},
    {"Hernia", ageing, 0.5, nullptr, p::herniate_stomach},
    {"Hilar Enlargement", tumour, 0.8, p::enlarge_hila, nullptr},
    {"Infiltration", infection, 1.5, nullptr, p::infiltrate},
    {"Lung Lesion", tumour, 0.8, nullptr, p::grow_lesion},
    {"Lung Opacity", infection, 1.6, nullptr, p::cloud},
    {"Mass", tumour, 0.9, nullptr, p::grow_mass},
    {"Nodule", tumour, 1.0, nullptr, p::grow_nodules},
    {"Pleural Effusion", heart_failure, 1.5, nullptr, p::fill_pleura},
    {"Pleural Other", chronic_lung, 0.6, nullptr, p::plaque},
    {"Pleural_Thickening", chronic_lung, 0.8, nullptr, p::thicken_pleura},
    {"Pneumonia", infection, 0.9, nullptr, p::inflame},
    {"Pneumothorax", trauma, 0.9, p::collapse_lung, p::draw_pleural_line},
    {"Scoliosis", ageing, 0.9, p::bend_spine, nullptr},
    {"Support Devices", heart_failure, 1.4, nullptr, p::add_devices},
    {"Tuberculosis", infection, 0.6, nullptr, p::cavitate_apex},
    {"covid", infection, 1.0, nullptr, p::spread_peripheral},
    {"covid19", infection, 1.0, nullptr, p::spread_peripheral},
    {"normal", infection, 1.0, nullptr, nullptr},
    {"tuberculosis", infection, 1.0, nullptr, p::cavitate_apex},
};

std::vector<std::string> all_labels() {
    std::vector<std::string> labels;
    for (const Finding& finding : table) {
        labels.emplace_back(finding.label);
    }
    return labels;
}

} // namespace

std::span<const Finding> findings() {
    return table;
}

const Finding* find_finding(std::string_view label) noexcept {
    const auto found = std::ranges::lower_bound(table, label, {}, &Finding::label);
    return found != std::ranges::end(table) && found->label == label ? found : nullptr;
}

std::vector<const Finding*> findings_of(std::span<const std::string> labels, const std::string& where) {
    FaultList faults;
    std::vector<const Finding*> result;
    for (const std::string& label : labels) {
        result.push_back(find_finding(label));
        if (result.back() == nullptr) {
            faults.add({.where = where,
                        .found = fmt::format("label \"{}\"", label),
                        .expected = expected_names(label, all_labels()),
                        .fix = "use a published label name"});
        }
    }
    faults.throw_if_any(ErrorKind::data);
    return result;
}

} // namespace suite::data
