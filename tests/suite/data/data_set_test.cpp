// Opening by declaration, reasons for what cannot be opened, contact sheets.
#include "suite/data/data_set.hpp"

#include <cstdlib>
#include <fstream>

#include <png.h>

#include "suite/data/phantom/contact_sheet.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

plan::DataConfig published(const std::string& id) {
    plan::DataConfig config;
    config.set.id = id;
    config.set.reader = plan::Reader::published;
    return config;
}

TEST(UnavailableReason, IsEmptyForGeneratedSets) {
    EXPECT_EQ(unavailable_reason({.set = testing::natural_spec(2, 1, 1), .members = {}}), "");
}

TEST(UnavailableReason, SaysWhereAPublishedSetWasSought) {
    EXPECT_EQ(unavailable_reason(published("mimic-cxr")),
              "data set mimic-cxr not found at any data root (TRANSFERSCALE_DATA is not set)");
    EXPECT_EQ(unavailable_reason(published("mimic-cxr"), {.root = "/nowhere"}),
              "data set mimic-cxr not found at /nowhere/mimic-cxr");
}

TEST(UnavailableReason, NamesThePackageOfFashionMnist) {
    const testing::TemporaryFolder root;
    std::filesystem::create_directory(root.path() / "fashion-mnist");
    plan::DataConfig config = published("cifar10");
    config.set.reader = plan::Reader::fashion_mnist;
    const std::string reason = unavailable_reason(config, {.root = root.path()});
    EXPECT_NE(reason.find("data set cifar10 not found at " + (root.path() / "fashion-mnist").string()),
              std::string::npos)
        << reason;
    EXPECT_NE(reason.find("dataset-fashion-mnist"), std::string::npos) << reason;
}

TEST(UnavailableReason, LeavesAnIncompleteFolderToOpening) {
    const testing::TemporaryFolder root;
    std::filesystem::create_directory(root.path() / "fashion-mnist");
    std::ofstream(root.path() / "fashion-mnist" / "train-images-idx3-ubyte.gz") << "x";
    plan::DataConfig config = published("cifar10");
    config.set.reader = plan::Reader::fashion_mnist;
    const std::string reason = unavailable_reason(config, {.root = root.path()});
    EXPECT_EQ(reason, "");
}

TEST(UnavailableReason, NamesEveryMissingMember) {
    plan::DataConfig config = published("both");
    config.members = {published("nih").set, testing::natural_spec(2, 1, 1), published("mimic").set};
    const std::string reason = unavailable_reason(config);
    EXPECT_NE(reason.find("data set nih"), std::string::npos) << reason;
    EXPECT_NE(reason.find("data set mimic"), std::string::npos) << reason;
    EXPECT_EQ(reason.find("natural"), std::string::npos) << reason;
}

TEST(OpenDataSet, PublishedSetsAreAnErrorOfData) {
    testing::error_text(ErrorKind::data, [] { return open_data_set(published("mimic")).train.size(); });
}

TEST(ContactSheet, IsAPictureOfTheDeclaredLayout) {
    const testing::TemporaryFolder folder;
    const DataSet set = open_data_set({.set = testing::natural_spec(3, 12, 1), .members = {}});
    const std::filesystem::path path = folder.path() / "sheet.png";
    write_contact_sheet(set, path, {.columns = 2, .rows = 3, .zoom = 2});
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_NE(png_image_begin_read_from_file(&image, path.c_str()), 0);
    EXPECT_EQ(image.width, 2 * (16 * 2 + 2) + 2U);
    EXPECT_EQ(image.height, 3 * (16 * 2 + 2) + 2U);
    image.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
    ASSERT_NE(png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr), 0);
    // The first cell holds the first image of class 0, each pixel twice.
    std::size_t first = 0;
    while (set.train.labels.classes[first] != 0) {
        ++first;
    }
    const std::size_t corner = (2 * image.width + 2) * 3;
    EXPECT_EQ(rgb[corner], set.train.images.image(first)[0]);
    EXPECT_EQ(rgb[corner + 3], set.train.images.image(first)[0]);
    EXPECT_EQ(rgb[corner + 6 + 1], set.train.images.image(first)[16 * 16 + 1]);
}

TEST(ContactSheet, UnwritableFileIsAnError) {
    const DataSet set = open_data_set({.set = testing::natural_spec(3, 12, 1), .members = {}});
    testing::error_text(ErrorKind::environment, [&] { write_contact_sheet(set, "/nowhere/sheet.png"); });
}

} // namespace
} // namespace suite::data
