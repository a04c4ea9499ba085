// The label model: prevalence, co-occurrence, label noise, missing labels, patients.
#include "suite/data/phantom/xray_labels.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

const std::vector<std::string> labels{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",    "Effusion",
                                      "Fracture",    "Mass",         "Nodule",        "Pneumonia"};

LabelModel model_of(const plan::XrayPhantom& phantom, const char* hospital = "nih") {
    return {findings_of(labels, "test"), *find_hospital(hospital), phantom};
}

/// Five standard deviations of a share of n independent draws; `spread` widens it for dependent ones.
double bound(double p, double n, double spread = 1.0) {
    return 5.0 * std::sqrt(spread * p * (1.0 - p) / n);
}

/// Presence of every label over `images` images, one patient each.
std::vector<std::vector<std::uint8_t>> draw_images(const LabelModel& model, std::size_t images) {
    std::vector<std::vector<std::uint8_t>> rows(images, std::vector<std::uint8_t>(labels.size()));
    for (std::size_t i = 0; i < images; ++i) {
        model.draw_present(3, i, static_cast<std::int64_t>(i), rows[i]);
    }
    return rows;
}

double share(const std::vector<std::vector<std::uint8_t>>& rows, std::size_t a, std::size_t b) {
    return static_cast<double>(
               std::ranges::count_if(rows, [&](const auto& row) { return row[a] != 0 && row[b] != 0; })) /
           static_cast<double>(rows.size());
}

TEST(NormalQuantile, EqualsScipy) {
    const auto golden = testing::golden("quantiles.json");
    for (std::size_t i = 0; i < golden["p"].size(); ++i) {
        const auto z = golden["z"][i].get<double>();
        EXPECT_NEAR(normal_quantile(golden["p"][i].get<double>()), z, 2e-9 * (1.0 + std::abs(z)));
    }
}

TEST(LabelModel, MeanPrevalenceIsTheDeclaredOne) {
    for (const char* hospital : {"nih", "chexpert", "mimic", "padchest"}) {
        const LabelModel model = model_of({.hospital = "nih", .prevalence = 0.12}, hospital);
        const auto prevalences = model.prevalences();
        EXPECT_NEAR(std::accumulate(prevalences.begin(), prevalences.end(), 0.0) / 9.0, 0.12, 1e-12);
    }
}

TEST(LabelModel, EachLabelOccursAtItsPrevalence) {
    const LabelModel model = model_of({.hospital = "nih", .prevalence = 0.12});
    const auto rows = draw_images(model, 20'000);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        EXPECT_NEAR(share(rows, i, i), model.prevalences()[i], bound(model.prevalences()[i], 20'000))
            << labels[i];
    }
}

TEST(LabelModel, FindingsOfOneDiseaseComeTogetherOthersDoNot) {
    const LabelModel model = model_of({.hospital = "nih", .prevalence = 0.12});
    const auto rows = draw_images(model, 20'000);
    const auto p = model.prevalences();
    const double independent = p[1] * p[4]; // Cardiomegaly and Effusion: heart failure
    EXPECT_GT(share(rows, 1, 4), 1.5 * independent);
    EXPECT_NEAR(share(rows, 5, 6), p[5] * p[6], bound(p[5] * p[6], 20'000)); // Fracture and Mass
}

TEST(LabelModel, ImagesOfOnePatientAreAlike) {
    const LabelModel model = model_of({.hospital = "nih", .prevalence = 0.12});
    std::vector<std::uint8_t> first(labels.size());
    std::vector<std::uint8_t> second(labels.size());
    double both = 0.0;
    for (std::uint64_t patient = 0; patient < 10'000; ++patient) {
        model.draw_present(3, 2 * patient, static_cast<std::int64_t>(patient), first);
        model.draw_present(3, 2 * patient + 1, static_cast<std::int64_t>(patient), second);
        both += first[4] != 0 && second[4] != 0 ? 1e-4 : 0.0;
    }
    const double p = model.prevalences()[4];
    EXPECT_GT(both, 2.0 * p * p);
}

/// Counts of stated values over many images.
struct StatedCounts {
    double positive = 0, negative = 0, missing = 0;
};
StatedCounts stated_counts(const plan::XrayPhantom& phantom, bool present) {
    const LabelModel model = model_of(phantom);
    const std::vector<std::uint8_t> truth(labels.size(), present ? 1 : 0);
    std::vector<float> stated(labels.size());
    StatedCounts counts;
    for (std::uint64_t image = 0; image < 5000; ++image) {
        model.draw_stated(9, image, truth, stated);
        for (const float value : stated) {
            (std::isnan(value) ? counts.missing : value == 1.0F ? counts.positive : counts.negative) += 1.0;
        }
    }
    return counts;
}

TEST(LabelModel, NoiseFlipsTheDeclaredShare) {
    const StatedCounts absent = stated_counts({.hospital = "nih", .label_noise = 0.1}, false);
    const StatedCounts present = stated_counts({.hospital = "nih", .label_noise = 0.1}, true);
    EXPECT_EQ(absent.missing, 0.0);
    EXPECT_NEAR(absent.positive / 45'000, 0.1, bound(0.1, 45'000));
    EXPECT_NEAR(present.negative / 45'000, 0.1, bound(0.1, 45'000));
    EXPECT_EQ(stated_counts({.hospital = "nih", .label_noise = 0.0}, false).positive, 0.0);
}

TEST(LabelModel, BlanksHitTheDeclaredShareNegativesMoreThanPositives) {
    for (const double missing : {0.2, 0.6, 0.9}) {
        const plan::XrayPhantom phantom{.hospital = "nih", .prevalence = 0.12, .missing = missing};
        const double of_negatives = stated_counts(phantom, false).missing / 45'000;
        const double of_positives = stated_counts(phantom, true).missing / 45'000;
        EXPECT_NEAR(of_positives, 0.5 * missing, bound(0.5 * missing, 45'000, 9.0))
            << missing; // rows of 9 hang together
        EXPECT_NEAR(0.12 * of_positives + 0.88 * of_negatives, missing, bound(missing, 45'000, 9.0))
            << missing;
    }
}

TEST(PatientsOfImages, AreConsecutiveRunsOfTheRightMeanLength) {
    const std::vector<std::int64_t> patients = patients_of_images(10'000, 2.5, 4, 100);
    std::map<std::int64_t, int> sizes;
    for (std::size_t i = 0; i < patients.size(); ++i) {
        ASSERT_TRUE(i == 0 || patients[i] >= patients[i - 1]);
        ++sizes[patients[i]];
    }
    EXPECT_EQ(patients.front(), 100);
    EXPECT_NEAR(10'000.0 / static_cast<double>(patients.back() - 99), 2.5, 0.01);
    int longest = 0;
    for (const auto& [patient, size] : sizes) {
        longest = std::max(longest, size);
    }
    EXPECT_TRUE(longest >= 3 && longest <= 6) << longest;
}

TEST(PatientsOfImages, MoreImagesChangeNoEarlierPatient) {
    const std::vector<std::int64_t> few = patients_of_images(100, 3.0, 4, 0);
    const std::vector<std::int64_t> many = patients_of_images(1000, 3.0, 4, 0);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
    const std::vector<std::int64_t> single = patients_of_images(50, 1.0, 4, 0);
    EXPECT_EQ(std::set(single.begin(), single.end()).size(), 50U);
}

} // namespace
} // namespace suite::data
