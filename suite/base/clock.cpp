#include "suite/base/clock.hpp"

#include <ctime>

namespace suite {

namespace {

double seconds_of(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace

double monotonic_seconds() noexcept {
    return seconds_of(CLOCK_MONOTONIC);
}

double unix_seconds() noexcept {
    return seconds_of(CLOCK_REALTIME);
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

std::optional<std::int64_t> seconds_since_1970(const std::string& utc) {
    std::tm parts{};
    const char* end = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') {
        return std::nullopt;
    }
    return timegm(&parts);
}

} // namespace suite
