// Label rules, views and splits of each set on tables small enough to be read (paper.md#x-ray-data).
#include "suite/data/labels/readers.hpp"

#include <gmock/gmock.h>

#include "suite/plan/declare/catalog.hpp"
#include "tests/suite/data/labels/support.hpp"

namespace suite::data {
namespace {

using ::testing::ElementsAre;
using testing::faults_of;
using testing::rows_of;
using testing::TemporaryFolder;
using testing::texts_of;

// ---------------------------------------------------------------- NIH

const std::string nih_table = "Image Index,Finding Labels,Patient ID,View Position\n"
                              "a.png,Effusion|Pleural_Thickening,1,PA\n"
                              "b.png,No Finding,1,AP\n"
                              "c.png,Hernia,2,PA\n"
                              "d.png,Hernia,3,AP\n";

TEST(Nih, OfficialListsAndLeftovers) {
    const TemporaryFolder folder;
    folder.write("Data_Entry_2017_v2020.csv", nih_table);
    folder.write("train_val_list.txt", "a.png\nb.png");
    folder.write("test_list.txt", "c.png\n");
    const LabelTable table = read_label_table(LabelSet::nih, folder.path());
    EXPECT_THAT(rows_of(table),
                ElementsAre("images/a.png,0,PA,train,00001000000100",
                            "images/b.png,0,AP,train,00000000000000", "images/c.png,1,PA,test,00000001000000",
                            "images/d.png,2,AP,unused,00000001000000"));
    EXPECT_THAT(table.notes, ElementsAre("1 images stand in neither split list"));
    EXPECT_TRUE(table.absent.empty());
    EXPECT_EQ(table.patient_count, 3U);
}

TEST(Nih, AnAbsentListIsNamed) {
    const TemporaryFolder folder;
    folder.write("Data_Entry_2017_v2020.csv", nih_table);
    folder.write("test_list.txt", "c.png\r\n");
    const LabelTable table = read_label_table(LabelSet::nih, folder.path());
    ASSERT_EQ(table.absent.size(), 1U);
    EXPECT_THAT(table.absent.front().path, ::testing::EndsWith("train_val_list.txt"));
    EXPECT_EQ(count_role(table, SplitRole::test), 1U);
    EXPECT_EQ(count_role(table, SplitRole::unknown), 3U);
}

TEST(Nih, AnOfficialSplitSharesNoPatient) {
    const TemporaryFolder folder;
    folder.write("Data_Entry_2017_v2020.csv", nih_table);
    folder.write("train_val_list.txt", "a.png\n");
    folder.write("test_list.txt", "b.png\nc.png\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::nih, folder.path())),
                ElementsAre("0: : 1 test images of patients who are also in train"));
}

TEST(Nih, SplitListsAreReadAsEditorsLeaveThem) {
    const TemporaryFolder folder;
    folder.write("Data_Entry_2017_v2020.csv", nih_table);
    for (const std::string text :
         {"\xEF\xBB\xBF"
          "a.png\nb.png\n",
          "a.png\r\nb.png\r\n\r\n", "a.png\rb.png", "\n\na.png  \nb.png\t\n   \n\n"}) {
        folder.write("train_val_list.txt", text);
        folder.write("test_list.txt", "c.png \n");
        const LabelTable table = read_label_table(LabelSet::nih, folder.path());
        EXPECT_EQ(count_role(table, SplitRole::train), 2U) << text;
        EXPECT_EQ(count_role(table, SplitRole::test), 1U) << text;
    }
}

TEST(Nih, AListThatLeavesItsPartEmptyIsAFault) {
    const TemporaryFolder folder;
    folder.write("Data_Entry_2017_v2020.csv", nih_table);
    folder.write("train_val_list.txt", "a.png\nb.png\n");
    folder.write("test_list.txt", "c.jpg\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::nih, folder.path())), ElementsAre("0: : an empty test part"));
    folder.write("test_list.txt", "\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::nih, folder.path())), ElementsAre("0: : no entries"));
    folder.write("test_list.txt", std::string("\xff\xfe"
                                              "c\0.\0",
                                              6));
    EXPECT_THAT(texts_of(faults_of(LabelSet::nih, folder.path())), ElementsAre("0: : UTF-16 text"));
}

TEST(Nih, TheMainTableIsNeeded) {
    const TemporaryFolder folder;
    folder.write("test_list.txt", "c.png\n");
    const auto faults = faults_of(LabelSet::nih, folder.path());
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults.front().found, "no such file");
}

// ---------------------------------------------------------------- PadChest

/// Columns of 27 zeros but for these.
std::string padchest_labels(const std::vector<std::string>& present) {
    std::string letters;
    for (const std::string& name : label_names_of(LabelSet::padchest)) {
        letters += std::ranges::find(present, name) == present.end() ? '0' : '1';
    }
    return letters;
}

std::string padchest_table(const std::vector<std::string>& labels) {
    std::string text = ",ImageID,PatientID,Projection,Labels\n";
    for (std::size_t i = 0; i < labels.size(); ++i) {
        text += fmt::format("{},{}.png,{},PA,\"{}\"\n", i, i, i / 2, labels[i]);
    }
    return text;
}

TEST(PadChest, LabelsComeFromSubstringsAndSynonyms) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> examples{
        {"['normal']", {}},
        {"['ground glass pattern']", {"Infiltration"}},
        {"['air bronchogram']", {"Consolidation", "Infiltration"}},
        {"['consolidation']", {"Consolidation", "Infiltration"}},
        {"['infiltrates', 'adenopathy']", {"Hilar Enlargement", "Infiltration"}},
        {"['apical pleural thickening']", {"Pleural_Thickening"}},
        {"['dual chamber device']", {"Support Devices"}},
        {"['pacemaker']", {"Support Devices"}},
        {"['multiple nodules']", {"Nodule"}},
        {"['rib fracture']", {"Fracture"}},
        {"['subcutaneous emphysema']", {"Emphysema"}},
        {"['Pneumonia']", {}}, // case-sensitive
        {"['tuberculosis sequelae', 'scoliosis']", {"Scoliosis", "Tuberculosis"}},
        {"['pulmonary artery enlargement']", {"Hilar Enlargement"}},
    };
    std::vector<std::string> texts;
    for (const auto& [text, labels] : examples) {
        texts.push_back(text);
    }
    const TemporaryFolder folder;
    folder.write("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", padchest_table(texts));
    const auto rows = rows_of(read_label_table(LabelSet::padchest, folder.path()));
    ASSERT_EQ(rows.size(), examples.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_THAT(rows[i], ::testing::EndsWith("," + padchest_labels(examples[i].second))) << texts[i];
    }
}

const std::string padchest_small = "ImageID,PatientID,Projection,Labels\n"
                                   "a.png,1,PA,['mass']\nb.png,1,AP_horizontal,\"['mass', 'nodule']\"\n"
                                   "c.png,2,COSTAL,nan\nd.png,2,EXCLUDE,['mass']\ne.png,2,L,['nodule']\n"
                                   "f.png,3,AP,\nbad.png,3,AP,['mass']\ng.png,4,COSTAL,['normal']\n";

TEST(PadChest, ViewsNullLabelsAndExclusions) {
    const TemporaryFolder folder;
    folder.write("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", padchest_small);
    const LabelTable table =
        read_label_table(LabelSet::padchest, folder.path(), {.excluded_images = {"bad.png"}});
    ASSERT_EQ(table.size(), 4U);
    EXPECT_EQ(table.images[1], "b.png");
    EXPECT_THAT(table.views, ElementsAre(View::pa, View::ap_supine, View::lateral, View::costal));
    EXPECT_THAT(table.notes, ElementsAre("2 records without labels, 1 excluded images"));
    const LabelTable frontal =
        read_label_table(LabelSet::padchest, folder.path(), {.views = {View::pa, View::ap}});
    EXPECT_EQ(frontal.size(), 2U);
}

TEST(PadChest, WordsThatTheSetDoesNotHave) {
    const TemporaryFolder folder;
    folder.write(
        "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
        "ImageID,PatientID,Projection,Labels\na.png,1,PA,mass\nb.png,-1,PA,['mass']\n"
        "c.png,2,SIDE,['mass']\nd.png,2,PA,['mass' 'nodule']\ne.png,2,PA,\"['mass', nodule]\"\n"
        "f.png,2,PA,\"['mass', 'nodule\"\ng.png,2,PA,\"['', \"\"it's\"\", 'mass', ]\"\nh.png,2,PA,[]\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::padchest, folder.path())),
                ElementsAre("2: Labels: a field that is no list", "3: PatientID: no patient's number",
                            "4: Projection: a view that the set does not have",
                            "5: Labels: a field that is no list", "6: Labels: a field that is no list",
                            "7: Labels: a field that is no list"));
}

TEST(PadChest, OneLabelAnImage) {
    const TemporaryFolder folder;
    folder.write("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", padchest_small);
    const LabelTable table = read_label_table(LabelSet::padchest_cl, folder.path());
    std::vector<std::string_view> images;
    for (std::size_t i = 0; i < table.size(); ++i) {
        images.push_back(table.images[i]);
    }
    EXPECT_THAT(images, ElementsAre("a.png", "e.png", "bad.png"));
    EXPECT_EQ(table.patient_count, 3U);
}

TEST(PadChest, PatientLevelSplitSharesNone) {
    const TemporaryFolder folder;
    std::vector<std::string> labels(400, "['mass']");
    folder.write("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", padchest_table(labels));
    const LabelTable by_image = read_label_table(LabelSet::padchest, folder.path());
    const LabelTable by_patient =
        read_label_table(LabelSet::padchest, folder.path(), {.padchest_split = PadChestSplit::patient});
    EXPECT_EQ(count_role(by_image, SplitRole::test), 40U);
    EXPECT_GT(count_leaked(by_image), 20U);
    EXPECT_EQ(count_role(by_patient, SplitRole::test), 40U); // two images each, 200 patients
    EXPECT_EQ(count_leaked(by_patient), 0U);
}

TEST(PadChest, ThirtyImagesAreExcluded) {
    EXPECT_EQ(excluded_images(plan::default_catalog_root()).size(), 30U);
}

// ---------------------------------------------------------------- CheXpert

const std::string chexpert_header =
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,"
    "Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,"
    "Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices\n";

std::string chexpert_row(const std::string& patient, const std::string& view, const std::string& findings) {
    return fmt::format("CheXpert-v1.0-small/train/patient{}/study1/view1.jpg,Male,50,{},{}\n", patient, view,
                       findings);
}

TEST(CheXpert, UncertainBlankAndNoFinding) {
    const TemporaryFolder folder;
    folder.write("train.csv", chexpert_header + chexpert_row("1", "Frontal,AP", ",1.0,0,-1.0,,,,,1,,0.0,,,") +
                                  chexpert_row("2", "Frontal,PA", "1.0,,,,,-1,,,,,,,,1.0") +
                                  chexpert_row("3", "Lateral,", "0.0,,,,,,,,,,1.0,,,") +
                                  chexpert_row("4", "Frontal,LL", ",,,,,,,,,,,,,"));
    const LabelTable table = read_label_table(LabelSet::chexpert, folder.path());
    // Order: Atelectasis, Cardiomegaly, Consolidation, Edema, Enlarged Cardiomediastinum, Fracture, Lung
    // Lesion, Lung Opacity, Effusion, Pleural Other, Pneumonia, Pneumothorax, Support Devices.
    EXPECT_THAT(rows_of(table),
                ElementsAre("CheXpert-v1.0/train/patient1/study1/view1.jpg,0,AP,train,10--1---0----",
                            "CheXpert-v1.0/train/patient2/study1/view1.jpg,1,PA,train,0000000000000"));
    EXPECT_THAT(table.uncertain, ElementsAre(1U << 7, 0U)); // No Finding overrides
    ASSERT_EQ(table.absent.size(), 1U);
    const LabelTable all =
        read_label_table(LabelSet::chexpert, folder.path(),
                         {.views = views_of(std::vector{LabelSet::chexpert, LabelSet::padchest})});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all.views[2], View::lateral);
}

TEST(CheXpert, ValuesAreBlankMinusOneZeroOrOne) {
    const TemporaryFolder folder;
    folder.write("chexpert_train.csv", chexpert_header + chexpert_row("1", "Frontal,AP", "2.0,,,,,,,,,,,,,") +
                                           chexpert_row("2", "Frontal,AP", ",x,,,,,,,,,,,,1x") +
                                           chexpert_row("3", "Lateral,", ",,nan,,,,,,,,,,,") +
                                           "CheXpert-v1.0/x.jpg,M,1,Frontal,AP,,,,,,,,,,,,,,\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::chexpert, folder.path())),
                ElementsAre("2: No Finding: another value", "3: Enlarged Cardiomediastinum: another value",
                            "3: Support Devices: another value", "4: Cardiomegaly: another value",
                            "5: Path: no patient"));
}

TEST(CheXpert, WordsThatTheSetDoesNotHave) {
    const TemporaryFolder folder;
    folder.write("train.csv", chexpert_header + chexpert_row("1", "Frontal,AP", ",,,,,,,,,,,,,") +
                                  chexpert_row("2", "Frontal,", ",,,,,,,,,,,,,") +
                                  chexpert_row("3", "Oblique,AP", ",,,,,,,,,,,,,") +
                                  chexpert_row("-1", "Lateral,XX", ",,,,,,,,,,,,,") + chexpert_header);
    EXPECT_THAT(texts_of(faults_of(LabelSet::chexpert, folder.path())),
                ElementsAre("3: AP/PA: a view that the set does not have", "4: Frontal/Lateral: another word",
                            "5: Path: no patient", "5: AP/PA: a view that the set does not have",
                            "6: Path: the header again"));
}

TEST(CheXpert, TablesLieInTheFirstBatch) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "CheXpert-v1.0 batch 1 (validate & csv)");
    folder.write("CheXpert-v1.0 batch 1 (validate & csv)/train.csv",
                 chexpert_header + chexpert_row("1", "Frontal,AP", ",,,,,,,,,,,,,"));
    EXPECT_EQ(read_label_table(LabelSet::chexpert, folder.path()).size(), 1U);
}

