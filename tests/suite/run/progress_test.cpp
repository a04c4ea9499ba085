#include "suite/run/progress.hpp"

#include <gmock/gmock.h>

#include "suite/base/log.hpp"
#include "suite/run/estimate.hpp"

namespace suite::run {
namespace {

ProgressState half_done() {
    return {.done = 12,
            .total = 194,
            .failed = 0,
            .remaining_seconds = 180.0,
            .current = {{.label = "cifar10/R50x1/1K-NAT"}, {.label = "pretrain imagenet1k/R50x1"}}};
}

TEST(ProgressText, SaysHowFarHowFastHowLongAndWhat) {
    EXPECT_EQ(progress_text(half_done(), 10.0, 9, 0),
              "runs 12/194, 54.0/min, about 3 min left, now cifar10/R50x1/1K-NAT; pretrain imagenet1k/R50x1");
}

TEST(ProgressText, CountsFailuresAndFastRunsPerSecond) {
    ProgressState state = half_done();
    state.failed = 2;
    state.current.clear();
    EXPECT_EQ(progress_text(state, 10.0, 25, 0), "runs 12/194, 2 failed, 2.5/s, about 3 min left");
}

TEST(ProgressText, LeavesOutWhatIsUnknown) {
    EXPECT_EQ(progress_text({.total = 7, .current = {}}, 0.0, 0, 0), "runs 0/7");
}

TEST(ProgressText, IsCutToTheTerminal) {
    EXPECT_EQ(progress_text(half_done(), 10.0, 9, 20), "runs 12/194, 54.0/mi");
    EXPECT_EQ(progress_text(half_done(), 10.0, 9, 1000), progress_text(half_done(), 10.0, 9, 0));
}

ProgressState long_runs() {
    ProgressState state = half_done();
    state.current[1].step = 1200;
    state.current[1].total_steps = 2500;
    state.current[1].loss = 1.23456;
    return state;
}

TEST(ProgressText, SaysHowFarLongRunsAreAndTheirLoss) {
    EXPECT_THAT(progress_text(long_runs(), 10.0, 9, 0),
                ::testing::HasSubstr("now cifar10/R50x1/1K-NAT; pretrain imagenet1k/R50x1 48 % loss 1.235"));
    EXPECT_THAT(long_run_lines(long_runs()),
                ::testing::ElementsAre("   48 %  step 1200/2500  loss 1.235  pretrain imagenet1k/R50x1"));
}

FinishedRun finished_run() {
    return {.key = "0123456789abcdef0123456789abcdef",
            .name = "cifar10/R50x1/1K-NAT",
            .seed = 3,
            .metric = "top1",
            .score = 57.312,
            .unit = "%",
            .seconds = 4.21};
}

// Scripts take the line that begins with "done" apart at its blanks: it stays as it was.
TEST(DoneText, HasScoreAndTimeOnALineOfTheirOwn) {
    EXPECT_EQ(done_text(finished_run()), "done 0123456789abcdef0123456789abcdef cifar10/R50x1/1K-NAT 3\n"
                                         "  top1 57.31 % after 4.2 s");
    EXPECT_EQ(short_done_text(finished_run()),
              "done 0123456789abcdef cifar10/R50x1/1K-NAT 3  top1 57.31 % after 4.2 s");
}

TEST(DoneText, OfARunThatAnotherProcessDidIsTheContractAlone) {
    EXPECT_EQ(done_text({.key = "k", .name = "c", .seed = 1, .metric = {}, .unit = {}}), "done k c 1");
}

TEST(DurationText, ChoosesTheUnitAPersonWould) {
    EXPECT_EQ(duration_text(0.0), "0 s");
    EXPECT_EQ(duration_text(45.2), "45 s");
    EXPECT_EQ(duration_text(12.0 * 60), "12 min");
    EXPECT_EQ(duration_text(3.4 * 3600), "3.4 h");
    EXPECT_EQ(duration_text(210.0 * 86400), "210 days");
    EXPECT_EQ(duration_text(890.0 * 365.25 * 86400), "890 years");
}

TEST(ProgressLine, WritesWholeLinesWhereNobodyWatches) {
    ::testing::internal::CaptureStderr();
    ProgressLine line; // stderr is no terminal here
    line.update(half_done());
    line.note("done KEY");
    line.count_done();
    line.finish({.done = 194, .total = 194, .current = {{.label = "not shown"}}});
    const std::string text = ::testing::internal::GetCapturedStderr();

    EXPECT_THAT(text, ::testing::MatchesRegex("done KEY\nruns 194/194, [0-9.]+/(s|min)\n"));
}

TEST(ProgressLine, WritesScoreAndTimeOfAFinishedRun) {
    ::testing::internal::CaptureStderr();
    ProgressLine line;
    line.note_done(finished_run());
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(text, done_text(finished_run()) + "\n");
}

TEST(ProgressLine, IsSilentWhenAskedToBe) {
    set_log_level(LogLevel::error);
    ::testing::internal::CaptureStderr();
    ProgressLine line;
    line.note("done KEY");
    line.finish(half_done());
    const std::string text = ::testing::internal::GetCapturedStderr();
    set_log_level(LogLevel::info);

    EXPECT_EQ(text, "");
}

} // namespace
} // namespace suite::run
