#include "suite/base/memory.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

namespace suite {

double memory_bytes() {
    return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

double available_memory_bytes() {
    const double all = memory_bytes();
    std::ifstream file("/proc/meminfo");
    std::string name;
    double kibibytes = 0.0;
    std::string unit;
    while (file >> name >> kibibytes) {
        if (name == "MemAvailable:") {
            return std::min(all, kibibytes * 1024.0);
        }
        std::getline(file, unit);
    }
    return all;
}

} // namespace suite