TEST(CheXpert, TheValidationFileIsTheTestSplit) {
    const TemporaryFolder folder;
    folder.write("train.csv", chexpert_header + chexpert_row("1", "Frontal,AP", ",,,,,,,,,,,,,"));
    std::string valid = chexpert_row("2", "Frontal,PA", ",,,,,,,,,,,,,1");
    valid.replace(valid.find("/train/"), 7, "/valid/");
    folder.write("valid.csv", chexpert_header + valid);
    const LabelTable table = read_label_table(LabelSet::chexpert, folder.path());
    EXPECT_THAT(table.roles, ElementsAre(SplitRole::train, SplitRole::test));
    EXPECT_EQ(count_masked_rows(table), 1U);
    std::string leak = chexpert_row("1", "Frontal,PA", ",,,,,,,,,,,,,");
    leak.replace(leak.find("/train/"), 7, "/valid/");
    folder.write("valid.csv", chexpert_header + leak);
    EXPECT_EQ(faults_of(LabelSet::chexpert, folder.path()).size(), 1U);
}

// ---------------------------------------------------------------- MIMIC

const std::string mimic_labels =
    "subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,"
    "Fracture,Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,"
    "Pneumothorax,Support Devices\n"
    "10000032,50414267,,,,,,,,,1.0,,,,,\n"
    "11000032,53189527,1.0,-1.0,,,,,,,,0.0,,,,1.0\n"
    "12000032,53911762,,,,,,,,,,,,,,\n"
    "13000032,50000000,,,,,,,,,,,,,,\n"; // without images
