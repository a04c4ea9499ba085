// Ranks that work on one run and what they say to each other: plain buffers in, plain buffers out. Three
// backends behind one interface: one process alone, MPI (host memory), NCCL (device memory).
//
// Everything here is collective unless it says otherwise: all ranks make the same calls in the same order.
// So nothing may throw or return between two collectives that other ranks will enter; a rank whose own part
// failed says so in agree(), which every rank enters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::dist {

enum class Backend { single, mpi, nccl };
enum class Element { byte, int64, uint64, float32, float64, float16, bfloat16 };
enum class Reduction { sum, minimum, maximum };

[[nodiscard]] std::string_view to_string(Backend backend) noexcept;
[[nodiscard]] std::size_t size_bytes(Element element) noexcept;

/// `count` elements that lie in the memory of the backend: host for single and MPI, device for NCCL.
struct Buffer {
    void* data = nullptr;
    std::size_t count = 0;
    Element element = Element::byte;
    [[nodiscard]] std::size_t bytes() const noexcept { return count * size_bytes(element); }
};

[[nodiscard]] Buffer buffer(std::span<float> values) noexcept;
[[nodiscard]] Buffer buffer(std::span<double> values) noexcept;
[[nodiscard]] Buffer buffer(std::span<std::int64_t> values) noexcept;
[[nodiscard]] Buffer buffer(std::span<std::uint64_t> values) noexcept;
[[nodiscard]] Buffer buffer(std::span<std::byte> values) noexcept;

/// An all-reduce under way. Movable; wait() before the buffer is touched, and before it is destroyed unless
/// the communicator was aborted.
class Request {
public:
    class Work {
    public:
        virtual ~Work() = default;
        virtual void wait() = 0;
        virtual bool advance() = 0;
    };
    Request() = default;
    explicit Request(std::unique_ptr<Work> work) : work_(std::move(work)) {}
    /// Returns when the result is there (NCCL: when the current stream is ordered behind it). Throws
    /// Error(peer) as Communicator does. A second call does nothing.
    void wait();
    /// Lets the library make progress; true when done. Never blocks. Not collective.
    bool advance();
    [[nodiscard]] bool is_pending() const noexcept { return work_ != nullptr; }

private:
    std::unique_ptr<Work> work_;
};

/// Every call ends within the deadline: a peer that is dead or silent for longer makes it throw Error(peer)
/// with rank, host, phase and step. Errors of the library likewise.
class Communicator {
public:
    virtual ~Communicator() = default;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;

    [[nodiscard]] virtual Backend backend() const noexcept = 0;
    [[nodiscard]] virtual int rank() const noexcept = 0;
    [[nodiscard]] virtual int size() const noexcept = 0;

    virtual void broadcast(Buffer values, int root) = 0;
    /// In place. Elements that have no sum here (byte) throw Error(usage).
    virtual void all_reduce(Buffer values, Reduction reduction) = 0;
    /// In place; several may be under way, waited for in any order. Ranks start them in the same order.
    [[nodiscard]] virtual Request start_all_reduce(Buffer values, Reduction reduction) = 0;
    /// `all`: size() x mine.count elements, by rank; it does not overlap `mine`.
    virtual void all_gather(Buffer mine, Buffer all) = 0;
    /// Sends `out` to the peer and receives `in` of the same length from it. Only these two ranks call it; a
    /// call with oneself copies.
    virtual void exchange(Buffer out, Buffer in, int peer) = 0;
    virtual void barrier() = 0;

    /// The same ranks over host memory: what small things (agreement, handshake) are said through. Itself,
    /// except for NCCL.
    [[nodiscard]] virtual Communicator& host() noexcept { return *this; }

    /// Ends all ranks as soon as it can be done, with this exit code. For a rank that cannot go on and knows
    /// that others wait. Not collective; does not return on MPI and NCCL.
    virtual void abort(int exit_code) noexcept = 0;

    /// What later messages name: "train", "evaluate"; the step, -1 for none. Not collective, costs nothing.
    void set_phase(std::string_view phase, std::int64_t step = -1);
    [[nodiscard]] const std::string& phase() const noexcept { return phase_; }
    [[nodiscard]] std::int64_t step() const noexcept { return step_; }

protected:
    Communicator() = default;

private:
    std::string phase_ = "start";
    std::int64_t step_ = -1;
};

/// A communicator of one rank: every call succeeds at once.
[[nodiscard]] std::unique_ptr<Communicator> make_single();

/// Every rank says how its part ended: null, or what it caught. Returns when all are well; else every rank
/// throws the same Error: kind and faults of the lowest failed rank, each fault's `where` led by
/// "rank R on HOST, PHASE, step S: ". One small all-reduce when all are well. A rank that is alone throws
/// what it caught, as it was.
void agree(Communicator& communicator, const std::exception_ptr& mine);

} // namespace suite::dist
