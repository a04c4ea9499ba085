// One worker process: orders go to its stdin, reports come from its stdout, its stderr is ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "suite/base/files.hpp"
#include "suite/plan/work_message.hpp"

namespace suite::run {

/// The worker program: TRANSFERSCALE_WORKER, else transferscale-worker beside this program or in
/// ../worker of the build tree. Throws Error(environment) when there is none.
[[nodiscard]] std::filesystem::path worker_program();

/// How a process ended, in words: "exit code 3", "signal 9 (Killed), perhaps out of memory".
[[nodiscard]] std::string describe_exit(int wait_status);

/// Runs the program with these arguments, its standard streams ours, and waits; its exit code. Throws
/// Error(environment) when it does not start or ends by a signal.
[[nodiscard]] int run_worker(const std::filesystem::path& program, const std::vector<std::string>& arguments);

/// Move-only owner of a running worker. The destructor kills and reaps it: no orphan stays, and the worker
/// itself dies with its scheduler (parent-death signal).
class WorkerProcess {
public:
    /// Starts the program with `--store DIR`. Throws Error(environment).
    WorkerProcess(const std::filesystem::path& program, const std::filesystem::path& store);
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
    /// Asks it to end: SIGTERM, and no more orders for a worker that was just about to wait for one.
    void stop() noexcept;
    /// Waits for the end and returns the wait status.
    int wait() noexcept;
    /// The wait status if it has ended already.
    [[nodiscard]] std::optional<int> try_wait() noexcept;

private:
    pid_t pid_ = -1;
    UniqueFd to_worker_;
    UniqueFd from_worker_;
    std::string unread_;
};

} // namespace suite::run