const std::string mimic_metadata =
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition\n"
    "d3,12000032,53911762,x,AP\n" // in another order than the studies
    "d1,10000032,50414267,x,PA\nd1l,10000032,50414267,x,LATERAL\n"
    "d2,11000032,53189527,x,AP\nd2b,11000032,53189527,x,PA\n"
    "d4,14000032,59999999,x,PA\n"; // without labels
const std::string mimic_split = "dicom_id,study_id,subject_id,split\nd1,50414267,10000032,train\n"
                                "d1l,50414267,10000032,train\nd2,53189527,11000032,validate\n"
                                "d2b,53189527,11000032,validate\nd3,53911762,12000032,test\n"
                                "d4,59999999,14000032,train\n";

void write_mimic(const TemporaryFolder& folder) {
    folder.write("mimic-cxr-2.0.0-chexpert.csv.gz", testing::gzipped(mimic_labels));
    folder.write("mimic-cxr-2.0.0-metadata.csv.gz", testing::gzipped(mimic_metadata));
    folder.write("mimic-cxr-2.0.0-split.csv.gz", testing::gzipped(mimic_split));
}

TEST(Mimic, TwoJoinsAndPaths) {
    const TemporaryFolder folder;
    write_mimic(folder);
    const LabelTable table = read_label_table(LabelSet::mimic, folder.path());
    EXPECT_THAT(rows_of(table), ElementsAre("files/p10/p10000032/s50414267/d1.jpg,0,PA,train,0000000000000",
                                            "files/p11/p11000032/s53189527/d2.jpg,1,AP,unused,1-------0---1",
                                            "files/p11/p11000032/s53189527/d2b.jpg,1,PA,unused,1-------0---1",
                                            "files/p12/p12000032/s53911762/d3.jpg,2,AP,test,-------------"));
    EXPECT_EQ(count_labels(table)[1].uncertain, 2U);
    EXPECT_THAT(table.notes, ElementsAre("1 images of studies without labels, 0 in no split"));
}

