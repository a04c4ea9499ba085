// Packing and shards: what is packed opens to the same data set; broken shards are refused.
#include <gmock/gmock.h>

#include "suite/data/image_file.hpp"
#include "suite/data/published_set.hpp"
#include "suite/data/shard_writer.hpp"
#include "tests/suite/data/published_support.hpp"
#include "tests/support/miniature_trees.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using suite::testing::write_miniature;
using ::testing::HasSubstr;
using testing::listed;
using testing::spec_of;
using testing::tar_member;

class Shards : public ::testing::TestWithParam<const char*> {
protected:
    [[nodiscard]] fs::path in() const { return root_.path() / "in"; }
    [[nodiscard]] fs::path out() const { return root_.path() / "out"; }
    testing::TemporaryFolder root_;
};

DecodedImage pixels_of(const Split& split, std::size_t index) {
    std::vector<std::byte> bytes;
    split.source->read(index, bytes);
    const RawExtent raw = split.source->raw_extent();
    if (raw.width == 0) {
        return decode_image(bytes, split.source->name(index));
    }
    DecodedImage image;
    for (const std::byte byte : bytes) {
        image.pixels.push_back(std::to_integer<std::uint8_t>(byte));
    }
    return image;
}

TEST_P(Shards, OpenToTheSamePicturesAndLabels) {
    const std::string id = GetParam();
    write_miniature(in(), id);
    const auto shards =
        pack_published(listed(id, in()), {.out = out(), .shard_bytes = 1 << 16, .progress = {}});
    const DataSet before = open_published(spec_of(id), in());
    const DataSet after = open_published(spec_of(id), out());
    EXPECT_GE(shards.size(), 2U);
    EXPECT_EQ(before.label_names, after.label_names);
    for (const auto& [a, b] : {std::pair(&before.train, &after.train), {&before.test, &after.test}}) {
        ASSERT_EQ(a->size(), b->size());
        EXPECT_EQ(a->labels.classes, b->labels.classes);
        EXPECT_TRUE(std::ranges::equal(a->labels.matrix, b->labels.matrix, [](float x, float y) {
            return x == y || (std::isnan(x) && std::isnan(y));
        }));
        EXPECT_EQ(a->patients, b->patients);
        for (std::size_t i = 0; i < a->size(); ++i) {
            const DecodedImage one = pixels_of(*a, i);
            const DecodedImage other = pixels_of(*b, i);
            EXPECT_EQ(one.pixels, other.pixels) << a->source->name(i);
            EXPECT_EQ(one.pixels_16, other.pixels_16) << a->source->name(i);
        }
    }
}

TEST_P(Shards, KeepWithinTheirSize) {
    write_miniature(in(), GetParam());
    constexpr std::uint64_t limit = 1 << 16;
    for (const PackedShard& shard :
         pack_published(listed(GetParam(), in()), {.out = out(), .shard_bytes = limit, .progress = {}})) {
        EXPECT_EQ(fs::file_size(shard.path), shard.bytes);
        EXPECT_LE(shard.bytes, limit + 1024); // the end mark comes on top
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, Shards,
                         ::testing::Values("imagenet1k", "cifar10", "chexpert", "padchest", "covidx"),
                         [](const auto& instance) { return std::string(instance.param); });

std::string shard_fault(const testing::TemporaryFolder& root, const std::string& shard) {
    fs::create_directories(root.path() / "pets/train");
    fs::create_directories(root.path() / "pets/test");
    root.write("pets/train/a.tar", shard + testing::tar_end_mark);
    return testing::error_text(ErrorKind::data, [&] { static_cast<void>(listed("pets", root.path())); });
}

TEST(ShardFault, IsNamedByShardAndMember) {
    const testing::TemporaryFolder root;
    EXPECT_THAT(shard_fault(root, tar_member("a.jpg", "x")),
                HasSubstr("a.tar:a: found an image without a label"));
    EXPECT_THAT(shard_fault(root, tar_member("a.cls", "1")), HasSubstr("a label without an image"));
    EXPECT_THAT(shard_fault(root, tar_member("a.jpg", "x") + tar_member("a.cls", "37")),
                HasSubstr("class 37"));
    EXPECT_THAT(shard_fault(root, tar_member("a.jpg", "x") + tar_member("a.cls", "cat")),
                HasSubstr("another label"));
    EXPECT_THAT(
        shard_fault(root, tar_member("a.jpg", "x") + tar_member("a.png", "y") + tar_member("a.cls", "1")),
        HasSubstr("a second image of this key"));
    EXPECT_THAT(shard_fault(root, tar_member("a.jpg", "x") + tar_member("a.json", "{\"class\": -1}")),
                HasSubstr("class -1"));
    EXPECT_THAT(shard_fault(root, tar_member("a.jpg", "x") + tar_member("a.json", "[")),
                HasSubstr("no JSON object"));
}

TEST(ShardTarget, IsNeverInsideTheDataSetNorOverwritten) {
    const testing::TemporaryFolder root;
    write_miniature(root.path(), "pets");
    const auto manifest = listed("pets", root.path());
    EXPECT_THAT(testing::error_text(
                    ErrorKind::usage,
                    [&] { static_cast<void>(pack_published(manifest, {.out = root.path() / "pets"})); }),
                HasSubstr("inside the data set"));
    fs::create_directories(root.path() / "out/pets");
    root.write("out/pets/x", "mine");
    EXPECT_THAT(testing::error_text(
                    ErrorKind::usage,
                    [&] { static_cast<void>(pack_published(manifest, {.out = root.path() / "out"})); }),
                HasSubstr("not empty"));
}

} // namespace
} // namespace suite::data
