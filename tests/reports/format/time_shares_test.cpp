#include "reports/format/time_shares.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace reports {
namespace {

using suite::store::RunRecord;

/// Training takes half of the wall time; of the rest, evaluation 1 s, data 0.5 s, store 0.25 s.
RunRecord run(double started_seconds, double wall_seconds) {
    RunRecord record;
    record.wall_seconds = wall_seconds;
    record.train_seconds = wall_seconds / 2.0;
    record.timing = suite::store::Timing{.started_seconds = started_seconds,
                                         .data_seconds = 0.5,
                                         .evaluation_seconds = 1.0,
                                         .store_seconds = 0.25};
    return record;
}

TEST(TimeShares, CountsWhatTwoJobsDidAndTheirIdleTime) {
    // One job: 0 to 10 and 10 to 20; the other: 4 to 14.
    const TimeShares shares = time_shares(std::vector{run(100.0, 10.0), run(104.0, 10.0), run(110.0, 10.0)});
    EXPECT_EQ(shares.runs, 3U);
    EXPECT_EQ(shares.untimed, 0U);
    EXPECT_EQ(shares.jobs, 2U); // a run that begins when another ends is not beside it
    EXPECT_DOUBLE_EQ(shares.wall_seconds, 20.0);
    EXPECT_DOUBLE_EQ(shares.training_seconds, 15.0);
    EXPECT_DOUBLE_EQ(shares.evaluation_seconds, 3.0);
    EXPECT_DOUBLE_EQ(shares.data_seconds, 1.5);
    EXPECT_DOUBLE_EQ(shares.store_seconds, 0.75);
    EXPECT_DOUBLE_EQ(shares.other_seconds, 30.0 - 15.0 - 3.0 - 1.5 - 0.75);
    EXPECT_DOUBLE_EQ(shares.idle_seconds, 10.0);
}

TEST(TimeShares, CountsShortGapsAsIdleAndLongOnesNotAtAll) {
    const TimeShares shares = time_shares(std::vector{run(0.0, 10.0), run(12.0, 10.0), run(5000.0, 10.0)});
    EXPECT_EQ(shares.jobs, 1U);
    EXPECT_DOUBLE_EQ(shares.wall_seconds, 32.0);
    EXPECT_DOUBLE_EQ(shares.idle_seconds, 2.0);
}

TEST(TimeShares, LeavesOutRecordsOfEarlierVersions) {
    RunRecord old;
    old.wall_seconds = 50.0;
    old.train_seconds = 40.0;
    const TimeShares shares = time_shares(std::vector{old, run(0.0, 10.0)});
    EXPECT_EQ(shares.runs, 2U);
    EXPECT_EQ(shares.untimed, 1U);
    EXPECT_DOUBLE_EQ(shares.training_seconds, 5.0);
    EXPECT_NE(time_shares_text(shares).find("training 50.0 %, evaluation 10.0 %, data 5.0 %, store 2.5 %, "
                                            "other 32.5 %, idle 0.0 % (1 runs say nothing)"),
              std::string::npos)
        << time_shares_text(shares);
}

// 30 s were trained in attempts that were stopped; the last one was 4 s long.
RunRecord resumed_run() {
    RunRecord record = run(100.0, 4.0);
    record.train_seconds = 32.0;
    record.provenance["resumed_at_step"] = "300";
    return record;
}

TEST(TimeShares, CountsOfAResumedRunWhatItsLastAttemptDid) {
    RunRecord record = resumed_run();
    record.provenance["resumed_train_seconds"] = "30.25";
    const TimeShares shares = time_shares(std::vector{record});
    EXPECT_DOUBLE_EQ(shares.training_seconds, 1.75);
    EXPECT_DOUBLE_EQ(shares.earlier_seconds, 30.25);
    EXPECT_DOUBLE_EQ(shares.other_seconds, 4.0 - 1.75 - 1.0 - 0.5 - 0.25);
    EXPECT_DOUBLE_EQ(shares.idle_seconds, 0.0);
    EXPECT_TRUE(time_shares_text(shares).ends_with("; before their last resumption they trained for 30.2 s"))
        << time_shares_text(shares);
}

TEST(TimeShares, AllowsNoMoreTrainingThanTheLastAttemptHadTimeFor) {
    for (const char* unusable : {"", "much", "-3", "1e999", "33"}) { // "": not in records of earlier versions
        RunRecord record = resumed_run();
        if (*unusable != '\0') {
            record.provenance["resumed_train_seconds"] = unusable;
        }
        const TimeShares shares = time_shares(std::vector{record});
        EXPECT_DOUBLE_EQ(shares.training_seconds, 4.0 - 1.0 - 0.5 - 0.25) << unusable;
        EXPECT_DOUBLE_EQ(shares.earlier_seconds, 32.0 - 2.25) << unusable;
        EXPECT_DOUBLE_EQ(shares.other_seconds, 0.0) << unusable;
    }
}

TEST(TimeShares, HasNothingToSayWithoutTiming) {
    EXPECT_EQ(time_shares_text(time_shares({})), "");
    EXPECT_EQ(time_shares_text(time_shares(std::vector{RunRecord{}})), "");
}

} // namespace
} // namespace reports
