#include "suite/dist/mpi.hpp"

namespace suite::dist {

std::unique_ptr<Communicator> make_mpi(const MpiOptions& /*options*/) {
    throw Error(ErrorKind::environment,
                Fault{.where = "MPI",
                      .found = "a build without it",
                      .expected = "a build with MPI for more than one rank",
                      .fix = "install libopenmpi-dev and openmpi-bin, then ./reproduce build"});
}

std::string mpi_library() {
    return {};
}

} // namespace suite::dist
