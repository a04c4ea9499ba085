#include <fstream>
#include <map>
#include <string>

#include <hdf5.h>
#include <sys/utsname.h>

#include "provenance_generated.hpp"
#include "suite/base/files.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/executor.hpp"

namespace suite::worker {
namespace {

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("model name")) {
            return line.substr(line.find(':') + 2);
        }
    }
    return "unknown";
}

std::string hdf5_version() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

std::string kernel() {
    utsname name{};
    return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "unknown";
}

} // namespace

const std::map<std::string, std::string>& process_provenance() {
    static const std::map<std::string, std::string> provenance{
        {"commit", std::string(build_provenance::git_commit)},
        {"dirty", build_provenance::git_dirty ? "yes" : "no"},
        {"compiler", std::string(build_provenance::compiler)},
        {"build_type", std::string(build_provenance::build_type)},
        {"flags", std::string(build_provenance::compile_flags)},
        {"version", std::string(build_provenance::project_version)},
        {"libtorch", train::torch_version()},
        {"cpu_capability", train::cpu_capability()},
        {"hdf5", hdf5_version()},
        {"host", this_process().host},
        {"cpu", cpu_model()},
        {"kernel", kernel()},
        {"threads", "1"},
    };
    return provenance;
}

} // namespace suite::worker
