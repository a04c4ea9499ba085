// The communicator of GPUs. Its collectives run on a stream of its own, of the highest priority, ordered by
// events behind the caller's stream and, once waited for, before it.
#pragma once

#include <functional>
#include <memory>

#include "suite/dist/nccl_api.hpp"

namespace suite::dist {

struct NcclOptions {
    int device = 0;                 ///< current on the calling thread; for messages
    double deadline_seconds = 60.0; ///< longest silence of a peer
    /// How often a thread of its own looks at what is under way; 0 = no thread, only calls look.
    double watch_seconds = 0.1;
    /// The stream that buffers are written and read on; empty = the default stream.
    std::function<StreamHandle()> current_stream;
    std::function<double()> clock; ///< monotonic seconds; empty = the machine's
};

/// A communicator over device memory with the ranks of `host`, over which NCCL's id travels. Both outlive it.
///
/// Blocking calls return when the result can be read from any stream and from the host. A request's wait()
/// returns when the current stream is ordered behind it; whether it went well is known later, from the next
/// call or, since a watching thread looks, at the latest when the host waits for the stream: a failed or
/// overdue collective is aborted (ncclCommAbort), which lets the stream go on, and every later call throws.
///
/// Errors: Error(environment) when the communicator cannot be made (all ranks throw it), Error(peer) later,
/// naming rank, host, device, phase and step.
[[nodiscard]] std::unique_ptr<Communicator> make_nccl(NcclApi& api, Communicator& host, NcclOptions options);

} // namespace suite::dist
