// Supersets: label intersection, column mapping, members' own missing labels.
#include "suite/data/subset/superset.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "suite/plan/declare/catalog.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using List = std::vector<std::string>;
const float gone = missing_label;

/// Two-image member whose label at (row, column) is `values` row-major; pixels are all `grey`.
DataSet member(const std::string& id, const List& labels, const std::vector<float>& values,
               std::uint8_t grey) {
    DataSet set;
    set.id = id;
    set.label_names = labels;
    for (Split* split : {&set.train, &set.test}) {
        split->images = {.count = 2, .channels = 1, .size = 1, .pixels = {grey, grey}};
        split->labels = {
            .task = plan::Task::multilabel, .outputs = labels.size(), .classes = {}, .matrix = values};
        split->patients = {0, 1};
    }
    return set;
}

/// Equal, with missing equal to missing.
void expect_labels(const std::vector<float>& found, const std::vector<float>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]))) << i;
    }
}

// The published label lists and their common labels (paper.md#x-ray-labels, paper.md#supersets).
const List chexpert{"Atelectasis", "Cardiomegaly", "Consolidation",  "Edema",    "Enlarged Cardiomediastinum",
                    "Fracture",    "Lung Lesion",  "Lung Opacity",   "Effusion", "Pleural Other",
                    "Pneumonia",   "Pneumothorax", "Support Devices"};
const List nih{"Atelectasis", "Cardiomegaly",       "Consolidation", "Edema",        "Effusion",
               "Emphysema",   "Fibrosis",           "Hernia",        "Infiltration", "Mass",
               "Nodule",      "Pleural_Thickening", "Pneumonia",     "Pneumothorax"};
const List padchest{"Air Trapping",
                    "Aortic Atheromatosis",
                    "Aortic Elongation",
                    "Atelectasis",
                    "Bronchiectasis",
                    "Cardiomegaly",
                    "Consolidation",
                    "Costophrenic Angle Blunting",
                    "Edema",
                    "Effusion",
                    "Emphysema",
                    "Fibrosis",
                    "Flattened Diaphragm",
                    "Fracture",
                    "Granuloma",
                    "Hemidiaphragm Elevation",
                    "Hernia",
                    "Hilar Enlargement",
                    "Infiltration",
                    "Mass",
                    "Nodule",
                    "Pleural_Thickening",
                    "Pneumonia",
                    "Pneumothorax",
                    "Scoliosis",
                    "Support Devices",
                    "Tuberculosis"};
const List seven{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",
                 "Effusion",    "Pneumonia",    "Pneumothorax"};
const List nine{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",          "Effusion",
                "Fracture",    "Pneumonia",    "Pneumothorax",  "Support Devices"};

TEST(LabelIntersection, GivesThePublishedLabelSpaces) {
    EXPECT_EQ(plan::common_labels(std::vector<List>{chexpert, nih}), seven);
    EXPECT_EQ(plan::common_labels(std::vector<List>{chexpert, padchest}), nine);
    EXPECT_EQ(plan::common_labels(std::vector<List>{padchest, chexpert, nih}), seven);
    EXPECT_EQ(plan::common_labels(std::vector<List>{chexpert}).size(), 13U);
    EXPECT_TRUE(plan::common_labels(std::vector<List>{}).empty());
    EXPECT_TRUE(plan::common_labels(std::vector<List>{{"a"}, {"b"}}).empty());
}

TEST(Concatenate, ReordersColumnsAndKeepsMissingLabels) {
    std::vector<DataSet> members;
    members.push_back(member("one", {"c", "a", "b"}, {1, 0, gone, 0, gone, 1}, 10));
    members.push_back(member("two", {"b", "x", "c"}, {0, 1, 1, gone, 1, 0}, 20));
    const DataSet set = concatenate("both", {"b", "c"}, std::move(members));
    expect_labels(set.train.labels.matrix, {gone, 1, 1, 0, 0, 1, gone, 0});
    EXPECT_EQ(set.train.labels.outputs, 2U);
    EXPECT_EQ(set.train.images.pixels, (std::vector<std::uint8_t>{10, 10, 20, 20}));
    EXPECT_EQ(set.test.size(), 4U);
    EXPECT_EQ(set.label_names, (List{"b", "c"}));
}

TEST(Concatenate, PatientsOfMembersStayApart) {
    std::vector<DataSet> members;
    members.push_back(member("one", {"a"}, {0, 1}, 1));
    members.push_back(member("two", {"a"}, {0, 1}, 2));
    const DataSet set = concatenate("both", {"a"}, std::move(members));
    EXPECT_EQ(std::set(set.train.patients.begin(), set.train.patients.end()).size(), 4U);
}

TEST(Concatenate, RefusesOtherLabelsAndUnlikeMembers) {
    std::vector<DataSet> members;
    members.push_back(member("one", {"a", "b"}, {0, 1, 1, 0}, 1));
    members.push_back(member("two", {"a", "b"}, {0, 1, 1, 0}, 2));
    members[1].train.images.size = 2;
    const std::string text = testing::error_text(ErrorKind::data, [&] {
        return concatenate("both", {"b", "a"}, std::move(members)).train.size();
    });
    EXPECT_NE(text.find("both.labels: found [b, a], expected the members' sorted common labels [a, b]"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("both.members.two: found 1 channels of side 2"), std::string::npos) << text;
}

TEST(OpenDataSet, SupersetOfHospitalsHoldsItsMembersImages) {
    plan::DataConfig config;
    config.members = {testing::xray_spec("chexpert", "chexpert", chexpert, 30, 10),
                      testing::xray_spec("nih", "nih", nih, 20, 10)};
    config.members[0].xray->missing = 0.5;
    config.set = testing::xray_spec("chexpert-nih", "", seven, 0, 0);
    config.set.members = {"chexpert", "nih"};
    const DataSet set = open_data_set(config);
    const DataSet alone = open_data_set({.set = config.members[1], .members = {}});
    ASSERT_EQ(set.train.size(), 50U);
    EXPECT_TRUE(std::ranges::equal(set.train.images.image(30), alone.train.images.image(0)));
    // NIH's Effusion is its column 4, the superset's too; Pneumothorax moves from 13 to 6.
    for (std::size_t row = 0; row < 20; ++row) {
        EXPECT_EQ(set.train.labels.matrix[(30 + row) * 7 + 6], alone.train.labels.matrix[row * 14 + 13]);
    }
    std::size_t missing = 0;
    for (std::size_t i = 0; i < 30 * 7; ++i) {
        missing += std::isnan(set.train.labels.matrix[i]) ? 1U : 0U;
    }
    EXPECT_GT(missing, 50U);
}

} // namespace
} // namespace suite::data
