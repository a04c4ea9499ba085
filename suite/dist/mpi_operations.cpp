#include "suite/dist/mpi_operations.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "suite/dist/combine.hpp"

namespace suite::dist {
namespace {

// Pieces of a broadcast: large enough for bandwidth, small enough that a tree's levels overlap.
constexpr std::size_t broadcast_piece_bytes = std::size_t{1} << 20;

Buffer slice(Buffer values, std::size_t first, std::size_t count) noexcept {
    return {static_cast<std::byte*>(values.data) + first * size_bytes(values.element), count, values.element};
}

std::size_t ring_part_count(Element element, int ranks) {
    return ring_segment_bytes / size_bytes(element) * static_cast<std::size_t>(ranks);
}

} // namespace

int all_reduce_tags(Buffer values, int ranks) {
    if (values.bytes() <= largest_doubled_bytes) {
        return 1;
    }
    const std::size_t part = ring_part_count(values.element, ranks);
    return static_cast<int>((values.count + part - 1) / part);
}

DoublingReduce::DoublingReduce(const Wire& wire, ScratchPool& pool, Buffer values, Reduction reduction,
                               int tag)
    : wire_(wire),
      values_(values),
      reduction_(reduction),
      tag_(tag),
      extra_(wire.size - static_cast<int>(std::bit_floor(static_cast<unsigned>(wire.size)))),
      power_(static_cast<int>(std::bit_floor(static_cast<unsigned>(wire.size)))),
      other_(pool, values.bytes()) {
    begin();
}

// The first 2 x extra ranks work in pairs: the even one hands its values to the odd one.
void DoublingReduce::begin() {
    const int rank = wire_.rank;
    if (rank >= 2 * extra_) {
        folded_ = rank - extra_;
        begin_exchange();
    } else if (rank % 2 == 0) {
        state_ = State::fold_out;
        transfer_.send(wire_, rank + 1, values_.data, values_.bytes(), tag_);
    } else {
        folded_ = rank / 2;
        state_ = State::fold_in;
        transfer_.receive(wire_, rank - 1, other_.data(), values_.bytes(), tag_);
    }
}

int DoublingReduce::real_rank(int folded) const noexcept {
    return folded < extra_ ? 2 * folded + 1 : folded + extra_;
}

void DoublingReduce::begin_exchange() {
    if (distance_ >= power_) {
        state_ = State::end;
        if (wire_.rank < 2 * extra_) {
            state_ = State::hand_back;
            transfer_.send(wire_, wire_.rank - 1, values_.data, values_.bytes(), tag_);
        }
        return;
    }
    state_ = State::exchange;
    const int peer = real_rank(folded_ ^ distance_);
    transfer_.receive(wire_, peer, other_.data(), values_.bytes(), tag_);
    transfer_.send(wire_, peer, values_.data, values_.bytes(), tag_);
}

void DoublingReduce::finish_step() {
    switch (state_) {
    case State::fold_out:
        state_ = State::hand_back;
        transfer_.receive(wire_, wire_.rank + 1, values_.data, values_.bytes(), tag_);
        return;
    case State::exchange:
        distance_ *= 2;
        [[fallthrough]];
    case State::fold_in:
        combine(values_, other_.data(), reduction_);
        begin_exchange();
        return;
    case State::hand_back:
    case State::end:
        state_ = State::end;
    }
}

bool DoublingReduce::progress() {
    while (state_ != State::end && transfer_.done()) {
        count_step();
        finish_step();
    }
    return state_ == State::end;
}

void RingPart::begin(const Wire& wire, ScratchPool& pool, Buffer part, Reduction reduction, int tag) {
    part_ = part;
    reduction_ = reduction;
    tag_ = tag;
    step_ = 0;
    if (other_.bytes() < segment(0, wire.size).bytes()) {
        other_ = Scratch(pool, segment(0, wire.size).bytes());
    }
    begin_step(wire);
}

// Segment 0 is the longest: sizes differ by one element at most.
Buffer RingPart::segment(int index, int ranks) const noexcept {
    const auto i = static_cast<std::size_t>(index);
    const auto n = static_cast<std::size_t>(ranks);
    const std::size_t base = part_.count / n;
    const std::size_t longer = part_.count % n;
    return slice(part_, i * base + std::min(i, longer), base + (i < longer ? 1 : 0));
}

void RingPart::begin_step(const Wire& wire) {
    const int ranks = wire.size;
    const bool summing = step_ < ranks - 1;
    const int turn = summing ? step_ : step_ - (ranks - 1);
    const int start = summing ? wire.rank : wire.rank + 1;
    const Buffer out = segment((start - turn + ranks) % ranks, ranks);
    const Buffer in = segment((start - turn - 1 + 2 * ranks) % ranks, ranks);
    transfer_.receive(wire, (wire.rank + ranks - 1) % ranks, summing ? other_.data() : in.data, in.bytes(),
                      tag_);
    transfer_.send(wire, (wire.rank + 1) % ranks, out.data, out.bytes(), tag_);
}

RingPart::Progress RingPart::progress(const Wire& wire) {
    if (!transfer_.done()) {
        return Progress::none;
    }
    const int ranks = wire.size;
    if (step_ < ranks - 1) {
        combine(segment((wire.rank - step_ - 1 + ranks) % ranks, ranks), other_.data(), reduction_);
    }
    if (++step_ == 2 * (ranks - 1)) {
        step_ = -1;
        return Progress::end;
    }
    begin_step(wire);
    return Progress::step;
}

RingReduce::RingReduce(const Wire& wire, ScratchPool& pool, Buffer values, Reduction reduction, int first_tag)
    : wire_(wire),
      pool_(pool),
      values_(values),
      reduction_(reduction),
      tag_(first_tag),
      part_count_(ring_part_count(values.element, wire.size)) {
    for (RingPart& lane : lanes_) {
        static_cast<void>(begin_next(lane));
    }
}

bool RingReduce::begin_next(RingPart& lane) {
    if (begun_ == values_.count) {
        return false;
    }
    const std::size_t count = std::min(part_count_, values_.count - begun_);
    lane.begin(wire_, pool_, slice(values_, begun_, count), reduction_, tag_++);
    begun_ += count;
    return true;
}

bool RingReduce::progress() {
    bool idle = true;
    for (RingPart& lane : lanes_) {
        if (lane.is_idle()) {
            continue;
        }
        const RingPart::Progress progress = lane.progress(wire_);
        if (progress != RingPart::Progress::none) {
            count_step();
        }
        if (progress == RingPart::Progress::end) {
            static_cast<void>(begin_next(lane));
        }
        idle = idle && lane.is_idle();
    }
    return idle;
}

int RingReduce::waiting_for() const noexcept {
    for (const RingPart& lane : lanes_) {
        if (!lane.is_idle()) {
            return lane.waiting_for();
        }
    }
    return -1;
}

TreeBroadcast::TreeBroadcast(const Wire& wire, Buffer values, int root, int tag)
    : wire_(wire), values_{values.data, values.bytes(), Element::byte}, root_(root), tag_(tag) {
    begin_receive();
}

// Ranks counted from the root; the parent of a number is the number without its lowest bit.
void TreeBroadcast::begin_receive() {
    state_ = State::receive;
    const auto number = static_cast<unsigned>((wire_.rank - root_ + wire_.size) % wire_.size);
    if (number != 0) {
        const int parent = (static_cast<int>(number & (number - 1)) + root_) % wire_.size;
        const std::size_t bytes = std::min(broadcast_piece_bytes, values_.count - offset_);
        transfer_.receive(wire_, parent, static_cast<std::byte*>(values_.data) + offset_, bytes, tag_);
    }
}

void TreeBroadcast::begin_sends() {
    state_ = State::send;
    const int number = (wire_.rank - root_ + wire_.size) % wire_.size;
    const std::size_t bytes = std::min(broadcast_piece_bytes, values_.count - offset_);
    const std::byte* data = static_cast<const std::byte*>(values_.data) + offset_;
    const auto ranks = static_cast<int>(std::bit_ceil(static_cast<unsigned>(wire_.size)));
    for (int bit = number == 0 ? ranks / 2 : (number & -number) / 2; bit > 0; bit /= 2) {
        if (number + bit < wire_.size) {
            transfer_.send(wire_, (number + bit + root_) % wire_.size, data, bytes, tag_);
        }
    }
}

bool TreeBroadcast::progress() {
    while (transfer_.done()) {
        count_step();
        if (state_ == State::receive) {
            begin_sends();
            continue;
        }
        offset_ += std::min(broadcast_piece_bytes, values_.count - offset_);
        if (offset_ >= values_.count) {
            return true;
        }
        begin_receive();
    }
    return false;
}

RingGather::RingGather(const Wire& wire, Buffer mine, Buffer all, int tag)
    : wire_(wire), all_(static_cast<std::byte*>(all.data)), block_bytes_(mine.bytes()), tag_(tag) {
    if (block_bytes_ > 0) {
        std::memcpy(all_ + static_cast<std::size_t>(wire.rank) * block_bytes_, mine.data, block_bytes_);
    }
    begin_step();
}

void RingGather::begin_step() {
    const int ranks = wire_.size;
    const auto block = [&](int turn) {
        return all_ + static_cast<std::size_t>((wire_.rank - turn + 2 * ranks) % ranks) * block_bytes_;
    };
    transfer_.receive(wire_, (wire_.rank + ranks - 1) % ranks, block(step_ + 1), block_bytes_, tag_);
    transfer_.send(wire_, (wire_.rank + 1) % ranks, block(step_), block_bytes_, tag_);
}

bool RingGather::progress() {
    while (transfer_.done()) {
        count_step();
        if (++step_ >= wire_.size - 1) {
            return true;
        }
        begin_step();
    }
    return false;
}

PairExchange::PairExchange(const Wire& wire, Buffer out, Buffer in, int peer, int tag) {
    transfer_.receive(wire, peer, in.data, in.bytes(), tag);
    transfer_.send(wire, peer, out.data, out.bytes(), tag);
}

bool PairExchange::progress() {
    const bool done = transfer_.done();
    if (done) {
        count_step();
    }
    return done;
}

} // namespace suite::dist
