// Without hwloc: the cores that this process may use, all alike.
#include <sched.h>

#include "suite/base/error.hpp"
#include "suite/dist/topology.hpp"

namespace suite::dist {

Topology this_topology() {
    cpu_set_t set;
    CPU_ZERO(&set);
    Topology topology;
    if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
        for (int core = 0; core < CPU_SETSIZE; ++core) {
            if (CPU_ISSET(static_cast<std::size_t>(core), &set)) {
                topology.cores.push_back({.number = core});
            }
        }
    }
    return topology;
}

Topology synthetic_topology(const std::string& description) {
    throw Error(ErrorKind::usage, Fault{.where = "topology",
                                        .found = "'" + description + "' in a build without hwloc",
                                        .expected = "a build with it",
                                        .fix = "install libhwloc-dev, then ./reproduce build"});
}

} // namespace suite::dist
