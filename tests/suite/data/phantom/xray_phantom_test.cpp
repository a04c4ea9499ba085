// X-ray phantoms: every published finding shows, splits keep patients apart, images are pure functions.
#include "suite/data/phantom/xray_phantom.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

const std::vector<std::string> common{"Atelectasis", "Cardiomegaly", "Effusion", "Mass", "Pneumothorax"};

/// One grey picture of patient 0 with these findings, without noise.
std::vector<std::uint8_t> picture(const std::vector<std::string>& present, std::uint64_t index,
                                  int size = 28) {
    XrayScene scene(size);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size * size));
    const plan::XrayPhantom phantom{.hospital = "nih", .noise = 0.0};
    paint_xray({.split_seed = 11, .index = index, .patient = 0}, *find_hospital("nih"), phantom,
               findings_of(present, "test"), scene, bytes);
    return bytes;
}

double mean_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += std::abs(static_cast<double>(a[i]) - b[i]);
    }
    return sum / static_cast<double>(a.size());
}

TEST(Findings, TableIsSortedAndDistinct) {
    for (std::size_t i = 1; i < findings().size(); ++i) {
        EXPECT_LT(findings()[i - 1].label, findings()[i].label);
    }
}

TEST(Findings, EveryPublishedFindingChangesThePicture) {
    for (const Finding& finding : findings()) {
        const std::string label(finding.label);
        double changed = 0.0;
        for (std::uint64_t index = 0; index < 10; ++index) {
            changed += mean_difference(picture({}, index), picture({label}, index)) / 10.0;
        }
        if (label == "normal") {
            EXPECT_EQ(changed, 0.0);
        } else {
            EXPECT_GT(changed, 0.2) << label; // grey levels of 255, mean over the whole picture
        }
    }
}

TEST(Findings, NamesUnknownLabelsAndTheNearest) {
    const std::string text = testing::error_text(ErrorKind::data, [] {
        return findings_of(std::vector<std::string>{"Edema", "Pnuemonia", "Masss"}, "set.labels").size();
    });
    EXPECT_NE(text.find("label \"Pnuemonia\", expected a defined name; nearest: Pneumonia"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("label \"Masss\""), std::string::npos) << text;
    EXPECT_EQ(text.find("\"Edema\""), std::string::npos) << text;
}

/// Mean of a box of the picture (unit coordinates), over several healthy and several changed pictures.
double box_mean(const std::vector<std::string>& present, Point low, Point high) {
    double sum = 0.0;
    double count = 0.0;
    for (std::uint64_t index = 0; index < 30; ++index) {
        const std::vector<std::uint8_t> bytes = picture(present, index, 32);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const float x = (static_cast<float>(i % 32) + 0.5F) / 32.0F;
            const float y = (static_cast<float>(i / 32) + 0.5F) / 32.0F;
            if (x >= low.x && x < high.x && y >= low.y && y < high.y) {
                sum += bytes[i];
                count += 1.0;
            }
        }
    }
    return sum / count;
}

TEST(Anatomy, LungsAreDarkBetweenBrighterNeighbours) {
    const double left = box_mean({}, {0.24F, 0.3F}, {0.38F, 0.5F});
    const double right = box_mean({}, {0.62F, 0.3F}, {0.76F, 0.5F});
    const double middle = box_mean({}, {0.47F, 0.4F}, {0.53F, 0.6F});
    const double abdomen = box_mean({}, {0.3F, 0.9F}, {0.7F, 0.97F});
    EXPECT_GT(middle, left + 40.0);
    EXPECT_GT(middle, right + 40.0);
    EXPECT_GT(abdomen, left + 40.0);
}

TEST(Anatomy, FindingsChangeTheirOwnPlaces) {
    const Point heart_low{0.62F, 0.55F};
    const Point heart_high{0.74F, 0.68F};
    EXPECT_GT(box_mean({"Cardiomegaly"}, heart_low, heart_high), box_mean({}, heart_low, heart_high) + 10.0);
    const Point base_low{0.2F, 0.6F};
    const Point base_high{0.8F, 0.75F};
    EXPECT_GT(box_mean({"Effusion"}, base_low, base_high), box_mean({}, base_low, base_high) + 5.0);
    const Point field_low{0.2F, 0.2F};
    const Point field_high{0.8F, 0.6F};
    EXPECT_LT(box_mean({"Emphysema"}, field_low, field_high), box_mean({}, field_low, field_high) - 5.0);
}

