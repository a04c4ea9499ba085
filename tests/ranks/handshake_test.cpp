#include "suite/dist/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/files.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

using ::testing::HasSubstr;

class Handshake : public ::testing::Test {
protected:
    Handshake() : ranks_(tested_backend().communicator()) {}
    Communicator& ranks_;
};

TEST_F(Handshake, EqualRanksPass) {
    EXPECT_NO_THROW(expect_same(ranks_, std::vector<Trait>{{"program", "a"}, {"LibTorch", "2.11.0"}}));
    EXPECT_NO_THROW(expect_same(ranks_, {}));
}

TEST_F(Handshake, EveryDifferenceIsNamedOnEveryRank) {
    if (ranks_.size() == 1) {
        return;
    }
    const int last = ranks_.size() - 1;
    const bool odd = ranks_.rank() == last;
    const std::vector<Trait> traits{
        {"program", odd ? "b" : "a"}, {"LibTorch", "2.11.0"}, {"--store", odd ? "" : "/x"}};
    try {
        expect_same(ranks_, traits);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        ASSERT_EQ(error.faults().size(), 2U);
        const std::string host = this_process().host;
        EXPECT_EQ(error.faults()[0].where, "rank " + std::to_string(last) + " on " + host + ", program");
        EXPECT_EQ(error.faults()[0].found, "b");
        EXPECT_EQ(error.faults()[0].expected, "a as on rank 0 on " + host);
        EXPECT_EQ(error.faults()[1].found, "nothing");
    }
}

TEST_F(Handshake, DifferencesBeyondWhatIsShownAreNoticed) {
    if (ranks_.size() > 1) {
        const std::string common(20'000, 'x');
        const std::vector<Trait> traits{{"long", common + (ranks_.rank() == 1 ? "1" : "0")}};
        EXPECT_THROW(expect_same(ranks_, traits), Error);
    }
}

TEST_F(Handshake, RanksOfOneHostAreCounted) {
    const LocalRank local = local_rank(ranks_);
    EXPECT_EQ(local.rank, ranks_.rank());
    EXPECT_EQ(local.count, ranks_.size());
    EXPECT_EQ(local.hosts, 1);
}

} // namespace
} // namespace suite::dist::testing
