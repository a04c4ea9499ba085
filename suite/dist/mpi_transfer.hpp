// Messages between two ranks, begun and then asked about: nothing here blocks. Only built with MPI.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <mpi.h>

namespace suite::dist {

/// What messages travel on.
struct Wire {
    MPI_Comm comm = MPI_COMM_NULL;
    int rank = 0;
    int size = 1;
};

/// Text of an MPI error code.
[[nodiscard]] std::string mpi_error_text(int code);

/// A message came that is not the one expected here. Becomes Error(peer) where phase and step are known.
struct WrongMessage {
    int peer = -1;
    std::string found;
    std::string expected;
};

/// Messages under way to and from one or two peers. begin() may be called again once done() was true.
/// Buffers must stay until then. A transfer that is destroyed earlier leaves its requests to MPI: the process
/// is about to end.
class Transfer {
public:
    void send(const Wire& wire, int peer, const void* data, std::size_t bytes, int tag);
    void receive(const Wire& wire, int peer, void* data, std::size_t bytes, int tag);
    /// True when everything sent has left its buffer and everything received is there, also when nothing was
    /// begun. Throws WrongMessage when a message has another length than its receiver expects.
    [[nodiscard]] bool done();
    /// Whose message is missing; -1 when nothing is under way.
    [[nodiscard]] int waiting_for() const noexcept { return requests_.empty() ? -1 : peer_; }

private:
    struct Expected {
        std::size_t request = 0; ///< index into requests_
        std::size_t bytes = 0;
        int peer = 0;
    };
    void check(const std::vector<MPI_Status>& statuses) const;

    std::vector<MPI_Request> requests_;
    std::vector<Expected> expected_;
    std::vector<MPI_Status> statuses_;
    int peer_ = -1;
};

} // namespace suite::dist
