// Published data sets from miniature trees: clean ones open, each thing that is odd about a copy is found.
#include <gmock/gmock.h>

#include <set>

#include "suite/base/files.hpp"
#include "suite/data/image/file.hpp"
#include "suite/data/on_disk/check.hpp"
#include "suite/plan/plan.hpp"
#include "tests/suite/data/on_disk/support.hpp"
#include "tests/support/miniature_trees.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using suite::testing::miniature_sets;
using suite::testing::Oddity;
using suite::testing::write_miniature;
using testing::catalog;
using ::testing::HasSubstr;
using testing::spec_of;

PublishedCheck check(const std::string& id, const fs::path& root, bool decodes = true) {
    const plan::DataSetSpec spec = spec_of(id);
    return check_published(spec, find_published(spec, root, catalog().root), catalog().root,
                           {.decodes = decodes, .progress = {}});
}

std::string text_of(const std::vector<LabelFault>& faults) {
    std::string text;
    for (const LabelFault& fault : faults) {
        text += to_string(to_fault(fault)) + "\n";
    }
    return text;
}

class PublishedSet : public ::testing::Test {
protected:
    testing::TemporaryFolder root_;
};

/// What a clean miniature holds.
struct Expected {
    const char* id;
    std::size_t train;
    std::size_t test;
    std::size_t labels;
};

class CleanMiniature : public ::testing::TestWithParam<Expected> {
protected:
    testing::TemporaryFolder root_;
};

TEST_P(CleanMiniature, OpensWithEveryImage) {
    const Expected expected = GetParam();
    const plan::LayoutSpec* layout = plan::layout_of(catalog().layouts, expected.id);
    ASSERT_NE(layout, nullptr);
    write_miniature(root_.path(), layout->folders.front());

    const DataSet set = open_published(spec_of(expected.id), root_.path());
    EXPECT_EQ(set.train.size(), expected.train);
    EXPECT_EQ(set.test.size(), expected.test);
    EXPECT_EQ(set.label_names.size(), expected.labels);
    EXPECT_TRUE(set.train.images.pixels.empty());
    std::vector<std::byte> bytes;
    for (const Split* split : {&set.train, &set.test}) {
        for (std::size_t i = 0; i < split->size(); ++i) {
            split->source->read(i, bytes);
            const RawExtent raw = split->source->raw_extent();
            if (raw.width > 0) {
                ASSERT_EQ(bytes.size(), 3U * 32 * 32);
            } else {
                ASSERT_GE(decode_image(bytes, split->source->name(i)).width, 32);
            }
        }
    }
}

TEST_P(CleanMiniature, PassesTheCheck) {
    const plan::LayoutSpec* layout = plan::layout_of(catalog().layouts, GetParam().id);
    write_miniature(root_.path(), layout->folders.front());
    const PublishedCheck found = check(GetParam().id, root_.path());
    EXPECT_EQ(text_of(found.faults), "");
    EXPECT_EQ(found.duplicate_count, 0U);
    EXPECT_TRUE(found.has_read_everything);
    EXPECT_EQ(found.manifest.size(), GetParam().train + GetParam().test);
}

// CheXpert, MIMIC: every sixth image is a lateral. PadChest: 90/10 of 60. Tuberculosis: floor(0.85 x 40) +
// floor(0.85 x 20).
INSTANTIATE_TEST_SUITE_P(
    Sets, CleanMiniature,
    ::testing::Values(Expected{"imagenet1k", 48, 16, 8}, Expected{"imagenet21k", 48, 0, 8},
                      Expected{"cifar10", 100, 30, 10}, Expected{"cifar100", 100, 30, 100},
                      Expected{"flowers102", 36, 24, 102}, Expected{"pets", 32, 24, 8},
                      Expected{"chexpert", 25, 10, 13}, Expected{"chexpert-all-views", 30, 12, 13},
                      Expected{"mimic-cxr", 25, 6, 13}, Expected{"mimic-cxr-validate", 25, 4, 13},
                      Expected{"nih", 30, 12, 14}, Expected{"padchest", 54, 6, 27},
                      Expected{"covidx", 30, 10, 2}, Expected{"tuberculosis", 51, 9, 2}),
    [](const auto& instance) {
        std::string name = instance.param.id;
        std::ranges::replace(name, '-', '_');
        return name;
    });

