// Gzip and IDX files: what is read, and what each kind of damage is called.
#include "suite/data/formats/gzip.hpp"
#include "suite/data/formats/idx.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using testing::gzipped;
constexpr std::size_t roomy = 1 << 20;

std::string fault_text(const FaultList& faults) {
    std::string text;
    for (const Fault& fault : faults.faults()) {
        text += to_string(fault) + "\n";
    }
    return text;
}

/// The fault of unpacking, which must be the only one.
std::string gunzip_fault(std::string_view bytes, std::size_t limit = roomy) {
    FaultList faults;
    (void)gunzip(bytes, "f.gz", limit, faults);
    EXPECT_EQ(faults.faults().size(), 1U);
    return fault_text(faults);
}

std::string parse_fault(std::string_view bytes, IdxKind kind) {
    FaultList faults;
    EXPECT_TRUE(parse_idx(bytes, kind, "f", faults).dimensions.empty());
    EXPECT_EQ(faults.faults().size(), 1U);
    return fault_text(faults);
}

const std::string labels_text("\0\0\x08\x01\0\0\0\x03\x05\x00\x09", 11);
const std::string images_text("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02"
                              "abcd",
                              20);

TEST(Gunzip, ReadsOneAndSeveralMembers) {
    FaultList faults;
    EXPECT_EQ(gunzip(gzipped("hello"), "f", roomy, faults), "hello");
    EXPECT_EQ(gunzip(gzipped("hel") + gzipped("") + gzipped("lo"), "f", roomy, faults), "hello");
    const std::string large(300'000, 'x');
    EXPECT_EQ(gunzip(gzipped(large), "f", large.size(), faults), large);
    EXPECT_TRUE(faults.empty()) << fault_text(faults);
}

TEST(Gunzip, EveryTruncationIsAFault) {
    const std::string whole = gzipped("some text that is long enough, some text that repeats");
    for (std::size_t length = 2; length < whole.size(); ++length) {
        const std::string text = gunzip_fault(whole.substr(0, length));
        EXPECT_NE(text.find("the end of the file inside a gzip member"), std::string::npos) << length << text;
        EXPECT_NE(text.find(fmt::format("f.gz:byte {}", length)), std::string::npos) << length << text;
    }
}

TEST(Gunzip, NamesWhatIsNotGzip) {
    EXPECT_NE(gunzip_fault("plain").find("no gzip magic"), std::string::npos);
    EXPECT_NE(gunzip_fault("").find("an empty file"), std::string::npos);
    EXPECT_NE(gunzip_fault(gzipped("a") + "tail").find("damaged gzip data"), std::string::npos);
}

TEST(Gunzip, DamagedChecksumIsAFault) {
    std::string bytes = gzipped("hello");
    bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);
    EXPECT_NE(gunzip_fault(bytes).find("incorrect data check"), std::string::npos);
}

TEST(Gunzip, BombIsStoppedAtTheLimit) {
    const std::string bomb = gzipped(std::string(5'000'000, '\0'));
    EXPECT_NE(gunzip_fault(bomb, 1000).find("more than 1000 unpacked bytes"), std::string::npos);
}

TEST(Idx, ReadsLabelsAndImages) {
    FaultList faults;
    const IdxFile labels = parse_idx(labels_text, IdxKind::labels, "l", faults);
    const IdxFile images = parse_idx(images_text, IdxKind::images, "i", faults);
    EXPECT_TRUE(faults.empty());
    EXPECT_EQ(labels.values, (std::vector<std::uint8_t>{5, 0, 9}));
    EXPECT_EQ(images.dimensions, (std::vector<std::size_t>{1, 2, 2}));
    EXPECT_EQ(images.values, (std::vector<std::uint8_t>{'a', 'b', 'c', 'd'}));
}

TEST(Idx, SaysWhenImagesAndLabelsAreSwapped) {
    const std::string text = parse_fault(labels_text, IdxKind::images);
    EXPECT_NE(text.find("found IDX labels (magic 0x00000801), expected IDX images (magic 0x00000803)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("swapped"), std::string::npos);
    EXPECT_NE(parse_fault(images_text, IdxKind::labels).find("found IDX images"), std::string::npos);
}

TEST(Idx, SaysWhenStillGzipped) {
    EXPECT_NE(parse_fault(gzipped(labels_text), IdxKind::labels).find("gunzip the file once"),
              std::string::npos);
}

TEST(Idx, CountsMissingAndLeftOverBytes) {
    EXPECT_NE(parse_fault(images_text.substr(0, 18), IdxKind::images)
                  .find("f:byte 18: found 2 bytes of data, expected 4 bytes (1 x 2 x 2)"),
              std::string::npos);
    EXPECT_NE(parse_fault(images_text + "!!", IdxKind::images).find("f:byte 20: found 6 bytes of data"),
              std::string::npos);
    EXPECT_NE(parse_fault(images_text.substr(0, 9), IdxKind::images).find("a header of 16 bytes"),
              std::string::npos);
    EXPECT_NE(parse_fault("", IdxKind::labels).find("found 0 bytes"), std::string::npos);
}

TEST(Idx, RefusesEmptyAndOverflowingDimensions) {
    std::string zero = images_text;
    zero[7] = 0;
    EXPECT_NE(parse_fault(zero, IdxKind::images).find("dimensions 0 x 2 x 2"), std::string::npos);
    std::string huge = images_text;
    for (std::size_t byte = 4; byte < 16; ++byte) {
        huge[byte] = '\xFF';
    }
    EXPECT_NE(parse_fault(huge, IdxKind::images).find("whose product fits in memory"), std::string::npos);
}

TEST(Idx, LabelOutOfRangeNamesRecordAndByte) {
    FaultList faults;
    const IdxFile labels = parse_idx(labels_text, IdxKind::labels, "l", faults);
    check_label_range(labels, 10, "l", faults);
    EXPECT_TRUE(faults.empty());
    check_label_range(labels, 5, "l", faults);
    EXPECT_NE(fault_text(faults).find(
                  "l:byte 8: found label 5 in record 0 (2 such labels), expected labels 0 to 4"),
              std::string::npos)
        << fault_text(faults);
}

} // namespace
} // namespace suite::data
