// What else a host did while something was measured on it: other processes, its hypervisor, its heat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace suite::worker {

/// A reading of the counters of the cores that this process may run on.
struct HostCounters {
    double busy_seconds = 0.0;  ///< of these cores: user, nice, system, interrupts
    double steal_seconds = 0.0; ///< taken by the hypervisor
    double own_seconds = 0.0;   ///< of this process, user and system
    double monotonic_seconds = 0.0;
    std::int64_t throttle_events = -1; ///< of all cores' thermal counters; −1 where there are none
};

/// Counters of these cores and this process now. `root`: "/" but for tests. Absent files read as nothing
/// busy.
[[nodiscard]] HostCounters read_host_counters(const std::filesystem::path& root = "/");

/// Name of this host; "unknown" where it has none.
[[nodiscard]] std::string host_name();
/// Cores of this host.
[[nodiscard]] int core_count();
/// The cores that this thread may run on, as "0-3,6".
[[nodiscard]] std::string allowed_cores();
/// How many they are.
[[nodiscard]] int allowed_core_count();

} // namespace suite::worker
