#include "suite/data/phantom/xray_labels.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "suite/data/data_set.hpp"

namespace suite::data {
namespace {

constexpr double highest_prevalence = 0.6;
// Shares of a latent normal's variance: the patient's disease, this picture's stage of it, the patient's own
// leaning to the finding; the rest is independent.
constexpr double patient_disease_share = 0.3;
constexpr double image_disease_share = 0.1;
constexpr double patient_finding_share = 0.2;
// A stated positive is blank or uncertain this much as often as the average label.
constexpr double positive_blank_ratio = 0.5;

// Sub-streams of the labels purpose (epoch field).
enum LabelStream : std::uint32_t {
    patient_borders = 1,
    patient_latent,
    image_latent,
    noise_draws,
    blank_draws
};

PhiloxStream label_stream(std::uint64_t seed, LabelStream part, std::uint64_t sample) {
    return PhiloxStream({.seed = seed, .purpose = Purpose::labels, .epoch = part, .sample = sample});
}

/// Places of labels that the hospital's label rule never gives alone.
std::vector<std::pair<std::size_t, std::size_t>> implied_labels(std::span<const Finding* const> findings,
                                                                const Hospital& hospital) {
    const auto place = [&](std::string_view label) {
        return static_cast<std::size_t>(
            std::ranges::find(findings, label, [](const Finding* finding) { return finding->label; }) -
            findings.begin());
    };
    const std::size_t consolidation = place("Consolidation");
    const std::size_t infiltration = place("Infiltration");
    if (hospital.id != "padchest" || std::max(consolidation, infiltration) == findings.size()) {
        return {};
    }
    return {{consolidation, infiltration}};
}

double relative_frequency(const Finding& finding, const Hospital& hospital) {
    return finding.frequency * hospital.disease_tilt[static_cast<std::size_t>(finding.disease)];
}

} // namespace

double normal_quantile(double p) {
    assert(p > 0.0 && p < 1.0);
    // P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function (2003).
    constexpr std::array a{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                           1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr std::array b{-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                           6.680131188771972e+01, -1.328068155288572e+01};
    constexpr std::array c{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                           -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr std::array d{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                           3.754408661907416e+00};
    constexpr double tail = 0.02425;
    if (p > 1.0 - tail) {
        return -normal_quantile(1.0 - p);
    }
    if (p < tail) {
        const double q = std::sqrt(-2.0 * std::log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1.0);
    }
    const double q = p - 0.5;
    const double r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1.0);
}

std::vector<std::int64_t> patients_of_images(std::size_t images, double images_per_patient,
                                             std::uint64_t seed, std::int64_t first) {
    assert(images_per_patient >= 1.0);
    // Patient j begins at (j + 0.9 u_j) * mean, rounded down: keyed, rising, right on average.
    const auto begin = [&](std::uint64_t patient) {
        const double jitter = 0.9 * label_stream(seed, patient_borders, patient).uniform_double();
        return static_cast<std::size_t>((static_cast<double>(patient) + jitter) * images_per_patient);
    };
    std::vector<std::int64_t> patients(images);
    std::uint64_t next_patient = 1;
    std::size_t next_begin = begin(next_patient);
    for (std::size_t i = 0; i < images; ++i) {
        while (i >= next_begin) {
            next_begin = begin(++next_patient);
        }
        patients[i] = first + static_cast<std::int64_t>(next_patient - 1);
    }
    return patients;
}

LabelModel::LabelModel(std::vector<const Finding*> label_findings, const Hospital& hospital,
                       const plan::XrayPhantom& phantom)
    : findings_(std::move(label_findings)),
      implied_(implied_labels(findings_, hospital)),
      label_noise_(phantom.label_noise) {
    double sum = 0.0;
    for (const Finding* finding : findings_) {
        sum += relative_frequency(*finding, hospital);
    }
    const double scale = phantom.prevalence * static_cast<double>(findings_.size()) / sum;
    for (const Finding* finding : findings_) {
        prevalences_.push_back(std::min(highest_prevalence, scale * relative_frequency(*finding, hospital)));
        thresholds_.push_back(normal_quantile(1.0 - prevalences_.back()));
    }
    const double mean = std::accumulate(prevalences_.begin(), prevalences_.end(), 0.0) /
                        static_cast<double>(prevalences_.size());
    const double stated = mean * (1.0 - label_noise_) + (1.0 - mean) * label_noise_;
    missing_positive_ = positive_blank_ratio * phantom.missing;
    missing_negative_ = std::min(1.0, (phantom.missing - stated * missing_positive_) / (1.0 - stated));
}

void LabelModel::draw_present(std::uint64_t seed, std::uint64_t image, std::int64_t patient,
                              std::span<std::uint8_t> present) const {
    PhiloxStream of_patient = label_stream(seed, patient_latent, static_cast<std::uint64_t>(patient));
    PhiloxStream of_image = label_stream(seed, image_latent, image);
    std::array<double, disease_count> disease{};
    for (double& factor : disease) {
        factor = std::sqrt(patient_disease_share) * of_patient.normal() +
                 std::sqrt(image_disease_share) * of_image.normal();
    }
    const double rest = std::sqrt(1.0 - patient_disease_share - image_disease_share - patient_finding_share);
    for (std::size_t i = 0; i < findings_.size(); ++i) {
        const double latent = disease[static_cast<std::size_t>(findings_[i]->disease)] +
                              std::sqrt(patient_finding_share) * of_patient.normal() +
                              rest * of_image.normal();
        present[i] = latent > thresholds_[i] ? 1 : 0;
    }
    for (const auto& [label, brought] : implied_) {
        present[brought] = static_cast<std::uint8_t>(present[brought] | present[label]);
    }
}

void LabelModel::draw_stated(std::uint64_t seed, std::uint64_t image, std::span<const std::uint8_t> present,
                             std::span<float> stated) const {
    PhiloxStream noise = label_stream(seed, noise_draws, image);
    PhiloxStream blanks = label_stream(seed, blank_draws, image);
    // The row's talkativeness: as wide as keeps every chance within [0, 1].
    const double width = missing_negative_ > 0.0 ? std::min(1.0, 1.0 / missing_negative_ - 1.0) : 0.0;
    const double row = 1.0 + width * (2.0 * blanks.uniform_double() - 1.0);
    for (std::size_t i = 0; i < present.size(); ++i) {
        const bool positive = (present[i] != 0) != noise.bernoulli(label_noise_);
        const bool blank = blanks.bernoulli(row * (positive ? missing_positive_ : missing_negative_));
        stated[i] = blank ? missing_label : (positive ? 1.0F : 0.0F);
    }
}

} // namespace suite::data
