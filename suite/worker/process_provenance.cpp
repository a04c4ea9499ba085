#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include <fmt/format.h>
#include <hdf5.h>
#include <sys/utsname.h>

#include "provenance_generated.hpp"
#include "suite/base/files.hpp"
#include "suite/train/runtime.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/executor.hpp"

namespace suite::worker {
namespace {

/// Lines of the first processor in /proc/cpuinfo, "name: value".
std::map<std::string, std::string> first_processor() {
    std::map<std::string, std::string> lines;
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line) && !line.empty()) {
        const std::size_t colon = line.find(':');
        if (colon != std::string::npos) {
            const std::string name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
            lines[name] = line.size() > colon + 2 ? line.substr(colon + 2) : "";
        }
    }
    return lines;
}

std::string value_or(const std::map<std::string, std::string>& lines, const std::string& name,
                     const std::string& otherwise) {
    const auto found = lines.find(name);
    return found == lines.end() ? otherwise : found->second;
}

/// "AuthenticAMD family 25 model 17 stepping 1": what numerical libraries choose their code by. The model
/// name may be one that a virtual machine was given.
std::string cpu_id(const std::map<std::string, std::string>& lines) {
    if (!lines.contains("vendor_id")) { // Arm
        return fmt::format("implementer {} part {}", value_or(lines, "CPU implementer", "unknown"),
                           value_or(lines, "CPU part", "unknown"));
    }
    return fmt::format("{} family {} model {} stepping {}", lines.at("vendor_id"),
                       value_or(lines, "cpu family", "?"), value_or(lines, "model", "?"),
                       value_or(lines, "stepping", "?"));
}

/// Settings by which the libraries take other code than the CPU's best: "MKL_CBWR=AVX2", joined by blanks.
std::string library_switches() {
    std::string text;
    for (const char* name : {"ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS",
                             "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
            text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
        }
    }
    return text.empty() ? "none" : text;
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
    static const std::map<std::string, std::string> provenance = [] {
        const std::map<std::string, std::string> processor = first_processor();
        std::map<std::string, std::string> facts{
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
            {"cpu", value_or(processor, "model name", "unknown")},
            {"cpu_id", cpu_id(processor)},
            {"switches", library_switches()},
            {"kernel", kernel()},
            {"threads", "1"},
        };
        facts.merge(train::numerical_libraries());
        return facts;
    }();
    return provenance;
}

} // namespace suite::worker
