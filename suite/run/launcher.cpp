#include "suite/run/launcher.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

#include "suite/base/error.hpp"

namespace suite::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ranks_mark = "{ranks}";

fs::path on_path(const std::string& program) {
    if (program.find('/') != std::string::npos) {
        return ::access(program.c_str(), X_OK) == 0 ? fs::path(program) : fs::path();
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        const fs::path candidate = fs::path(folder.empty() ? "." : folder) / program;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return {};
}

/// Of "NAME=value".
std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

bool binds_threads(std::string_view variable) {
    return std::ranges::find(binding_variables, name_of(variable)) != binding_variables.end();
}

bool sets_any_of(std::string_view variable, const std::vector<std::string>& others) {
    return std::ranges::any_of(others,
                               [&](const std::string& other) { return name_of(other) == name_of(variable); });
}

std::vector<std::string> launcher_words(const WorkerLaunch& launch) {
    std::vector<std::string> words;
    std::istringstream text(launch.launcher);
    bool names_ranks = false;
    for (std::string word; text >> word; words.push_back(word)) {
        for (std::size_t at = word.find(ranks_mark); at != std::string::npos; at = word.find(ranks_mark)) {
            word.replace(at, ranks_mark.size(), std::to_string(launch.ranks));
            names_ranks = true;
        }
    }
    if (!names_ranks) {
        throw Error(ErrorKind::usage, Fault{.where = "--launcher",
                                            .found = "'" + launch.launcher + "'",
                                            .expected = "a command that holds {ranks}",
                                            .fix = fmt::format("as in '{}'", default_launcher)});
    }
    const fs::path program = on_path(words.front());
    if (program.empty()) {
        throw Error(ErrorKind::environment,
                    Fault{.where = words.front(),
                          .found = "no such program on PATH",
                          .expected = "a launcher of MPI ranks",
                          .fix = "install openmpi-bin and libopenmpi-dev, then ./reproduce build; or name "
                                 "another with --launcher"});
    }
    words.front() = program.string();
    if (launch.launcher == default_launcher) {
        if (launch.oversubscribed) {
            words.emplace_back("--oversubscribe");
        }
        for (const std::string& variable : library_variables(launch)) { // to ranks on other hosts, too
            words.insert(words.end(), {"-x", std::string(name_of(variable))});
        }
    }
    return words;
}

/// Why mpirun cannot keep its sockets in TMPDIR; "" when nothing is wrong with it.
std::string fault_of_tmpdir() {
    const char* folder = std::getenv("TMPDIR");
    if (folder == nullptr || *folder == '\0') {
        return "";
    }
    std::error_code error;
    const std::string setting = fmt::format("TMPDIR={}", folder);
    if (!fs::is_directory(folder, error)) {
        return setting + ", which is no folder";
    }
    // The sockets' names are at most 108 bytes long.
    constexpr std::size_t longest_folder = 60;
    if (std::string_view(folder).size() > longest_folder) {
        return setting + ", whose name is too long for the names of sockets in it";
    }
    const fs::path probe = fs::path(folder) / fmt::format(".transferscale-{}", ::getpid());
    if (!fs::create_directory(probe, error) || error) {
        return setting + ", in which no folder can be made";
    }
    fs::remove(probe, error);
    return "";
}

} // namespace

std::string set_binding_variables() {
    std::vector<std::string_view> names;
    for (const std::string_view name : binding_variables) {
        if (std::getenv(std::string(name).c_str()) != nullptr) {
            names.push_back(name);
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

Fault failed_launch(const WorkerLaunch& launch, const std::string& how_it_ended) {
    const std::string tmpdir = fault_of_tmpdir();
    const std::string found = fmt::format(
        "a launcher that ended with {} before any rank started; its own message is above", how_it_ended);
    return {.where = launch.launcher,
            .found = tmpdir.empty() ? found : found + "; " + tmpdir,
            .expected = fmt::format("{} ranks", launch.ranks),
            .fix = tmpdir.empty()
                       ? "fewer ranks than the slots that it knows, a host file, or --oversubscribe; or "
                         "another --launcher"
                       : "set TMPDIR to a folder that can be written, as TMPDIR=/tmp"};
}

std::vector<std::string> library_variables(const WorkerLaunch& launch) {
    std::vector<std::string> variables;
    if (launch.portable_bits) { // MKL and oneDNN export no functions for it from LibTorch
        variables = {"MKL_CBWR=COMPATIBLE", "ONEDNN_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2"};
    }
    // GPUs are counted as hwloc and nvidia-smi count them: by bus. Without the workspace cuBLAS has no fixed
    // order of summation (cuBLAS' documentation, Results Reproducibility).
    for (const char* variable : {"CUDA_DEVICE_ORDER=PCI_BUS_ID", "CUBLAS_WORKSPACE_CONFIG=:4096:8"}) {
        if (std::getenv(std::string(name_of(variable)).c_str()) == nullptr) {
            variables.emplace_back(variable);
        }
    }
    return variables;
}

std::vector<std::string> command_of(const WorkerLaunch& launch) {
    std::vector<std::string> words;
    if (launch.ranks > 1) {
        words = launcher_words(launch);
    }
    words.insert(words.end(), {launch.program.string(), "--store", launch.store.string()});
    if (launch.ranks > 1) {
        words.insert(words.end(), {"--communicator", "mpi", "--ranks", std::to_string(launch.ranks),
                                   "--deadline", fmt::format("{}", launch.deadline_seconds)});
        if (launch.oversubscribed) {
            words.emplace_back("--oversubscribed");
        }
    }
    if (launch.portable_bits) {
        words.emplace_back("--portable-bits");
    }
    if (launch.first_core >= 0) {
        words.insert(words.end(), {"--first-core", std::to_string(launch.first_core)});
    }
    if (!launch.device.empty()) {
        words.insert(words.end(), {"--device", launch.device});
    }
    if (launch.first_gpu > 0) {
        words.insert(words.end(), {"--first-gpu", std::to_string(launch.first_gpu)});
    }
    return words;
}

std::vector<std::string> environment_of(const WorkerLaunch& launch) {
    std::vector<std::string> variables = library_variables(launch);
    const std::vector<std::string> own = variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (!binds_threads(*variable) && !sets_any_of(*variable, own)) {
            variables.emplace_back(*variable);
        }
    }
    if (launch.ranks > 1 && ::geteuid() == 0) {
        variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT=1");
        variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
    }
    return variables;
}

int usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
        return CPU_COUNT(&set);
    }
    return static_cast<int>(std::thread::hardware_concurrency());
}

} // namespace suite::run
