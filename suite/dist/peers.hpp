// Who the other ranks are and whether they still live, as far as this host can tell.
#pragma once

#include <string>
#include <vector>

#include "suite/base/files.hpp"

namespace suite::dist {

enum class PeerState { unknown, running, stopped, gone };

/// Not collective. Ranks on other hosts, or that cannot be seen from here, are `unknown`.
class Peers {
public:
    Peers() = default;
    /// By rank; this process is among them.
    Peers(std::vector<ProcessIdentity> identities, int own_rank);
    [[nodiscard]] PeerState state_of(int rank) const;
    /// The lowest rank that is gone, or -1.
    [[nodiscard]] int first_gone() const;
    /// "rank 2 on n17 (process 4711)".
    [[nodiscard]] std::string name_of(int rank) const;
    [[nodiscard]] int size() const noexcept { return static_cast<int>(identities_.size()); }

private:
    std::vector<ProcessIdentity> identities_;
    std::vector<bool> watched_;
    int own_rank_ = 0;
};

/// The first peer that is gone, else those that are stopped: "rank 1 on n3 (process 99) gone".
/// `waiting_for`: whose message is missing, named when all seem to run.
[[nodiscard]] std::string describe_silence(const Peers& peers, int waiting_for, double seconds);

} // namespace suite::dist
