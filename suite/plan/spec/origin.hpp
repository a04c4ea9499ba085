// Where a declaration was read.
#pragma once

#include <string>

namespace suite::plan {

/// Where a declaration stands, for messages: "workloads/cherti2021/table1/workload.toml:12".
struct Origin {
    std::string file;
    int line = 0;
    [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line); }
    [[nodiscard]] bool operator==(const Origin&) const { return true; } // never part of a value's identity
};

} // namespace suite::plan
