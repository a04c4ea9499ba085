#include "suite/base/clock.hpp"

#include <ctime>

namespace suite {
namespace {

double read_clock(clockid_t id) noexcept {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace

double monotonic_seconds() noexcept {
    return read_clock(CLOCK_MONOTONIC);
}
double process_cpu_seconds() noexcept {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace suite
