// What Slurm's commands say, and what is made of it. Lines as scontrol 22.05 prints them.
#include "suite/run/slurm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/clock.hpp"
#include "suite/base/error.hpp"

namespace suite::run {
namespace {

std::string line(const std::string& state, const std::string& exit_code) {
    return "JobId=7 JobName=t UserId=root(0) JobState=" + state +
           " Reason=None Dependency=(null) Requeue=1 Restarts=0 ExitCode=" + exit_code +
           " RunTime=00:00:01\n";
}

TEST(JobStatus, OfOneJob) {
    EXPECT_FALSE(job_status_from(line("RUNNING", "0:0")).ended);
    EXPECT_TRUE(job_status_from(line("COMPLETED", "0:0")).ended);
    EXPECT_EQ(job_status_from(line("COMPLETED", "0:0")).exit_code, 0);
    EXPECT_EQ(job_status_from(line("FAILED", "3:0")).exit_code, 3);
    EXPECT_EQ(job_status_from(line("FAILED", "0:9")).exit_code, 137);
}

TEST(JobStatus, IsNeverASuccessForAJobThatDidNotComplete) {
    for (const char* state : {"CANCELLED", "TIMEOUT", "NODE_FAIL", "DEADLINE", "BOOT_FAIL"}) {
        const JobStatus status = job_status_from(line(state, "0:0"));
        EXPECT_TRUE(status.ended) << state;
        EXPECT_EQ(status.exit_code, 8) << state;
    }
}

TEST(JobStatus, OfARequeuedJobIsOpen) {
    for (const char* state : {"PENDING", "REQUEUED", "COMPLETING", "REQUEUE_HOLD"}) {
        EXPECT_FALSE(job_status_from(line(state, "75:0")).ended) << state;
    }
}

TEST(JobStatus, OfAnArrayIsThatOfAllTasks) {
    const std::string done = line("COMPLETED", "0:0");
    EXPECT_EQ(job_status_from(done + line("RUNNING", "0:0") + line("FAILED", "2:0")).state, "RUNNING");
    EXPECT_FALSE(job_status_from(done + line("PENDING", "0:0")).ended);
    const JobStatus failed = job_status_from(done + line("FAILED", "2:0") + line("TIMEOUT", "0:0"));
    EXPECT_TRUE(failed.ended);
    EXPECT_EQ(failed.state, "FAILED");
    EXPECT_EQ(failed.exit_code, 2);
}

TEST(JobStatus, OfNothingIsNoSuccess) {
    EXPECT_THROW((void)job_status_from(""), Error);
    EXPECT_THROW((void)job_status_from("slurm_load_jobs error\n"), Error);
}

TEST(RunCommand, GivesCodeAndAllThatWasPrinted) {
    const CommandOutput output = run_command({"sh", "-c", "echo out; echo err >&2; exit 3"}, 60.0);
    EXPECT_EQ(output.exit_code, 3);
    EXPECT_EQ(output.text, "out\nerr\n");
    EXPECT_FALSE(output.timed_out);
}

TEST(RunCommand, EndsWhatDoesNotAnswer) {
    const double start = monotonic_seconds();
    const CommandOutput output = run_command({"sleep", "60"}, 0.2);
    EXPECT_TRUE(output.timed_out);
    EXPECT_LT(monotonic_seconds() - start, 50.0);
}

TEST(RunCommand, NamesAProgramThatIsNotThere) {
    try {
        (void)run_command({"no-such-program-here"}, 1.0);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::environment);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("no-such-program-here"));
    }
}

} // namespace
} // namespace suite::run
