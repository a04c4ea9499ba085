// SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 become a question that the loop asks.
#pragma once

#include <array>
#include <csignal>

namespace suite::run {

/// Catches the stop signals (and ignores SIGPIPE and SIGXFSZ) while it lives; restores the old handlers
/// afterwards. One at a time per process.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    [[nodiscard]] bool requested() const noexcept;

private:
    std::array<struct sigaction, 7> previous_{};
};

} // namespace suite::run