TEST(GenerateXray, PatientsOfTrainAndTestAreDisjoint) {
    const DataSet set = generate_xray(testing::xray_spec("nih", "nih", common, 300, 300));
    const std::set<std::int64_t> train(set.train.patients.begin(), set.train.patients.end());
    EXPECT_LT(train.size(), 200U); // two images each on average
    for (const std::int64_t patient : set.test.patients) {
        EXPECT_FALSE(train.contains(patient));
    }
}

TEST(GenerateXray, MoreImagesChangeNoEarlierOne) {
    const DataSet few = generate_xray(testing::xray_spec("nih", "nih", common, 20, 0));
    const DataSet many = generate_xray(testing::xray_spec("nih", "nih", common, 40, 0));
    EXPECT_TRUE(std::equal(few.train.images.pixels.begin(), few.train.images.pixels.end(),
                           many.train.images.pixels.begin()));
    EXPECT_TRUE(std::equal(few.train.labels.matrix.begin(), few.train.labels.matrix.end(),
                           many.train.labels.matrix.begin()));
}

TEST(GenerateXray, ADifferentWorldOrSplitIsADifferentPicture) {
    plan::DataSetSpec spec = testing::xray_spec("nih", "nih", common, 10, 10);
    const DataSet set = generate_xray(spec);
    EXPECT_EQ(set.train.images.pixels, generate_xray(spec).train.images.pixels);
    EXPECT_NE(set.train.images.pixels, set.test.images.pixels);
    spec.world_seed = 8;
    EXPECT_NE(set.train.images.pixels, generate_xray(spec).train.images.pixels);
}

TEST(GenerateXray, SingleLabelSetsShowEveryClassEvenly) {
    plan::DataSetSpec spec = testing::xray_spec("padchest-cl", "padchest", common, 53, 25);
    spec.task = plan::Task::multiclass;
    spec.xray->single_label = true;
    const DataSet set = generate_xray(spec);
    for (std::int64_t c = 0; c < 5; ++c) {
        EXPECT_GE(std::ranges::count(set.train.labels.classes, c), 10);
        EXPECT_EQ(std::ranges::count(set.test.labels.classes, c), 5);
    }
    EXPECT_TRUE(set.train.labels.matrix.empty());
}

TEST(GenerateXray, SetsWithNormalFollowThePrevalenceInTrainingOnly) {
    plan::DataSetSpec spec = testing::xray_spec("covidx", "covidx", {"normal", "covid19"}, 200, 50);
    spec.task = plan::Task::multiclass;
    spec.xray->prevalence = 0.135; // COVIDx: 2,158 of 15,952 (paper.md#targets)
    const DataSet set = generate_xray(spec);
    EXPECT_EQ(std::ranges::count(set.train.labels.classes, 1), 27);
    EXPECT_EQ(std::ranges::count(set.test.labels.classes, 1), 25);
}

TEST(GenerateXray, DeclaredSharesHoldInBothSplits) {
    plan::DataSetSpec spec = testing::xray_spec("padchest-cl", "padchest", common, 100, 50);
    spec.task = plan::Task::multiclass;
    spec.xray->class_shares = {1, 0, 4, 3, 2};
    const DataSet set = generate_xray(spec);
    EXPECT_EQ(std::ranges::count(set.train.labels.classes, 0), 10);
    EXPECT_EQ(std::ranges::count(set.train.labels.classes, 1), 0);
    EXPECT_EQ(std::ranges::count(set.test.labels.classes, 2), 20);
}

TEST(GenerateXray, PadChestNeverShowsConsolidationWithoutInfiltration) {
    const std::vector<std::string> two{"Consolidation", "Infiltration"};
    int alone_at_nih = 0;
    for (const char* hospital : {"padchest", "nih"}) {
        const DataSet set = generate_xray(testing::xray_spec("same", hospital, two, 500, 0));
        const std::vector<float>& matrix = set.train.labels.matrix;
        for (std::size_t i = 0; i < matrix.size(); i += 2) {
            const bool alone = matrix[i] == 1.0F && matrix[i + 1] == 0.0F;
            if (std::string_view(hospital) == "padchest") {
                EXPECT_FALSE(alone) << "image " << i / 2;
            } else {
                alone_at_nih += alone ? 1 : 0;
            }
        }
    }
    EXPECT_GT(alone_at_nih, 0) << "the rule is PadChest's own";
}

plan::DataSetSpec tuberculosis_spec(std::size_t train_images, std::size_t test_images) {
    plan::DataSetSpec spec =
        testing::xray_spec("tuberculosis", "", {"normal", "tuberculosis"}, train_images, test_images);
    spec.task = plan::Task::multiclass;
    spec.image_size = 8;
    spec.xray->folders = {{.hospital = "shenzhen", .class_images = {326, 336}},
                          {.hospital = "montgomery", .class_images = {80, 58}}};
    return spec;
}

