#include "suite/store/claim.hpp"

#include <deque>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "child_process.hpp"
#include "store_fixture.hpp"
#include "suite/store/store.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;
using testing::ChildProcess;
using testing::full_record;
using testing::spill;
using testing::TemporaryFolder;
using testing::values_after;

class ClaimTest : public ::testing::Test {
protected:
    std::string root() const { return (folder_.path() / "store").string(); }
    fs::path claim_path() const { return fs::path(root()) / "claims" / key_; }
    /// A claim of a process on another host, last renewed so many seconds ago.
    void plant_foreign_claim(double seconds_ago) const {
        spill(claim_path(), "otherhost-1-1\n0123\n");
        timespec time{};
        ::clock_gettime(CLOCK_REALTIME, &time);
        time.tv_sec -= static_cast<time_t>(seconds_ago);
        const std::array<timespec, 2> times{time, time};
        ASSERT_EQ(::utimensat(AT_FDCWD, claim_path().c_str(), times.data(), 0), 0);
    }
    TemporaryFolder folder_;
    std::string key_ = full_record(0).key;
    Store store_{folder_.path() / "store", Access::read_write};
};

TEST_F(ClaimTest, IsExclusiveUntilReleased) {
    std::optional<Claim> claim = store_.try_claim(key_);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->key(), key_);
    EXPECT_FALSE(store_.try_claim(key_));
    EXPECT_TRUE(Store(root(), Access::read_only).is_claimed(key_));
    EXPECT_TRUE(claim->renew());
    claim.reset();
    EXPECT_FALSE(fs::exists(claim_path()));
    EXPECT_TRUE(store_.try_claim(key_));
}

TEST_F(ClaimTest, MovesWithItsOwner) {
    std::optional<Claim> first = store_.try_claim(key_);
    Claim second = std::move(*first);
    first.reset();
    EXPECT_TRUE(fs::exists(claim_path()));
    EXPECT_TRUE(second.renew());
    second.release();
    EXPECT_FALSE(second.renew());
    EXPECT_FALSE(fs::exists(claim_path()));
}

TEST_F(ClaimTest, OfALivingProcessHoldsWhateverItsAge) {
    ChildProcess child({"hold", root(), "1"});
    ASSERT_EQ(child.read_line(), "held 1");
    EXPECT_FALSE(store_.try_claim(key_, 0.0));
}

TEST_F(ClaimTest, OfAKilledProcessIsTakenOver) {
    ChildProcess child({"hold", root(), "1"});
    ASSERT_EQ(child.read_line(), "held 1");
    ASSERT_TRUE(store_.is_claimed(key_));
    child.kill();
    EXPECT_FALSE(store_.is_claimed(key_));
    EXPECT_TRUE(store_.try_claim(key_));
}

TEST_F(ClaimTest, OfAnotherHostIsTakenOverAfterTheLease) {
    plant_foreign_claim(50.0);
    EXPECT_FALSE(store_.try_claim(key_));
    plant_foreign_claim(70.0);
    EXPECT_TRUE(store_.try_claim(key_));
}

TEST_F(ClaimTest, FromTheFutureDoesNotLastUntilThen) {
    plant_foreign_claim(-86400.0);
    EXPECT_TRUE(store_.try_claim(key_));
}

TEST_F(ClaimTest, ThatIsUnreadableIsTakenOverAfterTheLease) {
    spill(claim_path(), "");
    EXPECT_FALSE(store_.try_claim(key_));
    EXPECT_TRUE(store_.try_claim(key_, -1.0));
}

TEST_F(ClaimTest, RenewsItsHeartbeat) {
    const std::optional<Claim> untouched = store_.try_claim(full_record(1).key);
    std::optional<Claim> claim = store_.try_claim(key_);
    const std::array<timespec, 2> long_ago{};
    ASSERT_EQ(::utimensat(AT_FDCWD, claim_path().c_str(), long_ago.data(), 0), 0);
    ASSERT_TRUE(claim->renew());
    struct stat status {};
    ASSERT_EQ(::stat(claim_path().c_str(), &status), 0);
    EXPECT_LT(std::abs(std::difftime(::time(nullptr), status.st_mtim.tv_sec)), 60.0);
}

TEST_F(ClaimTest, LostToAnotherIsNeitherRenewedNorReleased) {
    std::optional<Claim> claim = store_.try_claim(key_);
    plant_foreign_claim(0.0);
    EXPECT_FALSE(claim->renew());
    claim.reset();
    EXPECT_TRUE(fs::exists(claim_path()));
}

TEST_F(ClaimTest, SurvivesTheEndOfAForkedCopy) {
    std::optional<Claim> claim = store_.try_claim(key_);
    const pid_t child = ::fork();
    if (child == 0) {
        claim.reset();
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(claim->renew());
}

void expect_each_worked_once(const std::string& root, std::size_t count) {
    std::deque<ChildProcess> children;
    for (int i = 0; i < 4; ++i) {
        children.emplace_back(std::vector<std::string>{"race", root, std::to_string(count)});
    }
    std::vector<std::string> worked;
    for (ChildProcess& child : children) {
        const auto keys = values_after(child.read_all(), "worked");
        worked.insert(worked.end(), keys.begin(), keys.end());
        EXPECT_EQ(child.wait(), 0);
    }
    EXPECT_EQ(worked.size(), count);
    EXPECT_EQ(std::set<std::string>(worked.begin(), worked.end()).size(), count);
    EXPECT_EQ(testing::count_temporaries(root), 0U);
    EXPECT_TRUE(fs::is_empty(fs::path(root) / "claims"));
}

TEST_F(ClaimTest, RacingProcessesWorkOnEachKeyOnce) {
    expect_each_worked_once(root(), 100);
}

TEST_F(ClaimTest, RacingProcessesTakeOverEachDeadClaimOnce) {
    ChildProcess holder({"hold", root(), "100"});
    ASSERT_EQ(holder.read_line(), "held 100");
    holder.kill();
    expect_each_worked_once(root(), 100);
}

} // namespace
} // namespace suite::store
