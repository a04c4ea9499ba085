// Class folders as people have them after a download: tars of classes or of all of them, unpacked by half,
// other editions' parts.
#include <gmock/gmock.h>

#include "suite/base/files.hpp"
#include "suite/data/on_disk/check.hpp"
#include "tests/suite/data/on_disk/support.hpp"
#include "tests/support/encoders.hpp"
#include "tests/support/miniature_trees.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::listed;
using testing::spec_of;
using testing::tar_member;

class ClassFolder : public ::testing::Test {
protected:
    testing::TemporaryFolder root_;

    fs::path write(const std::string& id) {
        suite::testing::write_miniature(root_.path(), id);
        return root_.path() / id;
    }
    [[nodiscard]] std::string fault(const std::string& id) const {
        return testing::error_text(ErrorKind::data, [&] { static_cast<void>(listed(id, root_.path())); });
    }
};

/// What a class's tar holds; removes the folder when asked.
void pack_class(const fs::path& folder, bool keeps_folder = false) {
    std::vector<fs::path> images;
    for (const auto& entry : fs::directory_iterator(folder)) {
        images.push_back(entry.path());
    }
    std::ranges::sort(images);
    std::string tar;
    for (const fs::path& image : images) {
        tar += tar_member(image.filename().string(), read_file(image, ErrorKind::data));
    }
    suite::testing::write_file(folder.string() + ".tar", tar + testing::tar_end_mark);
    if (!keeps_folder) {
        fs::remove_all(folder);
    }
}

void pack_classes(const fs::path& part) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(part)) {
        folders.push_back(entry.path());
    }
    std::ranges::for_each(folders, [](const fs::path& folder) { pack_class(folder); });
}

TEST_F(ClassFolder, CountsBeforeTheTarsThatAreLeftBesideIt) {
    const fs::path folder = write("imagenet1k");
    const std::size_t before = listed("imagenet1k", root_.path())->size();
    pack_class(folder / "train/n01440764", true);
    suite::testing::write_file(folder / "train/ILSVRC2012_img_train.tar",
                               tar_member("n01440764.tar", "") + testing::tar_end_mark);
    const auto manifest = listed("imagenet1k", root_.path());
    EXPECT_EQ(manifest->size(), before);
    EXPECT_THAT(
        manifest->notes,
        ElementsAre("2 archives (ILSVRC2012_img_train.tar, n01440764.tar) in train left beside the class "
                    "folders: not read"));
}

TEST_F(ClassFolder, OfTarsThatAreNotUnpackedSaysHowTo) {
    const fs::path folder = write("imagenet1k");
    pack_classes(folder / "train");
    const std::string text = fault("imagenet1k");
    EXPECT_THAT(text, HasSubstr("found 8 class tars that are not unpacked (n01440764.tar, n01440777.tar, "
                                "n01440790.tar, …), expected a folder for each class. Fix: cd '"));
    const std::string command = text.substr(text.find("Fix: cd") + 5);
    ASSERT_EQ(std::system(command.substr(0, command.find("; done") + 6).c_str()), 0) << command;
    EXPECT_EQ(listed("imagenet1k", root_.path())->label_names.size(), 8U);
}

TEST_F(ClassFolder, UnpackedByHalfIsRefused) {
    const fs::path folder = write("imagenet1k");
    pack_class(folder / "train/n01440764");
    EXPECT_THAT(fault("imagenet1k"), HasSubstr("1 class tars that are not unpacked (n01440764.tar)"));
}

TEST_F(ClassFolder, OfAnOuterTarAloneSaysSo) {
    const fs::path folder = write("imagenet1k");
    fs::remove_all(folder / "train");
    suite::testing::write_file(folder / "train/ILSVRC2012_img_train.tar",
                               tar_member("n01440764.tar", "") + testing::tar_end_mark);
    EXPECT_THAT(fault("imagenet1k"),
                HasSubstr("no class folders, but ILSVRC2012_img_train.tar, which is not unpacked"));
}

TEST_F(ClassFolder, WithoutClassesIsAFaultOfEitherPart) {
    for (const char* part : {"train", "val"}) {
        const fs::path folder = write("imagenet1k");
        fs::remove_all(folder / part);
        fs::create_directories(folder / part);
        EXPECT_THAT(fault("imagenet1k"), HasSubstr(std::string(part) + ": found no class folders"));
        fs::remove_all(folder);
    }
}

TEST_F(ClassFolder, TarsOfTheWinterReleaseAreReadWhereTheyLie) {
    const fs::path folder = write("imagenet21k");
    const DataSet before = open_published(spec_of("imagenet21k"), root_.path());
    pack_classes(folder);
    fs::rename(folder, root_.path() / "winter21_whole");
    EXPECT_THAT(listed("imagenet21k", root_.path())->notes,
                ElementsAre(HasSubstr("8 class tars (n01440764.tar, ")));
    const DataSet after = open_published(spec_of("imagenet21k"), root_.path());
    EXPECT_EQ(after.label_names, before.label_names);
    ASSERT_EQ(after.train.size(), before.train.size());
    EXPECT_EQ(after.train.labels.classes, before.train.labels.classes);
    std::vector<std::byte> one;
    std::vector<std::byte> other;
    suite::testing::write_miniature(root_.path(), "imagenet21k");
    for (std::size_t i = 0; i < after.train.size(); ++i) {
        before.train.source->read(i, one);
        after.train.source->read(i, other);
        EXPECT_EQ(one, other) << i;
    }
}

TEST_F(ClassFolder, PartsOfTheProcessedFormAreNoClasses) {
    for (const std::string prefix : {"", "imagenet21k_"}) {
        const fs::path folder = write("imagenet21k");
        fs::rename(folder, root_.path() / "classes");
        for (const char* part : {"train", "val", "small_classes"}) {
            fs::create_directories(folder);
            fs::copy(root_.path() / "classes", folder / (prefix + part), fs::copy_options::recursive);
        }
        const auto manifest = listed("imagenet21k", root_.path());
        EXPECT_EQ(manifest->label_names.size(), 8U);
        EXPECT_EQ(manifest->size(), 48U);
        EXPECT_THAT(
            manifest->notes,
            ElementsAre(HasSubstr(fmt::format("2 folders ({0}small_classes, {0}val) beside {0}train: not "
                                              "read",
                                              prefix))));
        fs::remove_all(folder);
        fs::remove_all(root_.path() / "classes");
    }
}

TEST_F(ClassFolder, OfFoldersWithoutImagesIsNamed) {
    const fs::path folder = write("imagenet21k");
    fs::create_directories(folder / "parts/n01440764");
    EXPECT_THAT(fault("imagenet21k"), HasSubstr("parts: found folders, but no images"));
}

} // namespace
} // namespace suite::data
