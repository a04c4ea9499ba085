#include "suite/dist/mpi_transfer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace suite::dist {
namespace {

// MPI counts are ints.
constexpr std::size_t longest_message = std::size_t{1} << 30;

void check_call(int code, int peer) {
    if (code != MPI_SUCCESS) {
        throw WrongMessage{.peer = peer, .found = mpi_error_text(code), .expected = "a message that arrives"};
    }
}

// One call for each part of at most longest_message bytes; an empty message is a message too.
template<typename Call>
void in_parts(std::size_t bytes, const Call& call) {
    std::size_t offset = 0;
    do {
        const std::size_t part = std::min(bytes - offset, longest_message);
        call(offset, static_cast<int>(part));
        offset += part;
    } while (offset < bytes);
}

} // namespace

std::string mpi_error_text(int code) {
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    return {text.data(), static_cast<std::size_t>(length)};
}

void Transfer::send(const Wire& wire, int peer, const void* data, std::size_t bytes, int tag) {
    in_parts(bytes, [&](std::size_t offset, int part) {
        requests_.push_back(MPI_REQUEST_NULL);
        check_call(MPI_Isend(static_cast<const std::byte*>(data) + offset, part, MPI_BYTE, peer, tag,
                             wire.comm, &requests_.back()),
                   peer);
    });
    if (expected_.empty()) {
        peer_ = peer;
    }
}

void Transfer::receive(const Wire& wire, int peer, void* data, std::size_t bytes, int tag) {
    in_parts(bytes, [&](std::size_t offset, int part) {
        expected_.push_back(
            {.request = requests_.size(), .bytes = static_cast<std::size_t>(part), .peer = peer});
        requests_.push_back(MPI_REQUEST_NULL);
        check_call(MPI_Irecv(static_cast<std::byte*>(data) + offset, part, MPI_BYTE, peer, tag, wire.comm,
                             &requests_.back()),
                   peer);
    });
    peer_ = peer;
}

bool Transfer::done() {
    if (requests_.empty()) {
        return true;
    }
    statuses_.resize(requests_.size());
    int all = 0;
    const int code =
        MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all, statuses_.data());
    if (code == MPI_SUCCESS && all == 0) {
        return false;
    }
    if (code != MPI_SUCCESS && code != MPI_ERR_IN_STATUS) {
        check_call(code, peer_);
    }
    if (code == MPI_ERR_IN_STATUS) {
        for (const MPI_Status& status : statuses_) {
            if (status.MPI_ERROR != MPI_SUCCESS && status.MPI_ERROR != MPI_ERR_PENDING) {
                check_call(status.MPI_ERROR, peer_);
            }
        }
        return false;
    }
    check(statuses_);
    requests_.clear();
    expected_.clear();
    return true;
}

void Transfer::check(const std::vector<MPI_Status>& statuses) const {
    for (const Expected& one : expected_) {
        int received = 0;
        MPI_Get_count(&statuses[one.request], MPI_BYTE, &received);
        if (static_cast<std::size_t>(received) != one.bytes) {
            throw WrongMessage{.peer = one.peer,
                               .found = fmt::format("a message of {} bytes", received),
                               .expected = fmt::format("{}, as this rank's own call has", one.bytes)};
        }
    }
}

} // namespace suite::dist