TEST(Mimic, TheAuthorsCodeTestsOnValidate) {
    const TemporaryFolder folder;
    write_mimic(folder);
    const LabelTable table =
        read_label_table(LabelSet::mimic, folder.path(), {.mimic_test = MimicTest::validate});
    EXPECT_THAT(table.roles,
                ElementsAre(SplitRole::train, SplitRole::test, SplitRole::test, SplitRole::unused));
}

TEST(Mimic, BadJoinsAndAbsentFiles) {
    const TemporaryFolder folder;
    write_mimic(folder);
    folder.write("mimic-cxr-2.0.0-chexpert.csv",
                 mimic_labels + "10000032,50414267,,,,,,,,,,,,,,\nx,1,,,,,,,,,,,,,,\n");
    folder.write("mimic-cxr-2.0.0-metadata.csv", mimic_metadata + "d1,10000032,50414267,x,PA\n");
    folder.write("mimic-cxr-2.0.0-split.csv", mimic_split + "d9,1,1,tests\n");
    EXPECT_THAT(texts_of(faults_of(LabelSet::mimic, folder.path())),
                ElementsAre("6: study_id: a study again", "7: subject_id: another text",
                            "8: dicom_id: the id of line 3 again", "8: split: another word"));
}

TEST(Mimic, WordsThatTheSetDoesNotHave) {
    const TemporaryFolder folder;
    write_mimic(folder);
    folder.write("mimic-cxr-2.0.0-metadata.csv",
                 mimic_metadata + "d5,10000032,50414267,x,\nd6,10000032,50414267,x,XTABLE LATERAL\n"
                                  "d7,10000032,50414267,x,frontal\nd8,-1,50414267,x,PA\n");
    EXPECT_THAT(
        texts_of(faults_of(LabelSet::mimic, folder.path())),
        ElementsAre("10: ViewPosition: a view that the set does not have", "11: subject_id: another text"));
}

