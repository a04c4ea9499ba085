// One worker process: orders go to its stdin, reports come from its stdout, its stderr is ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "suite/base/files.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/run/launcher.hpp"

namespace suite::run {

/// The worker program: the one that is named, else transferscale-worker beside this program or in ../worker
/// of the build tree. Throws Error(environment) when there is none.
[[nodiscard]] std::filesystem::path worker_program(const std::filesystem::path& named = {});

/// How a process ended, in words: "exit code 3", "signal 9 (Killed), perhaps out of memory".
[[nodiscard]] std::string describe_exit(int wait_status);

/// Runs the program with these arguments, its standard streams ours, and waits; its exit code. Throws
/// Error(environment) when it does not start or ends by a signal.
[[nodiscard]] int run_worker(const std::filesystem::path& program, const std::vector<std::string>& arguments);

/// Move-only owner of a running worker. The destructor kills and reaps it: no orphan stays, and the worker
/// itself dies with its scheduler (parent-death signal).
class WorkerProcess {
public:
    /// Starts it as command_of has it. Throws Error(environment), Error(usage) for a launcher template that
    /// is not valid.
    explicit WorkerProcess(const WorkerLaunch& launch);
    ~WorkerProcess();
    WorkerProcess(WorkerProcess&& other) noexcept;
    WorkerProcess& operator=(WorkerProcess&& other) noexcept;

    /// False when the worker is gone (its pipe is closed).
    [[nodiscard]] bool send(const plan::WorkOrder& order);
    /// Readable descriptor for poll(2).
    [[nodiscard]] int report_fd() const noexcept { return from_worker_.get(); }
    /// Everything that has arrived. Sets `ended` when the worker has closed its end.
    [[nodiscard]] std::vector<plan::WorkReport> receive(bool& ended);
    void signal(int number) const noexcept;
    /// No more orders: it ends after the one in hand.
    void end_orders() noexcept;
    /// Asks it to end: no more orders, and SIGTERM; a launcher of ranks gets SIGUSR1, which it passes on,
    /// where SIGTERM would make it kill them.
    void stop() noexcept;
    /// Waits for the end and returns the wait status.
    int wait() noexcept;
    /// The wait status if it has ended already.
    [[nodiscard]] std::optional<int> try_wait() noexcept;

private:
    pid_t pid_ = -1;
    int stop_signal_ = 0;
    UniqueFd to_worker_;
    UniqueFd from_worker_;
    std::string unread_;
};

} // namespace suite::run
