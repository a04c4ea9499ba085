// Orders as they arrive at rank 0, for all ranks.
#pragma once

#include <functional>
#include <string>

#include "suite/dist/communicator.hpp"

namespace suite::worker {

enum class NextOrder { order, end, stop };

/// Lines that rank 0 reads from standard input, broadcast. While nothing arrives the ranks meet four times a
/// second, so that a lost one or a stop is noticed.
class OrderChannel {
public:
    OrderChannel(dist::Communicator& communicator, std::function<bool()> stop_requested)
        : communicator_(communicator), stop_requested_(std::move(stop_requested)) {}
    /// Collective; the same on every rank. Throws Error(peer).
    [[nodiscard]] NextOrder next(std::string& line);

private:
    [[nodiscard]] bool read_line(std::string& line);

    dist::Communicator& communicator_;
    std::function<bool()> stop_requested_;
    std::string unread_;
    bool ended_ = false;
};

} // namespace suite::worker
