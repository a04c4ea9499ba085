#include "suite/worker/host_load.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "suite/base/clock.hpp"

namespace suite::worker {
namespace {

namespace fs = std::filesystem;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

cpu_set_t allowed() {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    return set;
}

// Lines "cpuN user nice system idle iowait irq softirq steal" (proc(5)), in ticks; those of the allowed
// cores: a container sees its host's other cores, too.
void read_stat(const fs::path& file, HostCounters& counters) {
    const cpu_set_t set = allowed();
    const double per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::ifstream stat(file);
    for (std::string line; per_second > 0 && std::getline(stat, line);) {
        std::istringstream fields(line);
        std::string name;
        std::array<double, 8> ticks{};
        std::size_t core = 0;
        fields >> name;
        if (!name.starts_with("cpu") || !(std::istringstream(name.substr(3)) >> core) ||
            core >= CPU_SETSIZE || CPU_ISSET(core, &set) == 0) {
            continue;
        }
        for (double& value : ticks) {
            fields >> value;
        }
        counters.busy_seconds += (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / per_second;
        counters.steal_seconds += ticks[7] / per_second;
    }
}

std::int64_t throttle_events(const fs::path& cpus) {
    std::int64_t sum = -1;
    std::error_code error;
    for (fs::directory_iterator entry(cpus, error), end; !error && entry != end; entry.increment(error)) {
        std::ifstream file(entry->path() / "thermal_throttle" / "core_throttle_count");
        if (std::int64_t count = 0; file >> count) {
            sum = std::max<std::int64_t>(sum, 0) + count;
        }
    }
    return sum;
}

} // namespace

HostCounters read_host_counters(const fs::path& root) {
    HostCounters counters;
    read_stat(root / "proc" / "stat", counters);
    counters.throttle_events = throttle_events(root / "sys" / "devices" / "system" / "cpu");
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    counters.own_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    counters.monotonic_seconds = monotonic_seconds();
    return counters;
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "unknown";
}

int core_count() {
    return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::string allowed_cores() {
    const cpu_set_t set = allowed();
    std::string text;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set) == 0) {
            continue;
        }
        std::size_t last = core;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set) != 0) {
            ++last;
        }
        text += fmt::format("{}{}", text.empty() ? "" : ",", core);
        text += last > core ? fmt::format("-{}", last) : "";
        core = last;
    }
    return text;
}

int allowed_core_count() {
    const cpu_set_t set = allowed();
    return std::max(1, CPU_COUNT(&set));
}

} // namespace suite::worker
