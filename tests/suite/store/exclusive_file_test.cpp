#include "suite/store/exclusive_file.hpp"

#include <cerrno>

#include <gmock/gmock.h>

#include "tests/suite/store/store_fixture.hpp"

namespace suite::store {
namespace {

using ::testing::HasSubstr;

template<int error_number>
int fails(const char*, const char*) {
    errno = error_number;
    return -1;
}

class ExclusiveFile : public ::testing::Test {
protected:
    ExclusiveFile() { testing::spill(from_, "bytes"); }
    bool rename(const NamingCalls& calls) { return rename_exclusively(from_, to_, ErrorKind::store, calls); }

    testing::TemporaryFolder folder_;
    std::filesystem::path from_ = folder_.path() / "from";
    std::filesystem::path to_ = folder_.path() / "to";
};

TEST_F(ExclusiveFile, IsRenamedOnce) {
    EXPECT_TRUE(rename(system_naming_calls()));
    EXPECT_FALSE(std::filesystem::exists(from_));
    testing::spill(from_, "others");
    EXPECT_FALSE(rename(system_naming_calls()));
    EXPECT_EQ(testing::slurp(to_), "bytes");
}

// NFS and some parallel file systems.
TEST_F(ExclusiveFile, IsLinkedWhereRenamesCannotBeExclusive) {
    const NamingCalls calls{.rename_no_replace = fails<EINVAL>, .link = system_naming_calls().link};
    EXPECT_TRUE(rename(calls));
    EXPECT_FALSE(std::filesystem::exists(from_));
    testing::spill(from_, "others");
    EXPECT_FALSE(rename(calls));
    EXPECT_EQ(testing::slurp(to_), "bytes");
}

// vFAT and exFAT: EINVAL, then EPERM.
TEST_F(ExclusiveFile, NamesAFileSystemThatHasNeitherCall) {
    for (const auto link : {fails<EPERM>, fails<ENOSYS>, fails<EOPNOTSUPP>}) {
        try {
            static_cast<void>(rename({.rename_no_replace = fails<EINVAL>, .link = link}));
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::store);
            EXPECT_THAT(error.what(), HasSubstr("neither RENAME_NOREPLACE nor hard links"));
            EXPECT_THAT(error.what(), HasSubstr("name a folder on another file system"));
        }
    }
}

TEST_F(ExclusiveFile, OtherFailuresKeepTheirReason) {
    try {
        static_cast<void>(rename({.rename_no_replace = fails<EACCES>, .link = fails<EPERM>}));
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
    }
}

} // namespace
} // namespace suite::store
