#include "suite/dist/peers.hpp"

#include <fstream>

#include <fmt/format.h>

namespace suite::dist {
namespace {

// Third field of /proc/PID/stat; the name before it may hold anything, even brackets.
char state_letter(int pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    return name_end == std::string::npos || name_end + 2 >= line.size() ? '\0' : line[name_end + 2];
}

} // namespace

Peers::Peers(std::vector<ProcessIdentity> identities, int own_rank)
    : identities_(std::move(identities)), watched_(identities_.size(), false), own_rank_(own_rank) {
    const std::string& own_host = this_process().host;
    for (std::size_t i = 0; i < identities_.size(); ++i) {
        // Containers share the host's name, not its process numbers: only what can be seen now is watched.
        watched_[i] = identities_[i].host == own_host && may_be_alive(identities_[i]);
    }
}

PeerState Peers::state_of(int rank) const {
    const auto index = static_cast<std::size_t>(rank);
    if (!watched_[index]) {
        return PeerState::unknown;
    }
    if (!may_be_alive(identities_[index])) {
        return PeerState::gone;
    }
    const char letter = state_letter(identities_[index].pid);
    return letter == 'T' || letter == 't' ? PeerState::stopped : PeerState::running;
}

int Peers::first_gone() const {
    for (int rank = 0; rank < size(); ++rank) {
        if (rank != own_rank_ && state_of(rank) == PeerState::gone) {
            return rank;
        }
    }
    return -1;
}

std::string Peers::name_of(int rank) const {
    if (rank >= size()) { // before all have introduced themselves
        return fmt::format("rank {}", rank);
    }
    const ProcessIdentity& identity = identities_[static_cast<std::size_t>(rank)];
    return fmt::format("rank {} on {} (process {})", rank, identity.host, identity.pid);
}

std::string describe_silence(const Peers& peers, int waiting_for, double seconds) {
    if (const int gone = peers.first_gone(); gone >= 0) {
        return peers.name_of(gone) + " gone";
    }
    std::string stopped;
    for (int rank = 0; rank < peers.size(); ++rank) {
        if (peers.state_of(rank) == PeerState::stopped) {
            stopped += (stopped.empty() ? "" : ", ") + peers.name_of(rank);
        }
    }
    return fmt::format("{} {} for {:.3g} s", stopped.empty() ? peers.name_of(waiting_for) : stopped,
                       stopped.empty() ? "silent" : "stopped and silent", seconds);
}

} // namespace suite::dist
