// The gradients of one rank in a flat float32 arena, wherever it lies: put aside and summed in pairs, sent to
// other ranks and received, in float32 or in the format of the wire.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "suite/dist/communicator.hpp"

namespace at {
class Tensor;
}

namespace suite::train {

/// Whole tensors, elements: [offset, offset + count).
struct Slice {
    std::size_t offset = 0;
    std::size_t count = 0;
    [[nodiscard]] bool operator==(const Slice&) const = default;
};

/// Buffers that it hands out lie in the memory of the gradients, for a communicator of that memory, and are
/// valid until the next call of the same function, unless it says otherwise.
class GradientArena {
public:
    /// Turns the summed gradients of a slice of whole tensors into final ones, once a step.
    using Finish = std::function<void(std::size_t offset, std::size_t count)>;
    using Listener = std::function<void(std::size_t offset, std::size_t count)>;

    /// `values`: contiguous float32. `tensors`: the slices of which gradients become final one by one, dense,
    /// in the order of the arena.
    GradientArena(const at::Tensor& values, std::vector<Slice> tensors, Finish finish = {});
    ~GradientArena();
    GradientArena(GradientArena&&) noexcept;
    GradientArena& operator=(GradientArena&&) noexcept;

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] const std::vector<Slice>& tensors() const noexcept { return tensors_; }
    /// The gradients themselves, for the arena's life.
    [[nodiscard]] dist::Buffer buffer() const;
    [[nodiscard]] dist::Buffer buffer(const Slice& slice) const;

    void clear();
    /// Puts the gradients on a stack and clears them.
    void push();
    /// Gradients = the top of the stack + gradients, element by element; drops the top.
    void pop();
    /// Memory for `count` gradients of another rank.
    [[nodiscard]] dist::Buffer exchange_buffer(std::size_t count);
    /// Adds the first `count` elements of that memory to the gradients from `offset` on.
    void add_exchanged(std::size_t offset, std::size_t count);
    /// The slice in another format (float16, bfloat16; round to nearest, ties to even), in memory of its own
    /// for each slice; and back into the gradients.
    [[nodiscard]] dist::Buffer to_wire(const Slice& slice, dist::Element wire);
    void from_wire(const Slice& slice, dist::Element wire);
    /// To judge that format by: a copy of the slice as it is, in float32 memory of its own for each slice;
    /// and
    /// || gradients − copy || / || copy || of the slice (without the quotient where the copy is zero).
    [[nodiscard]] dist::Buffer keep_copy(const Slice& slice);
    [[nodiscard]] double distance_to_copy(const Slice& slice) const;

    /// Hears, during a backward pass, of each tensor as soon as it is final for this pass. Empty: nobody
    /// listens. What it throws leaves the pass.
    void set_listener(Listener listener) { listener_ = std::move(listener); }
    [[nodiscard]] const Listener& listener() const noexcept { return listener_; }
    void finish(std::size_t offset, std::size_t count) const {
        if (finish_) {
            finish_(offset, count);
        }
    }
    void finish() const { finish(0, size()); }

    /// Arenas that push() has had at once, and the largest exchange_buffer(): memory beside the gradients.
    [[nodiscard]] std::size_t deepest_stack() const noexcept;
    [[nodiscard]] std::size_t largest_exchange() const noexcept;

private:
    struct Tensors;
    std::unique_ptr<Tensors> own_;
    std::vector<Slice> tensors_;
    Finish finish_;
    Listener listener_;
};

} // namespace suite::train
