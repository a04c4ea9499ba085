// Supersets, draws and splits on label tables alone.
#include "suite/data/labels/table.hpp"

#include <gmock/gmock.h>

#include "suite/data/loading/loader.hpp"
#include "tests/suite/data/labels/support.hpp"

namespace suite::data {
namespace {

using ::testing::ElementsAre;
using testing::rows_of;
using List = std::vector<std::string>;

const float blank = missing_label;

/// Two images of two patients.
LabelTable two_images(const std::string& id, const List& labels, const std::vector<float>& matrix) {
    LabelTable table{.id = id,
                     .label_names = labels,
                     .patients = {0, 1},
                     .patient_count = 2,
                     .views = {View::pa, View::lateral},
                     .roles = {SplitRole::train, SplitRole::test},
                     .matrix = matrix,
                     .uncertain = {0b101, 0}};
    table.images.push_back(id + "/1");
    table.images.push_back(id + "/2");
    return table;
}

TEST(LabelSuperset, ConcatenatesAndKeepsEachMembersMissingLabels) {
    const std::vector<LabelTable> members{two_images("one", {"c", "a", "b"}, {1, 0, blank, 0, blank, 1}),
                                          two_images("two", {"b", "x", "c"}, {0, 1, 1, blank, 1, 0})};
    const LabelTable both = superset("both", members);
    EXPECT_THAT(both.label_names, ElementsAre("b", "c"));
    EXPECT_THAT(rows_of(both), ElementsAre("one/1,0,PA,train,-1", "one/2,1,L,test,10", "two/1,2,PA,train,01",
                                           "two/2,3,L,test,-0"));
    EXPECT_EQ(both.patient_count, 4U);
    EXPECT_THAT(both.uncertain, ElementsAre(0b11, 0, 0b11, 0)); // bits of c and b, of b and c
}

TEST(LabelSuperset, PublishedLabelSpaces) { // paper.md#supersets: 13, 9, 7
    const auto space = [](const std::vector<LabelSet>& sets) {
        std::vector<LabelTable> members;
        for (const LabelSet set : sets) {
            const List& names = label_names_of(set);
            members.push_back(
                two_images(std::string(to_string(set)), names, std::vector<float>(2 * names.size(), 0)));
        }
        return superset("s", members).label_names;
    };
    const List nine{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",          "Effusion",
                    "Fracture",    "Pneumonia",    "Pneumothorax",  "Support Devices"};
    const List seven{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",
                     "Effusion",    "Pneumonia",    "Pneumothorax"};
    using enum LabelSet;
    EXPECT_EQ(space({chexpert}).size(), 13U);
    EXPECT_EQ(space({chexpert, mimic}).size(), 13U);
    EXPECT_EQ(space({chexpert, padchest}), nine);
    EXPECT_EQ(space({padchest, mimic}), nine);
    EXPECT_EQ(space({chexpert, padchest, mimic}), nine);
    EXPECT_EQ(space({chexpert, mimic, nih}), seven);
    EXPECT_EQ(space({chexpert, mimic, nih, padchest}), seven);
    EXPECT_EQ(space({padchest, mimic, nih}), seven);
}

TEST(LabelSuperset, MembersWithoutACommonLabelAreRefused) {
    const std::vector<LabelTable> members{two_images("one", {"a"}, {1, 0}), two_images("two", {"b"}, {0, 1})};
    const std::string text =
        testing::error_text(ErrorKind::usage, [&] { return superset("both", members).size(); });
    EXPECT_THAT(text, ::testing::HasSubstr("both: found no label that one, two share"));
}

TEST(LabelTable, CountsByLabelRoleAndPatient) {
    LabelTable table = two_images("one", {"a", "b"}, {1, blank, blank, blank});
    table.patients = {0, 0};
    EXPECT_EQ(count_leaked(table), 1U);
    EXPECT_EQ(count_masked_rows(table), 1U);
    const auto counts = count_labels(table);
    EXPECT_EQ(counts[0].positive, 1U);
    EXPECT_EQ(counts[0].missing, 1U);
    EXPECT_EQ(counts[1].missing, 2U);
    EXPECT_EQ(labels_of(table, SplitRole::test, plan::Task::multilabel).matrix.size(), 2U);
}

TEST(ShuffledSplit, FirstNinetyPercentOfTheShuffleTrain) {
    const auto roles = shuffled_split(10, 0.9); // RandomState(42) on 0..9 -> 8,1,5,0,7,2,9,4,3,6
    for (std::size_t i = 0; i < roles.size(); ++i) {
        EXPECT_EQ(roles[i], i == 6 ? SplitRole::test : SplitRole::train) << i;
    }
    EXPECT_TRUE(shuffled_split(0, 0.9).empty());
}

/// Names as in the two folders: all normals sort before all cases.
List tuberculosis_files(const std::string& prefix, int normals, int cases) {
    List files;
    for (int i = normals + cases; i > 0; --i) { // unsorted on purpose
        files.push_back(fmt::format("{}_{:04}_{}.png", prefix, i, i <= normals ? 0 : 1));
    }
    return files;
}

struct TestPart {
    std::ptrdiff_t cases = 0;
    std::ptrdiff_t all = 0;
};
TestPart test_part(const FileSplit& split) {
    TestPart part;
    for (std::size_t i = 0; i < split.files.size(); ++i) {
        if (split.roles[i] == SplitRole::test) {
            ++part.all;
            part.cases += split.classes[i];
        }
    }
    return part;
}

TEST(TuberculosisSplit,
     HasThePublishedTestPart) { // paper.md#tuberculosis-split: 52 of 100, 11 of 21, normals 58
    const TestPart shenzhen = test_part(tuberculosis_split(tuberculosis_files("CHNCXR", 326, 336)));
    const TestPart montgomery = test_part(tuberculosis_split(tuberculosis_files("MCUCXR", 80, 58)));
    EXPECT_EQ(shenzhen.cases, 52);
    EXPECT_EQ(shenzhen.all, 100);
    EXPECT_EQ(montgomery.cases, 11);
    EXPECT_EQ(montgomery.all, 21);
    EXPECT_EQ(shenzhen.all + montgomery.all - shenzhen.cases - montgomery.cases, 58);
}

TEST(TuberculosisSplit, OtherNamesAreRefusedByPlace) {
    const std::string text = testing::error_text(ErrorKind::data, [] {
        return tuberculosis_split({"b_1.png", "a_2.png", "c.txt"}).files.size();
    });
    EXPECT_THAT(text, ::testing::HasSubstr("file 1 of 3"));
    EXPECT_THAT(text, ::testing::HasSubstr("file 3 of 3"));
}

TEST(FewShotOnLabelTables, SmallClassesGiveWhatTheyHave) {
    LabelTable table = two_images("one", {"a", "b", "c"}, {1, 0, 0, 0, 0, 1});
    table.roles = {SplitRole::train, SplitRole::train};
    const Labels labels = labels_of(table, SplitRole::train, plan::Task::multiclass);
    EXPECT_THAT(labels.classes, ElementsAre(0, 2));
    EXPECT_EQ(few_shot_subset(labels, 5, 0, FewShotDraw::per_class).size(), 2U);
    EXPECT_THAT(testing::error_text(ErrorKind::usage, [&] { return few_shot_subset(labels, 5, 0).size(); }),
                ::testing::HasSubstr("class 1: found 0 training images, expected at least the 5 shots"));
}

} // namespace
} // namespace suite::data