TEST(GenerateXrayFolders, SplitAsTuberculosisIs) {
    const DataSet set = generate_xray(tuberculosis_spec(679, 121));

    // 52 of 100 in Shenzhen and 11 of 21 in Montgomery (paper.md#tuberculosis-split)
    EXPECT_EQ(std::ranges::count(set.test.labels.classes, 1), 63);
    EXPECT_EQ(std::ranges::count(set.test.labels.classes, 0), 58);
    EXPECT_EQ(std::ranges::count(set.train.labels.classes, 1), 331);
    const auto of_shenzhen = [](const Split& split) {
        return std::ranges::count_if(split.patients, [](std::int64_t patient) { return patient >> 32 == 0; });
    };
    EXPECT_EQ(of_shenzhen(set.train), 562);
    EXPECT_EQ(of_shenzhen(set.test), 100);
    std::set<std::int64_t> patients(set.train.patients.begin(), set.train.patients.end());
    patients.insert(set.test.patients.begin(), set.test.patients.end());
    EXPECT_EQ(patients.size(), 800U) << "no picture twice";
}

TEST(GenerateXrayFolders, ALargerTestPartHoldsNewPicturesInProportion) {
    const DataSet set = generate_xray(tuberculosis_spec(679, 400));
    std::set<std::int64_t> patients(set.train.patients.begin(), set.train.patients.end());
    patients.insert(set.test.patients.begin(), set.test.patients.end());
    EXPECT_EQ(patients.size(), 679U + 400U);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(set.test.labels.classes, 1)), 63.0 + 279.0 * 394 / 800,
                1.0);
}

TEST(GenerateXrayFolders, ALimitTakesFromEveryFolder) {
    const DataSet set = generate_xray(tuberculosis_spec(100, 40));
    EXPECT_EQ(set.train.size(), 100U);
    EXPECT_EQ(set.test.size(), 40U);
    EXPECT_GT(std::ranges::count_if(set.train.patients, [](std::int64_t p) { return p >> 32 == 1; }), 3);
}

TEST(GenerateXrayFolders, MoreTrainingImagesThanTheRuleGivesAreRefused) {
    const std::string text = testing::error_text(
        ErrorKind::data, [] { return generate_xray(tuberculosis_spec(680, 121)).train.size(); });
    EXPECT_NE(text.find("at most the 679"), std::string::npos) << text;
}

TEST(GenerateXray, LabelNoiseOfAClassSetMovesTheDeclaredShare) {
    plan::DataSetSpec spec = testing::xray_spec("covidx", "covidx", {"normal", "covid19"}, 2000, 0);
    spec.task = plan::Task::multiclass;
    spec.image_size = 8;
    const DataSet clean = generate_xray(spec);
    spec.xray->label_noise = 0.1;
    const DataSet noisy = generate_xray(spec);
    EXPECT_EQ(clean.train.images.pixels, noisy.train.images.pixels);
    int moved = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
        moved += clean.train.labels.classes[i] != noisy.train.labels.classes[i] ? 1 : 0;
    }
    EXPECT_NEAR(moved, 200, 5 * std::sqrt(180.0));
}

TEST(GenerateXray, HospitalsLookDifferent) {
    const DataSet from_nih = generate_xray(testing::xray_spec("same", "nih", common, 50, 0));
    const DataSet from_mimic = generate_xray(testing::xray_spec("same", "mimic", common, 50, 0));
    EXPECT_GT(mean_difference(from_nih.train.images.pixels, from_mimic.train.images.pixels), 5.0);
}

TEST(GenerateXray, AllFaultsOfADeclarationAtOnce) {
    plan::DataSetSpec spec = testing::xray_spec("bad", "nhi", {"Edema", "Edemma"}, 10, 10);
    spec.xray->missing = 1.5;
    spec.xray->images_per_patient = 0.5;
    const std::string text =
        testing::error_text(ErrorKind::data, [&] { return generate_xray(spec).train.size(); });
    EXPECT_NE(text.find("bad.xray.hospital: found \"nhi\""), std::string::npos) << text;
    EXPECT_NE(text.find("bad.labels: found label \"Edemma\""), std::string::npos) << text;
    EXPECT_NE(text.find("bad.xray.missing: found 1.5"), std::string::npos) << text;
    EXPECT_NE(text.find("bad.xray.images_per_patient: found 0.5"), std::string::npos) << text;
}

} // namespace
} // namespace suite::data
