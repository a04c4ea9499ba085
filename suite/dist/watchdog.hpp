// An end for calls that cannot be given up: those that start and finish MPI wait for other ranks without any
// limit of their own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace suite::dist {

/// Unless it is destroyed within the deadline it logs the message as an error of kind peer and ends the
/// process with exit code 8, without cleaning up: what would clean up is what hangs.
class Watchdog {
public:
    Watchdog(double deadline_seconds, std::string doing);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void watch(double deadline_seconds, const std::string& doing);

    std::mutex mutex_;
    std::condition_variable ended_changed_;
    bool ended_ = false;
    std::thread thread_; ///< last: it uses the others
};

} // namespace suite::dist
