// Collectives as sequences of messages that are advanced by asking: what the MPI backend is made of. Only
// built with MPI.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "suite/dist/communicator.hpp"
#include "suite/dist/mpi_transfer.hpp"
#include "suite/dist/scratch.hpp"

namespace suite::dist {

/// One collective under way on this rank.
class Operation {
public:
    virtual ~Operation() = default;
    /// Goes as far as arrived messages allow. True when the result is there; then nothing is under way.
    /// Throws WrongMessage.
    [[nodiscard]] virtual bool progress() = 0;
    [[nodiscard]] virtual int waiting_for() const noexcept = 0;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Grows with every message that came or went: tells a slow peer from a silent one.
    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

protected:
    Operation() = default;
    void count_step() noexcept { ++steps_; }

private:
    std::size_t steps_ = 0;
};

/// Above this many bytes an all-reduce goes round in a ring, below by doubling distances. Measured at 2 ranks
/// in shared memory: doubling sends everything once and is ahead until a message no longer fits the
/// transport's first packet (4096 bytes with its header).
inline constexpr std::size_t largest_doubled_bytes = 2048;
/// What one rank sends at a time in a ring; with `ring_lanes` of them the whole scratch memory. Measured at 2
/// ranks in shared memory over 128 KB to 1 MB and 1 to 4 lanes: short segments pay a rendezvous each.
inline constexpr std::size_t ring_segment_bytes = 512 * 1024;
inline constexpr std::size_t ring_lanes = 2;

/// How many tags an all-reduce of this buffer takes.
[[nodiscard]] int all_reduce_tags(Buffer values, int ranks);

/// Small ones: pairs at distance 1, 2, 4, … exchange everything. With other rank counts than powers of two
/// the first few ranks hand their values to a neighbour before and get the result after. No elements: a
/// barrier.
class DoublingReduce final : public Operation {
public:
    DoublingReduce(const Wire& wire, ScratchPool& pool, Buffer values, Reduction reduction, int tag);
    [[nodiscard]] bool progress() override;
    [[nodiscard]] int waiting_for() const noexcept override { return transfer_.waiting_for(); }
    [[nodiscard]] std::string_view name() const noexcept override { return "all-reduce"; }

private:
    enum class State { fold_in, fold_out, exchange, hand_back, end };
    void begin();
    void begin_exchange();
    void finish_step();
    [[nodiscard]] int real_rank(int folded) const noexcept;

    const Wire& wire_;
    Buffer values_;
    Reduction reduction_;
    int tag_;
    int extra_;      ///< ranks beyond the power of two
    int folded_ = 0; ///< this rank's number among the power of two
    int distance_ = 1;
    int power_ = 1;
    State state_ = State::exchange;
    Transfer transfer_;
    Scratch other_;
};

/// Part of a large one: its elements cut in one segment a rank, which travel round twice: the first time they
/// are summed up, the second time handed out.
class RingPart {
public:
    enum class Progress { none, step, end };
    void begin(const Wire& wire, ScratchPool& pool, Buffer part, Reduction reduction, int tag);
    [[nodiscard]] Progress progress(const Wire& wire);
    [[nodiscard]] int waiting_for() const noexcept { return transfer_.waiting_for(); }
    [[nodiscard]] bool is_idle() const noexcept { return step_ < 0; }

private:
    void begin_step(const Wire& wire);
    [[nodiscard]] Buffer segment(int index, int ranks) const noexcept;

    Buffer part_;
    Reduction reduction_ = Reduction::sum;
    int tag_ = 0;
    int step_ = -1; ///< of 2 (ranks - 1)
    Transfer transfer_;
    Scratch other_;
};

class RingReduce final : public Operation {
public:
    RingReduce(const Wire& wire, ScratchPool& pool, Buffer values, Reduction reduction, int first_tag);
    [[nodiscard]] bool progress() override;
    [[nodiscard]] int waiting_for() const noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "all-reduce"; }

private:
    [[nodiscard]] bool begin_next(RingPart& lane);

    const Wire& wire_;
    ScratchPool& pool_;
    Buffer values_;
    Reduction reduction_;
    int tag_;
    std::size_t part_count_; ///< elements a part
    std::size_t begun_ = 0;  ///< elements
    std::array<RingPart, ring_lanes> lanes_;
};

/// From the root along a binomial tree, a piece at a time.
class TreeBroadcast final : public Operation {
public:
    TreeBroadcast(const Wire& wire, Buffer values, int root, int tag);
    [[nodiscard]] bool progress() override;
    [[nodiscard]] int waiting_for() const noexcept override { return transfer_.waiting_for(); }
    [[nodiscard]] std::string_view name() const noexcept override { return "broadcast"; }

private:
    enum class State { receive, send, next };
    void begin_receive();
    void begin_sends();

    const Wire& wire_;
    Buffer values_;
    int root_;
    int tag_;
    std::size_t offset_ = 0;
    State state_ = State::receive;
    Transfer transfer_;
};

/// Everybody's block travels round the ring once.
class RingGather final : public Operation {
public:
    RingGather(const Wire& wire, Buffer mine, Buffer all, int tag);
    [[nodiscard]] bool progress() override;
    [[nodiscard]] int waiting_for() const noexcept override { return transfer_.waiting_for(); }
    [[nodiscard]] std::string_view name() const noexcept override { return "all-gather"; }

private:
    void begin_step();

    const Wire& wire_;
    std::byte* all_;
    std::size_t block_bytes_;
    int tag_;
    int step_ = 0;
    Transfer transfer_;
};

/// Both ways at once with one peer.
class PairExchange final : public Operation {
public:
    PairExchange(const Wire& wire, Buffer out, Buffer in, int peer, int tag);
    [[nodiscard]] bool progress() override;
    [[nodiscard]] int waiting_for() const noexcept override { return transfer_.waiting_for(); }
    [[nodiscard]] std::string_view name() const noexcept override { return "exchange"; }

private:
    Transfer transfer_;
};

} // namespace suite::dist
