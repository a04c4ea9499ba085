// How a worker is started: alone, or as ranks by mpirun or srun.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

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
    std::string device;             ///< cpu, cuda, auto; "": auto
    int first_gpu = 0;              ///< runs beside this one take those before
    double deadline_seconds = 60.0; ///< how long a rank waits for another one
    bool portable_bits = false;     ///< of every run of this worker (RunConfig)
};

/// What libraries of the worker can only be told by their own variables, as NAME=VALUE: which code paths they
/// take, in what order sums are taken and GPUs are counted. With portable bits the caller's own settings of
/// the code paths are overridden; those of CUDA are left as they are.
[[nodiscard]] std::vector<std::string> library_variables(const WorkerLaunch& launch);

/// Words of the command. The default launcher is told to hand library_variables() on to ranks on other hosts;
/// a launcher of the user's must do so by itself, as srun does, or ranks refuse to start. Throws Error(usage)
/// when the launcher does not hold {ranks}, Error(environment) when its program is not on PATH.
[[nodiscard]] std::vector<std::string> command_of(const WorkerLaunch& launch);

/// Variables by which OpenMP runtimes bind threads to cores as soon as they are loaded: every worker and
/// rank would sit on the first core of the list. Workers do not get them.
inline constexpr std::array<std::string_view, 4> binding_variables{"OMP_PROC_BIND", "OMP_PLACES",
                                                                   "GOMP_CPU_AFFINITY", "KMP_AFFINITY"};
/// Those that are set here: "OMP_PROC_BIND, OMP_PLACES"; "" when none is.
[[nodiscard]] std::string set_binding_variables();

/// This process's environment without binding_variables, with library_variables(), and with what the command
/// needs: Open MPI starts nothing for root without being told twice.
[[nodiscard]] std::vector<std::string> environment_of(const WorkerLaunch& launch);

/// A sentence on why the launcher could not start its ranks, as far as this process can tell: what is wrong
/// with TMPDIR, or what usually is wrong.
[[nodiscard]] Fault failed_launch(const WorkerLaunch& launch, const std::string& how_it_ended);

/// Cores that this process may use.
[[nodiscard]] int usable_cores();

} // namespace suite::run
