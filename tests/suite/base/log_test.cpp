#include "suite/base/log.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace suite {
namespace {

TEST(Log, OneLineAMessageOnStderrAboveTheLevel) {
    testing::internal::CaptureStderr();
    set_log_level(LogLevel::warning);
    log_info("dropped");
    log_warning("kept");
    log_error("kept too");
    set_log_level(LogLevel::info);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "kept\nkept too\n");
}

TEST(Log, AReaderThatIsGoneCostsMessagesNotTheProcess) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        ::close(ends[0]);
        ::dup2(ends[1], STDERR_FILENO);
        log_error("into the void");
        ::_exit(42);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

} // namespace
} // namespace suite
