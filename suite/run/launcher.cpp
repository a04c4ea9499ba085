#include "suite/run/launcher.hpp"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
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
    if (launch.oversubscribed && launch.launcher == default_launcher) {
        words.emplace_back("--oversubscribe");
    }
    return words;
}

} // namespace

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
    if (launch.first_core >= 0) {
        words.insert(words.end(), {"--first-core", std::to_string(launch.first_core)});
    }
    return words;
}

std::vector<std::string> environment_of(const WorkerLaunch& launch) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        variables.emplace_back(*variable);
    }
    if (launch.ranks > 1 && ::geteuid() == 0) {
        variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT=1");
        variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
    }
    if (launch.first_gpu > 0) {
        variables.emplace_back(fmt::format("TRANSFERSCALE_FIRST_GPU={}", launch.first_gpu));
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
