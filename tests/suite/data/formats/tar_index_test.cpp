// Tar archives: against python's tarfile in three formats, and members that are refused.
#include <gmock/gmock.h>

#include "suite/data/formats/tar_index.hpp"
#include "tests/suite/data/on_disk/support.hpp"
#include "tests/support/text_bytes.hpp"

namespace suite::data {
namespace {

using suite::testing::TextBytes;
using ::testing::HasSubstr;
using testing::tar_end_mark;
using testing::tar_member;

std::string fault_of(std::string_view archive) {
    FaultList faults;
    static_cast<void>(index_tar(TextBytes(archive), "a.tar", faults));
    return faults.empty() ? "" : to_string(faults.faults().front());
}

TEST(TarIndex, FindsWhatPythonWrote) {
    const nlohmann::json golden = testing::golden("tar.json");
    for (const auto& [format, archive] : golden.items()) {
        const std::string bytes = testing::unhex(archive["bytes"]);
        FaultList faults;
        const auto members = index_tar(TextBytes(bytes), format, faults);
        EXPECT_TRUE(faults.empty()) << fault_of(bytes);
        ASSERT_EQ(members.size(), archive["members"].size()) << format;
        for (std::size_t i = 0; i < members.size(); ++i) {
            EXPECT_EQ(members[i].name, archive["members"][i]["name"]) << format;
            EXPECT_EQ(members[i].offset, archive["members"][i]["offset"]) << format;
            EXPECT_EQ(members[i].size, archive["members"][i]["size"]) << format;
        }
    }
}

TEST(TarIndex, FindsItsOwnHeaders) {
    const std::string archive = tar_member("a/b.jpg", "12345") + tar_member("c.cls", "7") + tar_end_mark;
    FaultList faults;
    const auto members = index_tar(TextBytes(archive), "a.tar", faults);
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(archive.substr(members[0].offset, members[0].size), "12345");
    EXPECT_EQ(archive.substr(members[1].offset, members[1].size), "7");
}

TEST(TarIndex, RefusesUnsafeMembersByName) {
    EXPECT_THAT(fault_of(tar_member("../x", "1") + tar_end_mark), HasSubstr("a path with '..'"));
    EXPECT_THAT(fault_of(tar_member("/x", "1") + tar_end_mark), HasSubstr("an absolute path"));
    EXPECT_THAT(fault_of(tar_member("x", "1") + tar_member("x", "2") + tar_end_mark),
                HasSubstr("'x' for the second time"));
    EXPECT_THAT(fault_of(tar_member("x", "", '2') + tar_end_mark), HasSubstr("a symbolic link"));
    EXPECT_THAT(fault_of(tar_member("x", "", '1') + tar_end_mark), HasSubstr("a hard link"));
    EXPECT_THAT(fault_of(tar_member("x", "", '3') + tar_end_mark), HasSubstr("a device"));
    EXPECT_THAT(fault_of(tar_member("x\ny", "1") + tar_end_mark), HasSubstr("control characters"));
}

TEST(TarIndex, EveryCutIsAFault) {
    const std::string archive = tar_member("a.jpg", std::string(700, 'x')) + tar_member("a.cls", "7");
    for (std::size_t size = 0; size < archive.size(); size += 100) {
        EXPECT_NE(fault_of(archive.substr(0, size)), "") << size;
    }
    EXPECT_THAT(fault_of(archive), HasSubstr("end mark"));
    EXPECT_EQ(fault_of(archive + tar_end_mark), "");
}

TEST(TarIndex, EveryFlippedHeaderByteIsAFault) {
    const std::string archive = tar_member("a.jpg", "12345") + tar_end_mark;
    for (std::size_t at = 0; at < tar_block_bytes; ++at) {
        std::string flipped = archive;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
        if (at < 154 || at >= 156) { // the checksum's own terminators carry nothing
            EXPECT_NE(fault_of(flipped), "") << at;
        }
    }
}

TEST(TarIndex, OnlyZerosMayFollowTheEndMark) {
    const std::string archive = tar_member("a.jpg", "12345") + tar_end_mark;
    EXPECT_EQ(fault_of(archive + std::string(100'000, '\0')), "");
    EXPECT_THAT(fault_of(archive + std::string(99'999, '\0') + "x"),
                HasSubstr("a.tar:byte 102047: found data behind the end mark"));
    EXPECT_THAT(fault_of(archive + archive), HasSubstr("data behind the end mark"));
}

TEST(TarIndex, SizeThatLeavesTheFileIsRefused) {
    std::string archive = tar_member("a.jpg", "12345") + tar_end_mark;
    EXPECT_THAT(fault_of(tar_header("b.jpg", std::uint64_t{1} << 32) + archive),
                HasSubstr("the file is cut"));
}

} // namespace
} // namespace suite::data
