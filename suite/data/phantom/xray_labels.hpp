// Which findings an image has, and what the data set says about them: prevalence, co-occurrence, patients,
// label noise, missing labels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "suite/data/phantom/xray_acquisition.hpp"
#include "suite/data/phantom/xray_findings.hpp"
#include "suite/plan/spec/data_set.hpp"

namespace suite::data {

/// Patient of every image: runs of consecutive images, 1 to about twice the mean long. Numbers from `first`
/// on. Adding images at the end changes no earlier patient.
[[nodiscard]] std::vector<std::int64_t> patients_of_images(std::size_t images, double images_per_patient,
                                                           std::uint64_t seed, std::int64_t first);

/// The label model of one multi-label data set.
class LabelModel {
public:
    /// Prevalences are phantom.prevalence times the finding's relative frequency times the hospital's tilt,
    /// scaled so that their mean is phantom.prevalence; none above 0.6.
    LabelModel(std::vector<const Finding*> label_findings, const Hospital& hospital,
               const plan::XrayPhantom& phantom);

    [[nodiscard]] std::span<const double> prevalences() const noexcept { return prevalences_; }
    /// Which findings are in the picture (0 or 1 each). Latent normals (one factor for each disease of the
    /// patient, one for the image) make findings of one disease come together and images of one patient
    /// alike; the share of positives of each label stays its prevalence, but for labels that another brings:
    /// PadChest's "Consolidation" is always an "Infiltration" too (its synonyms, paper.md#x-ray-labels).
    void draw_present(std::uint64_t seed, std::uint64_t image, std::int64_t patient,
                      std::span<std::uint8_t> present) const;
    /// What the data set says: label_noise flips, then blanks. Blanks hit negatives more often than
    /// positives and come in rows (as in reports that mention little); their mean share is phantom.missing.
    void draw_stated(std::uint64_t seed, std::uint64_t image, std::span<const std::uint8_t> present,
                     std::span<float> stated) const;

private:
    std::vector<const Finding*> findings_;
    std::vector<double> prevalences_;
    std::vector<double> thresholds_;                           ///< of the latent normal
    std::vector<std::pair<std::size_t, std::size_t>> implied_; ///< (label, label that it brings)
    double label_noise_ = 0.0;
    double missing_positive_ = 0.0; ///< mean chance that a positive is blank
    double missing_negative_ = 0.0;
};

/// Inverse of the standard normal distribution function, 0 < p < 1 (Acklam's rational approximation, relative
/// error below 1.2e-9).
[[nodiscard]] double normal_quantile(double p);

} // namespace suite::data
