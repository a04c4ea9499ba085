// Packing and shards: what is packed opens to the same data set; broken shards are refused.
#include <gmock/gmock.h>

#include "suite/data/image/file.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/data/on_disk/shard_writer.hpp"
#include "tests/suite/data/on_disk/support.hpp"
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

/// One sample with these members, whose image is of class 5, as an ImageNet of shards.
DataSet opened_shard(const testing::TemporaryFolder& root, std::vector<std::string> members,
                     const std::string& train = "imagenet1k/train/0.tar",
                     const std::string& test = "imagenet1k/validation/0.tar") {
    std::string shard;
    for (const std::string& member : members) {
        shard += member;
    }
    for (const std::string& path : {train, test}) {
        fs::create_directories((root.path() / path).parent_path());
        root.write(path, shard + testing::tar_end_mark);
    }
    return open_published(spec_of("imagenet1k"), root.path());
}

const std::string image_member = tar_member("0001.jpg", "x");
const std::string class_member = tar_member("0001.cls", "5");

// WebDataset's own ImageNet has members in this form, the JSON with the names of the class.
TEST(ForeignShard, ClassNumbersCountWhateverTheOrder) {
    std::vector<std::string> members{image_member, class_member,
                                     tar_member("0001.json", "{\"class\": \"n01440764\", \"label\": 7}")};
    std::ranges::sort(members);
    do {
        const testing::TemporaryFolder root;
        const DataSet set = opened_shard(root, members);
        EXPECT_EQ(set.train.labels.classes, std::vector<std::int64_t>{5});
        EXPECT_EQ(set.test.labels.classes, std::vector<std::int64_t>{5});
        EXPECT_TRUE(set.train.patients.empty());
    } while (std::ranges::next_permutation(members).found);
}

TEST(ForeignShard, MetadataAreNotLookedInto) {
    const testing::TemporaryFolder root;
    const DataSet set =
        opened_shard(root, {image_member, tar_member("0001.json", std::string(9000, '{')), class_member,
                            tar_member("0001.txt", "a fish"), tar_member("._0001.jpg", "macOS")});
    EXPECT_EQ(set.train.labels.classes, std::vector<std::int64_t>{5});
}

TEST(ForeignShard, WithoutAClassNumberSaysWhatItsJsonHas) {
    const testing::TemporaryFolder root;
    const auto fault = [&root](const std::string& json) {
        return testing::error_text(ErrorKind::data, [&] {
            static_cast<void>(opened_shard(root, {image_member, tar_member("0001.json", json)}));
        });
    };
    EXPECT_THAT(
        fault("{\"class\": \"n01440764\"}"),
        HasSubstr("0001.json: found class \"n01440764\", expected a class from 0 to 999, as KEY.cls"));
    EXPECT_THAT(fault("{\"label\": 7}"), HasSubstr("JSON without a class"));
}

TEST(ForeignShard, PartsAreFoldersOrInTheNames) {
    for (const auto& [train, test] :
         {std::pair("imagenet1k/train/00000.tar", "imagenet1k/val/00000.tar"),
          std::pair("imagenet1k/train/00000.tar", "imagenet1k/test/00000.tar"),
          std::pair("imagenet1k/imagenet1k-train-0000.tar", "imagenet1k/imagenet1k-validation-00.tar"),
          std::pair("imagenet1k/train-000000.tar", "imagenet1k/val-000000.tar")}) {
        const testing::TemporaryFolder root;
        const DataSet set = opened_shard(root, {image_member, class_member}, train, test);
        EXPECT_EQ(set.train.size(), 1U) << train;
        EXPECT_EQ(set.test.size(), 1U) << test;
    }
}

TEST(ForeignShard, WithoutATestPartIsRefused) {
    const testing::TemporaryFolder root;
    EXPECT_THAT(testing::error_text(ErrorKind::data,
                                    [&] {
                                        static_cast<void>(opened_shard(root, {image_member, class_member},
                                                                       "imagenet1k/train-000000.tar",
                                                                       "imagenet1k/other-000000.tar"));
                                    }),
                HasSubstr("no shards of a test part"));
}

// doctor and plan ask what is lacking; data check and runs open the set. They must decide alike.
TEST(ForeignShard, WithoutATestPartLacksIt) {
    const testing::TemporaryFolder root;
    std::filesystem::create_directories(root.path() / "imagenet1k/train");
    root.write("imagenet1k/train/000000.tar", tar_member("a.cls", "5") + testing::tar_end_mark);
    const auto lacking =
        what_is_lacking(find_published(spec_of("imagenet1k"), root.path(), plan::default_catalog_root()));
    ASSERT_EQ(lacking.size(), 1U);
    EXPECT_EQ(lacking[0].found, "no shards of a test part");
}

TEST(ShardFault, IsFoundWhereverABlockWasOverwritten) {
    std::string shard;
    for (const char* key : {"a", "b", "c"}) {
        shard += tar_member(fmt::format("{}.jpg", key), std::string(600, 'x')) +
                 tar_member(fmt::format("{}.cls", key), "5");
    }
    for (std::size_t at = 0; at < shard.size(); at += tar_block_bytes) {
        const bool is_header = shard.substr(at + 257, 5) == "ustar";
        const testing::TemporaryFolder root;
        EXPECT_THAT(is_header ? shard_fault(root, std::string(shard).replace(at, tar_block_bytes,
                                                                             tar_block_bytes, '\0'))
                              : "a.tar:byte",
                    HasSubstr("a.tar:byte"))
            << at;
    }
}

TEST(ShardFault, IsNamedTwentyTimesAtMost) {
    std::string shard;
    for (int i = 0; i < 30; ++i) {
        shard += tar_member(fmt::format("{:04}.jpg", i), "x");
    }
    const testing::TemporaryFolder root;
    const std::string text = shard_fault(root, shard);
    EXPECT_THAT(text, HasSubstr("0019: found an image without a label"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("0020: found")));
    EXPECT_THAT(text, HasSubstr("10 more such members"));
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
