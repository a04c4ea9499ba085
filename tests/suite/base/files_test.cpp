#include "suite/base/files.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace suite {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
protected:
    void SetUp() override {
        const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        folder_ = fs::path(testing::TempDir()) / ("files_test_" + name + "_" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    fs::path folder_;
};

template<class Call>
std::string store_message(Call call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

/// A child process that waits to be killed.
pid_t start_sleeper() {
    const pid_t child = ::fork();
    if (child == 0)
        for (;;)
            ::pause();
    return child;
}

ProcessIdentity identity_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string field;
    for (int i = 1; i <= 22; ++i) // this program's name holds no blank
        file >> field;
    return {.host = this_process().host, .pid = pid, .start_ticks = std::stoull(field)};
}

TEST_F(Files, PublishedTextIsWholeAndNothingElseIsLeft) {
    const std::string bytes = std::string("a\0b\n", 4) + std::string(3'000'000, 'x');
    for (const Durability durability : {Durability::fsync, Durability::none}) {
        publish_text(folder_ / "record", bytes, ErrorKind::store, durability);
        EXPECT_EQ(read_file(folder_ / "record", ErrorKind::store), bytes);
        EXPECT_EQ(entries(), 1U);
    }
}

TEST_F(Files, PublishingReplacesAtomically) {
    publish_text(folder_ / "record", "old", ErrorKind::store);
    const UniqueFd reader(::open((folder_ / "record").c_str(), O_RDONLY));
    publish_text(folder_ / "record", "new", ErrorKind::store);

    char seen[4] = {};
    EXPECT_EQ(::read(reader.get(), seen, 3), 3);
    EXPECT_STREQ(seen, "old"); // who has it open keeps a whole file
    EXPECT_EQ(read_file(folder_ / "record", ErrorKind::store), "new");
}

TEST_F(Files, AFailedWriteLeavesNothingAndSaysWhy) {
    publish_text(folder_ / "record", "old", ErrorKind::store);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);

    const std::string message =
        store_message([&] { publish_text(folder_ / "record", std::string(5000, 'x'), ErrorKind::store); });

    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    EXPECT_THAT(message, HasSubstr("File too large while writing"));
    EXPECT_EQ(read_file(folder_ / "record", ErrorKind::store), "old");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AFullDiskIsNamedWithItsFix) {
    EXPECT_THAT(
        errno_error(ErrorKind::store, "/dev/full", "writing", ENOSPC).what(),
        testing::AllOf(HasSubstr("error[E500] /dev/full: found No space left on device while writing"),
                       HasSubstr("Fix: free space")));
}

TEST_F(Files, AFailedRenameRemovesTheTemporary) {
    const fs::path target = folder_ / "taken";
    fs::create_directories(target / "full");
    const fs::path temporary = temporary_name(target);
    std::ofstream(temporary) << "bytes";

    const std::string message = store_message([&] { publish_file(temporary, target, ErrorKind::store); });

    EXPECT_THAT(message, HasSubstr("while renaming"));
    EXPECT_FALSE(fs::exists(temporary));
    EXPECT_TRUE(fs::is_directory(target));
}

TEST_F(Files, WhatCannotBeReadIsNamed) {
    EXPECT_THAT(store_message([&] { (void)read_file(folder_ / "none", ErrorKind::store); }),
                HasSubstr("none: found No such file or directory while opening"));
    EXPECT_THAT(store_message([&] { (void)read_file(folder_, ErrorKind::store); }),
                HasSubstr("while reading"));
    EXPECT_THAT(store_message([&] { publish_text(folder_ / "no" / "x", "", ErrorKind::store); }),
                HasSubstr("while creating"));
    std::ofstream(folder_ / "file") << "x";
    EXPECT_THAT(store_message([&] { make_folders(folder_ / "file" / "below", ErrorKind::store); }),
                HasSubstr("while making the folder"));
}

TEST_F(Files, FoldersAreMadeOnceOrTwice) {
    make_folders(folder_ / "a" / "b", ErrorKind::store);
    make_folders(folder_ / "a" / "b", ErrorKind::store);
    EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
}

TEST_F(Files, TemporaryNamesAreUniqueAndNameTheirOwner) {
    const fs::path first = temporary_name(folder_ / "record.h5");
    const fs::path second = temporary_name(folder_ / "record.h5");
    EXPECT_NE(first, second);
    EXPECT_EQ(first.parent_path(), folder_);
    EXPECT_THAT(first.filename().string(), HasSubstr("tmp"));
    EXPECT_EQ(owner_of_temporary(first), this_process());
    for (const char* foreign : {"record.h5", ".tmp-record", ".tmp-host-x-5~0~a", ".tmp-~0~a"})
        EXPECT_EQ(owner_of_temporary(folder_ / foreign), ProcessIdentity{}) << foreign;
}

TEST_F(Files, IdentitiesReadBackEvenWithDashesInTheHost) {
    const ProcessIdentity identity{.host = "node-7-a", .pid = 123, .start_ticks = 18446744073709551615ULL};
    EXPECT_EQ(process_identity_from_string(to_string(identity)), identity);
    for (const char* bad : {"", "-", "host", "host-1", "-1-2", "host-1-", "host-a-2", "host-1-2x"})
        EXPECT_THROW((void)process_identity_from_string(bad), std::invalid_argument) << bad;
}

TEST_F(Files, TheLivingAreAliveAndTheDeadAreNot) {
    EXPECT_TRUE(may_be_alive(this_process()));
    const pid_t child = start_sleeper();
    ASSERT_GT(child, 0);
    const ProcessIdentity identity = identity_of(child);
    EXPECT_TRUE(may_be_alive(identity));

    ::kill(child, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(may_be_alive(identity)) << "killed, but not reaped yet";

    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(may_be_alive(identity));
}

TEST_F(Files, AnotherProcessUnderTheSameNumberIsNotTheOwner) {
    ProcessIdentity recycled = this_process();
    recycled.start_ticks += 1;
    EXPECT_FALSE(may_be_alive(recycled));
    EXPECT_FALSE(may_be_alive({.host = this_process().host, .pid = 0, .start_ticks = 0}));
}

TEST_F(Files, NothingIsKnownOfOtherHosts) {
    EXPECT_TRUE(may_be_alive({.host = this_process().host + "x", .pid = 1, .start_ticks = 0}));
}

TEST_F(Files, DescriptorsHaveOneOwner) {
    UniqueFd first(::open("/dev/null", O_RDONLY));
    const int number = first.get();
    UniqueFd second = std::move(first);
    EXPECT_FALSE(first.valid()); // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second.get(), number);
    EXPECT_EQ(second.close(), 0);
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    EXPECT_EQ(UniqueFd(number).close(), EBADF);
}

} // namespace
} // namespace suite
