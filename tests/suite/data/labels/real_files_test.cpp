// The real label files of NIH, PadChest and CheXpert, where ci/fetch-label-files has laid them out: every
// published count, and every row against pandas (tests/fixtures/label_golden.py).
#include <gmock/gmock.h>

#include "suite/base/hash.hpp"
#include "suite/data/labels/published.hpp"
#include "suite/data/loading/loader.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "tests/suite/data/labels/support.hpp"

namespace suite::data {
namespace {

using testing::golden;
using testing::real_label_files;

#define SKIP_WITHOUT_LABEL_FILES()                                                                           \
    if (real_label_files().empty()) {                                                                        \
        GTEST_SKIP() << "the real label files are not in the cache; ci/fetch-label-files fetches them";      \
    }

LabelTable read(LabelSet set, std::vector<View> views = {}) {
    return read_label_table(
        set, real_label_files(),
        {.views = std::move(views), .excluded_images = excluded_images(plan::default_catalog_root())});
}

std::string digest(const LabelTable& table) {
    Sha256 hash;
    for (const std::string& row : testing::rows_of(table)) {
        hash.update(row);
        hash.update("\n");
    }
    return to_hex(hash.finish());
}

void expect_golden(const LabelTable& table, const nlohmann::json& expected) {
    EXPECT_EQ(table.size(), expected["images"]);
    EXPECT_EQ(table.patient_count, expected["patients"]);
    EXPECT_EQ(count_leaked(table), expected["leaked"]);
    EXPECT_EQ(count_masked_rows(table), expected["masked_rows"]);
    EXPECT_EQ(nlohmann::json(table.label_names), expected["labels"]);
    const auto counts = count_labels(table);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        EXPECT_EQ(counts[i].positive, expected["positive"][i]) << table.label_names[i];
        EXPECT_EQ(counts[i].negative, expected["negative"][i]) << table.label_names[i];
        EXPECT_EQ(counts[i].missing, expected["missing"][i]) << table.label_names[i];
    }
    EXPECT_EQ(digest(table), expected["digest"]);
}

/// At least this many published counts are there, and all that can be counted agree.
void expect_published(const LabelTable& table, std::size_t least) {
    std::size_t counted = 0;
    for (const PublishedCount& count : compare_with_published(table, plan::default_catalog_root())) {
        counted += count.found ? 1U : 0U;
        EXPECT_TRUE(count.agrees()) << count.what << " " << count.name << " published " << count.published
                                    << " found " << count.found.value_or(0);
    }
    EXPECT_GE(counted, least);
}

class RealLabels : public ::testing::TestWithParam<LabelSet> {};

TEST_P(RealLabels, EqualPandasRowByRowAndThePublishedCounts) {
    SKIP_WITHOUT_LABEL_FILES();
    const LabelTable table = read(GetParam());
    expect_golden(table, golden("labels.json")["sets"][std::string(to_string(GetParam()))]);
    expect_published(table, 4);
}

INSTANTIATE_TEST_SUITE_P(Sets, RealLabels,
                         ::testing::Values(LabelSet::nih, LabelSet::padchest, LabelSet::padchest_cl,
                                           LabelSet::chexpert),
                         [](const auto& example) {
                             std::string name(to_string(example.param));
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(RealSupersets, EqualPandasRowByRow) {
    SKIP_WITHOUT_LABEL_FILES();
    const std::vector<LabelSet> sets{LabelSet::chexpert, LabelSet::padchest, LabelSet::nih};
    std::vector<LabelTable> members;
    for (const LabelSet set : sets) {
        members.push_back(read(set, views_of(sets)));
    }
    const auto file = golden("labels.json")["supersets"];
    EXPECT_EQ(members[0].size(), 223397U); // with the laterals, paper.md#label-counts
    expect_golden(superset("three", members), file["chexpert+padchest+nih"]);
    EXPECT_EQ(count_role(superset("three", members), SplitRole::train) + 86524U,
              454559U); // 4.4, NIH's list by size
    members.pop_back();
    expect_golden(superset("two", members), file["chexpert+padchest"]);
    EXPECT_EQ(count_role(superset("two", members), SplitRole::train), 368035U); // 4.4
}

TEST(RealPadChest, FrontalViewsAlone) {
    SKIP_WITHOUT_LABEL_FILES();
    EXPECT_EQ(read(LabelSet::padchest, {View::pa, View::ap}).size(), golden("labels.json")["padchest_pa_ap"]);
}

TEST(RealPadChest, TenShotDrawsEqualNumpys) {
    SKIP_WITHOUT_LABEL_FILES();
    const Labels labels = labels_of(read(LabelSet::padchest_cl), SplitRole::train, plan::Task::multiclass);
    const auto digests = golden("labels.json")["padchest_cl_10_shot_digests"];
    for (std::size_t seed = 0; seed < digests.size(); ++seed) {
        const auto drawn = few_shot_subset(labels, 10, seed, FewShotDraw::per_class);
        EXPECT_EQ(sha256_hex(fmt::format("{}", fmt::join(drawn, ","))), digests[seed]) << seed;
    }
}

TEST(RealCheXpert, PneumoniaIsMostlyBlank) { // paper.md#label-counts
    SKIP_WITHOUT_LABEL_FILES();
    const LabelTable table = read(LabelSet::chexpert);
    const std::size_t pneumonia = 10;
    ASSERT_EQ(table.label_names[pneumonia], "Pneumonia");
    const LabelCount count = count_labels(table)[pneumonia];
    EXPECT_EQ(count.uncertain, 15980U);
    EXPECT_EQ(count.missing - count.uncertain, 152251U);
}

} // namespace
} // namespace suite::data
