#include "suite/run/worker_process.hpp"

#include <fcntl.h>
#include <poll.h>

#include "suite/run/stop_signals.hpp"
#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::planned;
using testing::RunTest;

class WorkerProcessTest : public RunTest {
protected:
    plan::WorkOrder order(const std::string& behaviour) const {
        const plan::PlannedRun run = planned(plan::RunKind::pretrain, behaviour, 0, "");
        return {.key = run.key,
                .config = canonical_text(run.config),
                .cell = run.cell,
                .workload = "toy",
                .profile = "toy"};
    }
    /// The next reports; none at the worker's end.
    static std::vector<plan::WorkReport> next_reports(WorkerProcess& worker) {
        for (bool ended = false; !ended;) {
            pollfd descriptor{.fd = worker.report_fd(), .events = POLLIN, .revents = 0};
            ::poll(&descriptor, 1, 10'000);
            if (auto reports = worker.receive(ended); !reports.empty()) {
                return reports;
            }
        }
        return {};
    }
};

TEST(RunWorker, HandsOnTheExitCodeAndExplainsWhatIsNone) {
    EXPECT_EQ(run_worker("/bin/sh", {"-c", "exit 0"}), 0);
    EXPECT_EQ(run_worker("/bin/sh", {"-c", "test \"$0 $1\" = 'a b c' || exit 9; exit 4", "a b", "c"}), 4);
    for (const auto& [program, word] :
         {std::pair{"/bin/sh", "signal 9"}, {"/nowhere/worker", "exit code 127"}}) {
        try {
            static_cast<void>(run_worker(program, {"-c", "kill -9 $$"}));
            ADD_FAILURE() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::environment);
            EXPECT_THAT(error.what(), HasSubstr(word));
        }
    }
}

TEST_F(WorkerProcessTest, SaysThatItIsReadyAnswersOrdersAndEndsWhenThereAreNoMore) {
    WorkerProcess worker({.program = testing::fake_worker(), .store = store_path()});
    EXPECT_EQ(next_reports(worker).at(0).key, "");

    EXPECT_TRUE(worker.send(order("succeed")));
    const std::vector<plan::WorkReport> reports = next_reports(worker);
    worker.stop();

    EXPECT_EQ(reports.at(0).event, plan::WorkEvent::done);
    EXPECT_EQ(reports.at(0).key, order("succeed").key);
    EXPECT_TRUE(next_reports(worker).empty());
    static_cast<void>(worker.wait());
}

TEST_F(WorkerProcessTest, SendingToADeadOneIsNoCrash) {
    const StopSignals ignores_broken_pipes;
    WorkerProcess worker({.program = testing::fake_worker(), .store = store_path()});
    static_cast<void>(next_reports(worker));
    worker.signal(SIGKILL);
    EXPECT_TRUE(next_reports(worker).empty());
    EXPECT_EQ(describe_exit(worker.wait()), "signal 9 (Killed), perhaps out of memory");

    EXPECT_FALSE(worker.send(order("succeed")));
}

TEST_F(WorkerProcessTest, IsReapedByItsOwner) {
    pid_t pid = 0;
    {
        WorkerProcess worker({.program = testing::fake_worker(), .store = store_path()});
        EXPECT_TRUE(worker.send(order("stubborn")));
        ASSERT_TRUE(testing::becomes_true([&] { return !workers().empty(); }));
        pid = workers().front();
        WorkerProcess moved = std::move(worker);
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
}

// A service that closed its standard streams starts workers that can still read and write.
TEST_F(WorkerProcessTest, WorksWithoutStandardStreams) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(STDIN_FILENO);
        ::close(STDOUT_FILENO);
        WorkerProcess worker({.program = testing::fake_worker(), .store = store_path()});
        const bool ready = !next_reports(worker).empty();
        const bool done = worker.send(order("succeed")) && !next_reports(worker).empty();
        ::_exit(ready && done ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(WorkerProgram, MustBeThere) {
    std::string message;
    try {
        static_cast<void>(worker_program("/nowhere/worker"));
    } catch (const Error& error) {
        message = error.what();
    }
    EXPECT_THAT(message, AllOf(HasSubstr("/nowhere/worker"), HasSubstr("./reproduce build")));
}

TEST(DescribeExit, UsesWords) {
    EXPECT_EQ(describe_exit(3 << 8), "exit code 3"); // wait statuses as Linux encodes them
    EXPECT_EQ(describe_exit(127 << 8), "exit code 127: the program or one of its libraries was not found");
    EXPECT_EQ(describe_exit(SIGSEGV), "signal 11 (Segmentation fault)");
    EXPECT_EQ(describe_exit(SIGKILL), "signal 9 (Killed), perhaps out of memory");
}

TEST(StopSignals, AskAndRestore) {
    {
        const StopSignals signals;
        EXPECT_FALSE(signals.requested());
        ::raise(SIGPIPE);
        ::raise(SIGXFSZ);
        EXPECT_FALSE(signals.requested());
        ::raise(SIGUSR1);
        EXPECT_TRUE(signals.requested());
    }
    struct sigaction action {};
    ::sigaction(SIGUSR1, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
    EXPECT_FALSE(StopSignals().requested()); // a new question begins anew
}

} // namespace
} // namespace suite::run
