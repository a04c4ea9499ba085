// The Fashion-MNIST reader on files made here, and on the real ones where the machine has them.
#include "suite/data/on_disk/fashion_mnist.hpp"

#include <algorithm>
#include <set>

#include "suite/base/hash.hpp"
#include "suite/data/picture/resize.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>((value >> shift) & 0xFFU);
    }
    return bytes;
}

/// `count` images of 4 x 4; every pixel of image i is i (mod 256), its label i mod 10.
std::string images_file(std::uint32_t count) {
    std::string text = big_endian(0x803) + big_endian(count) + big_endian(4) + big_endian(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        text.append(16, static_cast<char>(i));
    }
    return text;
}
std::string labels_file(std::uint32_t count) {
    std::string text = big_endian(0x801) + big_endian(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        text += static_cast<char>(i % 10);
    }
    return text;
}

/// A small but whole Fashion-MNIST and the hashes of its files.
class FashionMnistFiles : public ::testing::Test {
protected:
    FashionMnistFiles()
        : contents_{testing::gzipped(images_file(200)), testing::gzipped(labels_file(200)),
                    testing::gzipped(images_file(50)), testing::gzipped(labels_file(50))} {
        for (std::size_t i = 0; i < 4; ++i) {
            put(i, contents_[i]);
        }
        rehash();
    }
    void put(std::size_t file, const std::string& bytes) {
        contents_[file] = bytes;
        folder_.write(std::string(fashion_mnist_files[file]), bytes);
    }
    /// Takes the files as they are for the published ones.
    void rehash() {
        for (std::size_t i = 0; i < 4; ++i) {
            hashes_[i] = sha256_hex(contents_[i]);
        }
    }
    std::string read_error() {
        return testing::error_text(ErrorKind::data, [&] {
            return read_fashion_mnist(folder_.path(), hashes_).train_images.count();
        });
    }
    [[nodiscard]] static plan::DataSetSpec spec(std::size_t train, std::size_t test) {
        plan::DataSetSpec result;
        result.id = "cifar10";
        result.labels = testing::numbered_labels(10);
        result.reader = plan::Reader::fashion_mnist;
        result.train_images = train;
        result.test_images = test;
        result.image_size = 4;
        result.channels = 1;
        return result;
    }
    testing::TemporaryFolder folder_;
    std::array<std::string, 4> contents_;
    FashionMnistHashes hashes_;
};

TEST_F(FashionMnistFiles, WholeFilesInFileOrder) {
    const DataSet set = open_fashion_mnist(spec(0, 50), folder_.path(), hashes_);
    EXPECT_EQ(set.train.size(), 200U);
    EXPECT_EQ(set.test.size(), 50U);
    EXPECT_EQ(set.train.labels.classes[13], 3);
    EXPECT_EQ(set.train.images.image(13)[0], 13);
    EXPECT_EQ(set.train.labels.outputs, 10U);
}

TEST_F(FashionMnistFiles, LimitedSubsetIsKeyedMixedAndNested) {
    const DataSet set = open_fashion_mnist(spec(60, 20), folder_.path(), hashes_);
    const DataSet again = open_fashion_mnist(spec(60, 20), folder_.path(), hashes_);
    const DataSet smaller = open_fashion_mnist(spec(30, 20), folder_.path(), hashes_);
    EXPECT_EQ(set.train.images.pixels, again.train.images.pixels);
    std::set<int> images;
    std::set<std::int64_t> classes;
    for (std::size_t i = 0; i < 60; ++i) {
        const int pixel = set.train.images.image(i)[0];
        images.insert(pixel);
        classes.insert(set.train.labels.classes[i]);
        EXPECT_EQ(set.train.labels.classes[i], pixel % 10);
        EXPECT_TRUE(i >= 30 || smaller.train.images.image(i)[0] == pixel);
    }
    EXPECT_EQ(images.size(), 60U);
    EXPECT_EQ(classes.size(), 10U);
    EXPECT_GT(*images.rbegin(), 150); // not the first of the file
}

