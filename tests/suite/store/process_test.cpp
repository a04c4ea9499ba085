// Records under kill -9, concurrent publishers, file-size limits and full disks: real processes.
#include <chrono>
#include <deque>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "child_process.hpp"
#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/record_file.hpp"
#include "suite/store/store.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;
using testing::ChildProcess;
using testing::count_temporaries;
using testing::full_record;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::values_after;

class StoreProcesses : public ::testing::Test {
protected:
    std::string root() const { return (folder_.path() / "store").string(); }
    std::size_t count_damaged() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(root() + "/damaged")) {
            count += entry.path().extension() == ".h5" ? 1U : 0U;
        }
        return count;
    }
    TemporaryFolder folder_;
};

TEST_F(StoreProcesses, KilledPublishersLeaveRecordsWholeOrAbsent) {
    Store store(root(), Access::read_write);
    std::mt19937 random(20261123);
    std::size_t acknowledged = 0;
    for (std::uint64_t round = 0; round < 100; ++round) {
        const std::uint64_t first = 1000 * round;
        ChildProcess child({"publish", root(), std::to_string(first), std::to_string(first + 1000), "0"});
        // Mostly in the middle of the work, however slow the machine; sometimes while the process starts.
        const std::string begun = round % 4 == 0 ? "" : child.read_line() + "\n";
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        child.kill();
        for (const std::string& key : values_after(begun + child.read_all(), "done")) {
            EXPECT_EQ(store.look_up(key).state, LookupState::finished) << key;
            ++acknowledged;
        }
    }
    for (const std::string& key : store.keys()) {
        EXPECT_EQ(store.look_up(key).state, LookupState::finished) << store.look_up(key).message;
    }
    EXPECT_GE(acknowledged, 75U);
    EXPECT_GE(store.keys().size(), acknowledged);
    const std::size_t left = count_temporaries(root());
    EXPECT_EQ(store.remove_stale_temporaries(), left);
    EXPECT_EQ(count_temporaries(root()), 0U);
}

TEST_F(StoreProcesses, PublishersOfEqualRecordsAllSucceed) {
    std::deque<ChildProcess> children;
    for (int i = 0; i < 4; ++i) {
        children.emplace_back(std::vector<std::string>{"publish", root(), "0", "25", "0"});
    }
    for (ChildProcess& child : children) {
        EXPECT_EQ(values_after(child.read_all(), "done").size(), 25U);
        EXPECT_EQ(child.wait(), 0);
    }
    const Store store(root(), Access::read_only);
    EXPECT_EQ(store.keys().size(), 25U);
    for (const std::string& key : store.keys()) {
        EXPECT_EQ(store.look_up(key).state, LookupState::finished);
    }
    EXPECT_EQ(count_damaged(), 0U);
    EXPECT_EQ(count_temporaries(root()), 0U);
}

TEST_F(StoreProcesses, PublishersOfDifferentRecordsKeepBoth) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::string first = std::to_string(seed);
        const std::string last = std::to_string(seed + 1);
        ChildProcess one({"publish", root(), first, last, "0"});
        ChildProcess two({"publish", root(), first, last, "0.5"});
        const std::string said = one.read_all() + two.read_all();
        const int codes = one.wait() + two.wait();
        EXPECT_EQ(codes, exit_code(ErrorKind::corruption)) << said; // one of them, not both
        EXPECT_THAT(said, HasSubstr("metrics[0].value"));
        EXPECT_EQ(count_damaged(), seed + 1);
    }
    EXPECT_EQ(count_temporaries(root()), 0U);
}

TEST_F(StoreProcesses, AFileSizeLimitLeavesNothingBehind) {
    Store store(root(), Access::read_write);
    const std::size_t whole = record_to_bytes(full_record()).size();
    for (std::size_t limit = 0; limit < whole; limit += 97) {
        ChildProcess child({"limited", root(), std::to_string(limit)});
        const std::string said = child.read_all();
        ASSERT_EQ(child.wait(), exit_code(ErrorKind::store)) << limit << ": " << said;
        EXPECT_THAT(said, HasSubstr("File too large while writing"));
        EXPECT_EQ(store.look_up(full_record().key).state, LookupState::absent);
        ASSERT_EQ(count_temporaries(root()), 0U) << limit;
    }
    ChildProcess child({"limited", root(), std::to_string(whole)});
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(store.look_up(full_record().key).state, LookupState::finished);
}

TEST_F(StoreProcesses, ACheckpointUnderAFileSizeLimitLeavesNothingBehind) {
    const std::string path = (folder_.path() / "checkpoint.h5").string();
    std::size_t limit = 0;
    for (;; limit += 389) {
        ChildProcess child({"limited-checkpoint", path, std::to_string(limit)});
        const std::string said = child.read_all();
        const int code = child.wait();
        if (code == 0) {
            break;
        }
        ASSERT_EQ(code, exit_code(ErrorKind::weights)) << limit << ": " << said;
        EXPECT_THAT(said, HasSubstr("File too large"));
        EXPECT_FALSE(fs::exists(path));
        ASSERT_EQ(count_temporaries(folder_.path()), 0U) << limit;
    }
    EXPECT_GE(limit, 8000U); // 2000 floats do not fit into less
}

TEST_F(StoreProcesses, AFullDiskLosesNothingAcknowledged) {
    const std::string mount_point = (folder_.path() / "full").string();
    fs::create_directory(mount_point);
    const std::string inside = "mount -t tmpfs -o size=256k tmpfs " + mount_point;
    if (std::system(("unshare -rm sh -c '" + inside + "' 2>/dev/null").c_str()) != 0) {
        GTEST_SKIP() << "needs unshare -rm and a tmpfs of 256 KiB";
    }
    const std::string said_path = (folder_.path() / "said").string();
    const std::string fill = testing::child_program() + " fill " + mount_point + "/store > " + said_path;
    ASSERT_EQ(std::system(("unshare -rm sh -c '" + inside + " && " + fill + "'").c_str()), 0);
    const std::string said = testing::slurp(said_path);
    const std::string count = values_after(said, "acknowledged").at(0);
    EXPECT_GT(std::stoul(count), 3U);
    EXPECT_EQ(values_after(said, "whole").at(0), count);
    EXPECT_EQ(values_after(said, "files").at(0), count);
    EXPECT_EQ(values_after(said, "temporaries").at(0), "0");
    EXPECT_THAT(said, HasSubstr("No space left on device"));
    EXPECT_THAT(said, HasSubstr("Fix: free space"));
}

TEST_F(StoreProcesses, AReadOnlyFileSystemIsNamed) {
    const std::string mount_point = (folder_.path() / "fixed").string();
    fs::create_directory(mount_point);
    const std::string inside = "mount -t tmpfs -o ro tmpfs " + mount_point;
    if (std::system(("unshare -rm sh -c '" + inside + "' 2>/dev/null").c_str()) != 0) {
        GTEST_SKIP() << "needs unshare -rm and tmpfs";
    }
    const std::string said_path = (folder_.path() / "said").string();
    const std::string publish =
        testing::child_program() + " publish " + mount_point + "/store 0 1 0 > " + said_path;
    const int status = std::system(("unshare -rm sh -c '" + inside + " && " + publish + "'").c_str());
    EXPECT_EQ(WEXITSTATUS(status), exit_code(ErrorKind::store));
    EXPECT_THAT(testing::slurp(said_path), HasSubstr("Read-only file system"));
    EXPECT_THAT(testing::slurp(said_path), HasSubstr("Fix: name a folder that can be written"));
}

} // namespace
} // namespace suite::store
