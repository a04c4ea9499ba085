// How a worker is started: alone, or as ranks by mpirun or srun.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace suite::run {

/// `{ranks}` stands for their number; the worker's own command line follows. Binding is the worker's
/// business: several workers of one machine must not share cores.
inline constexpr std::string_view default_launcher = "mpirun -np {ranks} --bind-to none";

struct WorkerLaunch {
    std::filesystem::path program;
    std::filesystem::path store;
    int ranks = 1;
    std::string launcher{default_launcher}; ///< of more than one rank
    bool oversubscribed = false;            ///< more ranks than cores: told to mpirun, noted in records
    int first_core = -1;            ///< ranks, one alone too, are bound to the cores from here on; -1: not
    int first_gpu = 0;              ///< runs beside this one take those before
    double deadline_seconds = 60.0; ///< how long a rank waits for another one
};

/// Words of the command. Throws Error(usage) when the launcher does not hold {ranks}, Error(environment) when
/// its program is not on PATH.
[[nodiscard]] std::vector<std::string> command_of(const WorkerLaunch& launch);

/// This process's environment with what the command needs: Open MPI starts nothing for root without being
/// told twice (packaging.md section 5).
[[nodiscard]] std::vector<std::string> environment_of(const WorkerLaunch& launch);

/// Cores that this process may use.
[[nodiscard]] int usable_cores();

} // namespace suite::run
