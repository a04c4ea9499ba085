#include "suite/worker/order_channel.hpp"

#include <array>

#include <poll.h>
#include <unistd.h>

namespace suite::worker {
namespace {

constexpr int poll_milliseconds = 250;
constexpr std::int64_t nothing_yet = -1;
constexpr std::int64_t no_more = -2;

} // namespace

// True when a whole line is there; waits for one a moment.
bool OrderChannel::read_line(std::string& line) {
    std::size_t end = unread_.find('\n');
    if (end == std::string::npos && !ended_) {
        pollfd descriptor{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        if (::poll(&descriptor, 1, poll_milliseconds) > 0) {
            std::array<char, 65536> bytes{};
            const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
            ended_ = count <= 0;
            unread_.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count)));
            end = unread_.find('\n');
        }
    }
    if (end == std::string::npos) {
        return false;
    }
    line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return true;
}

NextOrder OrderChannel::next(std::string& line) {
    for (;;) {
        std::array<std::int64_t, 2> state{nothing_yet, 0}; // length of rank 0's line, stop of any rank
        if (communicator_.rank() == 0) {
            state[0] = read_line(line) ? static_cast<std::int64_t>(line.size())
                       : ended_        ? no_more
                                       : nothing_yet;
        } else {
            state[0] = no_more - 1; // rank 0's word is always larger
        }
        state[1] = stop_requested_() ? 1 : 0;
        communicator_.all_reduce(dist::buffer(state), dist::Reduction::maximum);
        if (state[1] != 0) {
            return NextOrder::stop;
        }
        if (state[0] == no_more) {
            return NextOrder::end;
        }
        if (state[0] != nothing_yet) {
            line.resize(static_cast<std::size_t>(state[0]));
            communicator_.broadcast(dist::buffer(std::as_writable_bytes(std::span(line))), 0);
            return NextOrder::order;
        }
    }
}

} // namespace suite::worker