TEST(Mimic, WithoutTheSplitAllAreUnknownWithoutTheViewsNothingIsRead) {
    const TemporaryFolder folder;
    write_mimic(folder);
    std::filesystem::remove(folder.path() / "mimic-cxr-2.0.0-split.csv.gz");
    const LabelTable table = read_label_table(LabelSet::mimic, folder.path());
    EXPECT_EQ(count_role(table, SplitRole::unknown), 4U);
    ASSERT_EQ(table.absent.size(), 1U);
    std::filesystem::remove(folder.path() / "mimic-cxr-2.0.0-metadata.csv.gz");
    EXPECT_EQ(faults_of(LabelSet::mimic, folder.path()).size(), 1U);
}

TEST(LabelSets, NamesAndFolders) {
    EXPECT_EQ(label_set_of("mimic-cxr"), LabelSet::mimic);
    EXPECT_EQ(label_set_of("mimic"), LabelSet::mimic);
    EXPECT_EQ(label_set_of("chexpert-all-views"), LabelSet::chexpert);
    EXPECT_EQ(label_set_of(""), std::nullopt);
    EXPECT_EQ(label_names_of(LabelSet::chexpert).size(), 13U);
    EXPECT_EQ(label_names_of(LabelSet::nih).size(), 14U);
    EXPECT_EQ(label_names_of(LabelSet::padchest).size(), 27U);
    EXPECT_THAT(views_of(std::vector{LabelSet::chexpert, LabelSet::nih}), ElementsAre(View::pa, View::ap));
}

TEST(LabelSets, DeclarationsNameTheSameLabels) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    for (const std::string name : {"nih", "padchest", "padchest-cl", "chexpert", "mimic-cxr"}) {
        EXPECT_EQ(catalog.data_sets.at(name).labels, label_names_of(*label_set_of(name))) << name;
    }
}

} // namespace
} // namespace suite::data
