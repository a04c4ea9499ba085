// A rank's exception reaches all ranks, the same everywhere.
#include <new>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/files.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Agreement : public ::testing::Test {
protected:
    Agreement() : ranks_(tested_backend().communicator()) {}

    [[nodiscard]] bool is_last() const { return ranks_.rank() == ranks_.size() - 1; }

    // What agree() throws on this rank when the given ranks' part ended so.
    template<typename Thrown>
    Error agreed(bool failed, const Thrown& thrown) {
        std::exception_ptr mine = failed ? std::make_exception_ptr(thrown) : nullptr;
        try {
            agree(ranks_, mine);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "agree() did not throw";
        return {ErrorKind::usage, Fault{}};
    }

    Communicator& ranks_;
};

TEST_F(Agreement, IsSilentWhenAllAreWell) {
    for (int step = 0; step < 100; ++step) {
        EXPECT_NO_THROW(agree(ranks_, nullptr));
    }
}

TEST_F(Agreement, OneRanksErrorIsEverybodysError) {
    ranks_.set_phase("train", 17);
    const Error error =
        agreed(is_last(),
               Error(ErrorKind::numeric,
                     {Fault{.where = "loss", .found = "nan", .expected = "a number", .fix = "smaller steps"},
                      Fault{.where = "layer 2", .found = "inf", .expected = "less", .fix = ""}}));

    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_EQ(error.faults()[0].found, "nan");
    EXPECT_EQ(error.faults()[0].expected, "a number");
    EXPECT_EQ(error.faults()[0].fix, "smaller steps");
    EXPECT_EQ(error.faults()[1].found, "inf");
    if (ranks_.size() > 1) {
        EXPECT_EQ(error.faults()[0].where, "rank " + std::to_string(ranks_.size() - 1) + " on " +
                                               this_process().host + ", train, step 17: loss");
    }
}

TEST_F(Agreement, TheLowestFailedRankSpeaks) {
    const bool failed = ranks_.rank() > 0 || ranks_.size() == 1;
    const Error error = agreed(
        failed,
        Error(ErrorKind::data,
              Fault{.where = "mine", .found = std::to_string(ranks_.rank()), .expected = "", .fix = ""}));

    EXPECT_EQ(error.faults()[0].found, ranks_.size() == 1 ? "0" : "1");
}

TEST_F(Agreement, WorkGoesOnAfterwards) {
    static_cast<void>(
        agreed(ranks_.rank() == 0,
               Error(ErrorKind::data, Fault{.where = "x", .found = "y", .expected = "", .fix = ""})));
    std::vector<std::int64_t> one{1};
    ranks_.host().all_reduce(buffer(std::span(one)), Reduction::sum);
    EXPECT_EQ(one[0], ranks_.size());
}

TEST_F(Agreement, ForeignExceptionsBecomeErrorsOfTheEnvironment) {
    if (ranks_.size() == 1) {
        EXPECT_THROW(agree(ranks_, std::make_exception_ptr(std::bad_alloc())), std::bad_alloc);
        return;
    }
    ranks_.set_phase("evaluate");
    const Error error = agreed(ranks_.rank() == 0, std::bad_alloc());
    EXPECT_EQ(error.kind(), ErrorKind::environment);
    EXPECT_THAT(error.faults()[0].where, StartsWith("rank 0 on "));
    EXPECT_THAT(error.faults()[0].where, HasSubstr("evaluate"));
    EXPECT_EQ(error.faults()[0].found, "std::bad_alloc");
}

TEST_F(Agreement, EndlessMessagesAreCut) {
    if (ranks_.size() > 1) {
        const Error error = agreed(
            ranks_.rank() == 0,
            Error(ErrorKind::data,
                  Fault{.where = "x", .found = std::string(1'000'000, 'y'), .expected = "", .fix = ""}));
        EXPECT_LE(error.faults()[0].found.size(), 65'536U);
    }
}

} // namespace
} // namespace suite::dist::testing