TEST_F(FashionMnistFiles, AllFaultsOfAllFilesAtOnce) {
    std::filesystem::remove(folder_.path() / fashion_mnist_files[0]);
    put(1, contents_[1].substr(0, 20));
    put(2, testing::gzipped(images_file(49)));
    put(3, "not gzip");
    const std::string text = read_error();
    EXPECT_NE(text.find("train-images-idx3-ubyte.gz: found no file"), std::string::npos) << text;
    EXPECT_NE(text.find("dataset-fashion-mnist"), std::string::npos) << text;
    EXPECT_NE(text.find("train-labels-idx1-ubyte.gz:byte 20: found the end of the file inside a gzip member"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("t10k-images-idx3-ubyte.gz:byte 0: found SHA-256 " + sha256_hex(contents_[2])),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("t10k-labels-idx1-ubyte.gz:byte 0: found no gzip magic"), std::string::npos) << text;
}

TEST_F(FashionMnistFiles, ChangedByteIsNoticedByTheHash) {
    std::string bytes = contents_[0];
    bytes[4] = static_cast<char>(bytes[4] ^ 1); // a time stamp: gzip itself does not mind
    put(0, bytes);
    EXPECT_NE(read_error().find("expected SHA-256 " + hashes_[0]), std::string::npos);
}

TEST_F(FashionMnistFiles, SwappedFilesAreNamed) {
    const std::string images = contents_[0];
    put(0, contents_[1]);
    put(1, images);
    const std::string text = read_error();
    EXPECT_NE(text.find("found the content of train-labels-idx1-ubyte.gz"), std::string::npos) << text;
    EXPECT_NE(text.find("found IDX labels (magic 0x00000801), expected IDX images"), std::string::npos)
        << text;
}

TEST_F(FashionMnistFiles, CountsLabelsAndShapesMustAgree) {
    put(1, testing::gzipped(labels_file(199)));
    put(2, testing::gzipped(big_endian(0x803) + big_endian(50) + big_endian(2) + big_endian(8) +
                            std::string(800, 'x')));
    std::string labels = labels_file(50);
    labels.back() = 11;
    put(3, testing::gzipped(labels));
    rehash();
    const std::string text = read_error();
    EXPECT_NE(text.find("found 199 labels, expected 200 (one for each image)"), std::string::npos) << text;
    EXPECT_NE(text.find("found images of 2 x 8, expected square images"), std::string::npos) << text;
    EXPECT_NE(text.find("found label 11 in record 49"), std::string::npos) << text;
}

TEST_F(FashionMnistFiles, AsksForNoMoreThanThereIs) {
    const std::string text = testing::error_text(ErrorKind::data, [&] {
        return open_fashion_mnist(spec(201, 51), folder_.path(), hashes_).train.size();
    });
    EXPECT_NE(text.find("cifar10.train_images: found 200 images"), std::string::npos) << text;
    EXPECT_NE(text.find("cifar10.test_images: found 50 images"), std::string::npos) << text;
}

TEST(FashionMnistFolder, DataRootComesFirstWhenItHasOne) {
    const testing::TemporaryFolder root;
    EXPECT_EQ(fashion_mnist_folder(""), "/usr/share/datasets/fashion-mnist");
    EXPECT_EQ(fashion_mnist_folder(root.path()), "/usr/share/datasets/fashion-mnist");
    std::filesystem::create_directory(root.path() / "fashion-mnist");
    EXPECT_EQ(fashion_mnist_folder(root.path()), root.path() / "fashion-mnist");
}

TEST(FashionMnistReal, PublishedFilesHavePublishedCounts) {
    const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "dataset-fashion-mnist is not installed";
    }
    const FashionMnist files = read_fashion_mnist(folder, published_fashion_mnist_hashes());
    EXPECT_EQ(files.train_images.dimensions, (std::vector<std::size_t>{60000, 28, 28}));
    EXPECT_EQ(files.test_images.count(), 10000U);
    for (std::uint8_t label = 0; label < 10; ++label) {
        EXPECT_EQ(std::ranges::count(files.train_labels.values, label), 6000);
        EXPECT_EQ(std::ranges::count(files.test_labels.values, label), 1000);
    }
}

TEST(Resize, EqualsExactAreaAverages) {
    const auto golden = testing::golden("areas.json");
    const auto image = golden["image"].get<std::vector<std::uint8_t>>();
    for (const int side : {14, 16}) {
        const auto expected = golden[fmt::format("to_{}", side)].get<std::vector<double>>();
        std::vector<std::uint8_t> target(static_cast<std::size_t>(side * side) * 3);
        resize_and_replicate(image, 28, target, side, 3);
        for (std::size_t i = 0; i < target.size(); ++i) {
            ASSERT_NEAR(target[i], expected[i % expected.size()], 0.5 + 1e-6) << side << " " << i;
        }
    }
}

} // namespace
} // namespace suite::data
