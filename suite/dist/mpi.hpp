// The MPI backend: ranks that mpirun or srun started, buffers in host memory.
//
// Its collectives are point-to-point messages of its own, polled: every wait can end at a deadline, a message
// of the wrong length names its sender, and no more memory is taken than a few hundred kB whatever the
// buffer. All ranks get the same bits. Sums of 16-bit floats are formed pair by pair in float32, each rounded
// to nearest even; their order depends on the rank count and the element's place, nothing else.
#pragma once

#include <memory>
#include <string>

#include "suite/dist/communicator.hpp"

namespace suite::dist {

struct MpiOptions {
    /// How long a peer may be silent while this rank waits for it. A dead one on the same host is noticed
    /// within a tenth of a second.
    double deadline_seconds = 60.0;
};

/// Joins the ranks of this job; MPI is initialised the first time and finalised with the last communicator,
/// except after Error(peer): then nothing waits for anybody. Collective. Throws Error(environment) when this
/// build has no MPI or MPI does not start.
[[nodiscard]] std::unique_ptr<Communicator> make_mpi(const MpiOptions& options = {});

/// "Open MPI v4.1.4, …" as the library spells it; empty in a build without MPI. Needs no job.
[[nodiscard]] std::string mpi_library();

} // namespace suite::dist