class OddMiniature : public ::testing::TestWithParam<Oddity> {
protected:
    testing::TemporaryFolder root_;
};

TEST_P(OddMiniature, IsFoundByName) {
    const Oddity& oddity = GetParam();
    const std::string set(oddity.set);
    write_miniature(root_.path(), set);
    oddity.apply(root_.path() / set);

    const PublishedCheck found = check(set, root_.path());
    // What `doctor` and `plan` say of the place, `data check` says too.
    const auto lacking = what_is_lacking(find_published(spec_of(set), root_.path(), catalog().root));
    const std::string reason =
        unavailable_reason({.set = spec_of(set), .members = {}}, {.root = root_.path(), .manifests = {}});
    EXPECT_EQ(reason.empty(), lacking.empty()) << reason;
    EXPECT_TRUE(lacking.empty() || oddity.is_fault) << reason;
    for (const Fault& fault : lacking) {
        EXPECT_THAT(text_of(found.faults), HasSubstr(to_string(fault)));
    }
    if (oddity.is_fault) {
        EXPECT_THAT(text_of(found.faults), HasSubstr(std::string(oddity.words)));
        EXPECT_LE(found.faults.size(), 12U) << text_of(found.faults);
        return;
    }
    EXPECT_EQ(text_of(found.faults), "");
    if (oddity.words == "duplicate") {
        EXPECT_EQ(found.duplicate_count, 1U);
    } else if (!oddity.words.empty()) {
        const auto counted = std::ranges::find_if(
            found.oddities, [&](const auto& entry) { return entry.first.starts_with(oddity.words); });
        ASSERT_NE(counted, found.oddities.end());
        EXPECT_EQ(counted->second, 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, OddMiniature,
                         ::testing::ValuesIn(suite::testing::oddities().begin(),
                                             suite::testing::oddities().end()),
                         [](const auto& instance) {
                             std::string name(instance.param.name);
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST_F(PublishedSet, EveryMiniatureHasADeclaration) {
    for (const std::string_view set : miniature_sets()) {
        EXPECT_NE(plan::layout_of(catalog().layouts, std::string(set)), nullptr) << set;
    }
}

TEST_F(PublishedSet, FaultsOfManyFilesComeAtOnce) {
    write_miniature(root_.path(), "imagenet1k");
    for (const Oddity& oddity : suite::testing::oddities()) {
        if (oddity.name == "truncated-image" || oddity.name == "empty-image" ||
            oddity.name == "class-in-test-only") {
            oddity.apply(root_.path() / "imagenet1k");
        }
    }
    EXPECT_EQ(check("imagenet1k", root_.path()).faults.size(), 3U);
}

TEST_F(PublishedSet, AbsentOneSaysWhereItWasLookedForAndComesFrom) {
    const std::string text = testing::error_text(
        ErrorKind::data, [&] { static_cast<void>(open_published(spec_of("pets"), root_.path())); });
    EXPECT_THAT(text, HasSubstr("data set pets not found at " + (root_.path() / "pets").string()));
    EXPECT_THAT(text, HasSubstr("robots.ox.ac.uk"));
    EXPECT_EQ(
        unavailable_reason({.set = spec_of("pets"), .members = {}}, {.root = root_.path(), .manifests = {}}),
        "data set pets not found at " + (root_.path() / "pets").string());
}

TEST_F(PublishedSet, SwappedFlowersTrainOnTheOfficialTestPart) {
    write_miniature(root_.path(), "flowers102");
    const DataSet set = open_published(spec_of("flowers102"), root_.path());
    std::set<std::int64_t> classes(set.test.labels.classes.begin(), set.test.labels.classes.end());
    EXPECT_EQ(classes.size(), 12U); // one of each class in trnid, one in valid
    EXPECT_EQ(set.test.size(), 2 * classes.size());
}

TEST_F(PublishedSet, PetsClassesAreSortedByBytes) {
    write_miniature(root_.path(), "pets");
    const DataSet set = open_published(spec_of("pets"), root_.path());
    EXPECT_TRUE(std::ranges::is_sorted(set.label_names));
    EXPECT_EQ(set.label_names.front(), "Abyssinian");
    EXPECT_EQ(set.label_names.back(), "samoyed");
    for (std::size_t i = 0; i < set.train.size(); ++i) {
        const auto label = static_cast<std::size_t>(set.train.labels.classes[i]);
        EXPECT_THAT(set.train.source->name(i), HasSubstr("/" + set.label_names[label] + "_"));
    }
}

TEST_F(PublishedSet, PatientsOfTextListsMayHaveBlanks) {
    write_miniature(root_.path(), "covidx");
    for (const Oddity& oddity : suite::testing::oddities()) {
        if (oddity.name == "patient-with-a-blank") {
            oddity.apply(root_.path() / "covidx");
        }
    }
    const auto manifest = testing::listed("covidx", root_.path());
    EXPECT_EQ(manifest->paths[0], "train/COVID(1).png");
    EXPECT_EQ(manifest->paths[2], "train/train-scan 2.jpg");
    EXPECT_EQ(manifest->patients[0], manifest->patients[2]); // "COVID 1"
    EXPECT_NE(manifest->patients[0], manifest->patients[1]);
}

TEST_F(PublishedSet, AnEmptyPartIsAFault) {
    write_miniature(root_.path(), "imagenet1k");
    fs::remove_all(root_.path() / "imagenet1k/val/n01440764");
    EXPECT_EQ(text_of(check("imagenet1k", root_.path()).faults), ""); // a class without test images
    for (const auto& entry : fs::recursive_directory_iterator(root_.path() / "imagenet1k/val")) {
        if (entry.is_regular_file()) {
            fs::remove(entry.path());
        }
    }
    EXPECT_FALSE(check("imagenet1k", root_.path()).faults.empty());
}

TEST_F(PublishedSet, LimitKeepsAKeyedPartOfBothSplits) {
    write_miniature(root_.path(), "covidx");
    plan::DataSetSpec spec = spec_of("covidx");
    spec.train_images = 12;
    spec.test_images = 5;
    const DataSet set = open_published(spec, root_.path());
    EXPECT_EQ(set.train.size(), 12U);
    EXPECT_EQ(set.test.size(), 5U);
    EXPECT_TRUE(set.notes.empty());
    const DataSet again = open_published(spec, root_.path());
    EXPECT_EQ(set.train.labels.classes, again.train.labels.classes);
}

TEST_F(PublishedSet, FewerImagesThanPublishedAreSaid) {
    write_miniature(root_.path(), "covidx");
    const DataSet set = open_published(spec_of("covidx"), root_.path());
    EXPECT_THAT(set.notes, ::testing::ElementsAre("covidx: 30 training images in the files, 15952 published",
                                                  "covidx: 10 test images in the files, 400 published"));
}

TEST_F(PublishedSet, OtherEditionsAreRecognisedByTheirColumns) {
    write_miniature(root_.path(), "nih");
    EXPECT_EQ(check("nih", root_.path(), false).edition, "");
    const fs::path table = root_.path() / "nih/Data_Entry_2017_v2020.csv";
    std::string text = read_file(table, ErrorKind::data);
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 2)) {
        text.insert(end, ",");
    }
    std::ofstream(table, std::ios::binary) << text;
    EXPECT_EQ(check("nih", root_.path(), false).edition, "the label table of 2017 (Data_Entry_2017.csv)");
}

TEST_F(PublishedSet, SupersetsReadEachMembersFiles) {
    write_miniature(root_.path(), "chexpert");
    write_miniature(root_.path(), "padchest");
    const plan::DataConfig config = plan::resolve_data(catalog(), "paper", "chexpert+padchest");
    const DataSet set = open_data_set(config, {.root = root_.path(), .manifests = {}});
    EXPECT_EQ(set.label_names.size(), 9U); // paper.md#supersets
    EXPECT_EQ(set.train.size(), 30U + 54U);
    EXPECT_THAT(set.train.source->name(29), HasSubstr("CheXpert-v1.0/train"));
    EXPECT_THAT(set.train.source->name(30), HasSubstr("/padchest/"));
    std::vector<std::byte> bytes;
    set.train.source->read(30, bytes);
    EXPECT_EQ(decode_image(bytes, "x").bits, 16);
}

TEST_F(PublishedSet, VanishedImageIsNamedWhenItIsRead) {
    write_miniature(root_.path(), "imagenet1k");
    const DataSet set = open_published(spec_of("imagenet1k"), root_.path());
    fs::remove(set.train.source->name(3));
    std::vector<std::byte> bytes;
    EXPECT_THAT(testing::error_text(ErrorKind::data, [&] { set.train.source->read(3, bytes); }),
                HasSubstr(set.train.source->name(3)));
}

TEST_F(PublishedSet, OverwrittenImageIsNoticedWhenItIsReadAfterACheck) {
    write_miniature(root_.path(), "imagenet1k");
    const auto manifest = std::make_shared<const plan::Manifest>(check("imagenet1k", root_.path()).manifest);
    const DataSet set = to_data_set(spec_of("imagenet1k"), manifest);
    std::ofstream(set.train.source->name(3), std::ios::app) << "more";
    std::vector<std::byte> bytes;
    EXPECT_THAT(testing::error_text(ErrorKind::data, [&] { set.train.source->read(3, bytes); }),
                HasSubstr("that was listed"));
}

TEST_F(PublishedSet, ChangesOfTheFolderAreVisible) {
    for (const std::string set : {"imagenet1k", "cifar10", "padchest", "covidx"}) {
        write_miniature(root_.path(), set);
        const plan::DataSetSpec spec = spec_of(set);
        const PublishedPlace place = find_published(spec, root_.path(), catalog().root);
        const plan::Manifest manifest = list_published(spec, place, catalog().root);
        EXPECT_TRUE(is_unchanged(manifest)) << set;
        std::string changed =
            manifest.containers.empty() ? std::string(manifest.paths[0]) : manifest.containers[0].path;
        fs::rename(place.folder / changed, place.folder / (changed + ".old"));
        EXPECT_FALSE(is_unchanged(manifest)) << set;
    }
}

TEST_F(PublishedSet, KeptManifestIsUsedUntilSomethingChanges) {
    write_miniature(root_.path(), "nih");
    int loads = 0;
    std::optional<plan::Manifest> kept;
    int saves = 0;
    const plan::ManifestCache cache{
        .load = [&](const plan::Manifest&) { return ++loads, kept; },
        .save = [&](const plan::Manifest& manifest) { ++saves, kept = manifest; }};
    static_cast<void>(open_published(spec_of("nih"), root_.path(), cache));
    static_cast<void>(open_published(spec_of("nih"), root_.path(), cache));
    EXPECT_EQ(loads, 2);
    EXPECT_EQ(saves, 1);
    std::ofstream(root_.path() / "nih/test_list.txt", std::ios::app) << "99999999_000.png\n";
    static_cast<void>(open_published(spec_of("nih"), root_.path(), cache));
    EXPECT_EQ(saves, 2);
}

} // namespace
} // namespace suite::data
