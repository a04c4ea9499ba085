#include "suite/run/stop_signals.hpp"

namespace suite::run {
namespace {

constexpr std::array<int, 7> handled{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};

constexpr bool is_ignored(int number) {
    return number == SIGPIPE || number == SIGXFSZ;
}

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void note_stop(int) {
    stop_requested = 1;
}

} // namespace

StopSignals::StopSignals() {
    stop_requested = 0;
    for (std::size_t i = 0; i < handled.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = is_ignored(handled[i]) ? SIG_IGN : note_stop;
        sigemptyset(&action.sa_mask);
        ::sigaction(handled[i], &action, &previous_[i]);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < handled.size(); ++i) {
        ::sigaction(handled[i], &previous_[i], nullptr);
    }
}

bool StopSignals::requested() const noexcept {
    return stop_requested != 0;
}

} // namespace suite::run
