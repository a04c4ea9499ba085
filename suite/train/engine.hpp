// One network with its optimiser state, in the memory where it computes: the host, or a device. What the
// trainer asks of it is the same for both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "suite/dist/communicator.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/layout.hpp"
#include "suite/train/loss.hpp"
#include "suite/train/precision.hpp"

namespace suite::train {

/// Images ready for the network: count x 3 x size x size, dense; with a width count x 3 x size x width, which
/// only BiT's stem takes.
struct ImageBatch {
    std::span<const float> values;
    std::size_t count = 0;
    int size = 0;
    int width = 0; ///< 0: square
};

/// Seconds that passes took, added up by the engine when it is given one.
struct PassSeconds {
    double forward = 0.0; ///< with the loss
    double backward = 0.0;
};

/// A slice of the gradient arena, elements: [offset, offset + count).
using GradientListener = std::function<void(std::size_t offset, std::size_t count)>;

/// Weights, gradients and momentum are flat float32 arenas of layout().parameters elements each, in the order
/// of the layout. Host spans in and out; only the gradients show where they lie, for a communicator of that
/// memory.
///
/// A step is: begin_step(); for each micro-batch forward_backward(); finish_gradients(); apply(). Between the
/// passes gradients may be put aside and summed in pairs (push_gradients, pop_gradients), or with those of
/// other ranks. One thread; results depend on the calls since the weights were written, on nothing else.
class Engine {
public:
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] virtual const NetworkLayout& layout() const noexcept = 0;

    /// Spans as long as the arenas. Momentum begins as zeros.
    virtual void write_weights(std::span<const float> values) = 0;
    virtual void read_weights(std::span<float> values) const = 0;
    virtual void write_momentum(std::span<const float> values) = 0;
    virtual void read_momentum(std::span<float> values) const = 0;
    /// Where the dynamic scale of the loss stands, between steps; none for an engine that has none.
    [[nodiscard]] virtual std::optional<LossScaleState> loss_scale() const { return std::nullopt; }
    /// Goes on from there. Only for an engine that has one; throws Error(weights) for a state that none comes
    /// to.
    virtual void set_loss_scale(const LossScaleState& state) { static_cast<void>(state); }
    /// hash64 (suite/base/hash.hpp) of the weights' bytes; one pass.
    [[nodiscard]] virtual std::uint64_t weights_hash() const = 0;

    /// Prepares the weights for passes (standardises them) and clears the gradients.
    virtual void begin_step() = 0;
    /// Images that forward_backward() or infer() will get, in the order of their use: a device copies them
    /// while it computes. They stay as they are until done_with().
    virtual void prefetch(const ImageBatch& images) { static_cast<void>(images); }
    /// Returns once nothing reads these images any more: they may be overwritten or freed. Prefetched and not
    /// passed, they are forgotten.
    virtual void done_with(const ImageBatch& images) { static_cast<void>(images); }
    /// Forward, loss and backward of one micro-batch whose images are mixed already: adds `weight` times its
    /// gradient to the gradients and returns `weight` times its loss (suite/train/loss.hpp).
    [[nodiscard]] virtual double forward_backward(const ImageBatch& images, const Targets& targets,
                                                  const MixUp& mixup, double weight) = 0;
    /// Called inside backward as soon as a slice is final for this pass, each slice once, in the order in
    /// which backward gets there (about the reverse order of the arena; the same on every rank). A slice is
    /// whole tensors. Empty: nobody listens. What it throws leaves forward_backward().
    virtual void set_gradient_listener(GradientListener listener) = 0;

    /// Where the gradients lie; stays for the engine's life.
    [[nodiscard]] virtual dist::Buffer gradients() = 0;
    /// Puts the gradients on a stack and clears them.
    virtual void push_gradients() = 0;
    /// Gradients = the top of the stack + gradients, element by element; drops the top.
    virtual void pop_gradients() = 0;
    /// Room for `count` gradients of another rank, in the memory of gradients(). Valid until the next call.
    [[nodiscard]] virtual dist::Buffer exchange_room(std::size_t count) = 0;
    /// Adds the first `count` elements of that room to the gradients from `offset` on.
    virtual void add_exchanged(std::size_t offset, std::size_t count) = 0;
    /// The slice in another format (float16, bfloat16; round to nearest, ties to even), in room of its own
    /// for each slice, in the memory of gradients(); and back into the gradients.
    [[nodiscard]] virtual dist::Buffer to_wire(std::size_t offset, std::size_t count, dist::Element wire) = 0;
    virtual void from_wire(std::size_t offset, std::size_t count, dist::Element wire) = 0;
    /// To judge that format by: a copy of the slice as it is, in float32 room of its own for each slice, in
    /// the memory of gradients(); and || gradients - copy || / || copy || of the slice (without the quotient
    /// where the copy is zero).
    [[nodiscard]] virtual dist::Buffer keep_copy(std::size_t offset, std::size_t count) = 0;
    [[nodiscard]] virtual double distance_to_copy(std::size_t offset, std::size_t count) = 0;

    /// Turns the summed gradients of standardised convolutions in a slice of whole tensors into those of the
    /// raw weights; once a step for each slice, after all sums: it is linear in the gradient, so it costs one
    /// pass a step instead of one a micro-batch, and every rank gets the same bits from equal sums.
    virtual void finish_gradients(std::size_t offset, std::size_t count) = 0;
    void finish_gradients() { finish_gradients(0, layout().parameters); }
    /// One optimiser step (suite/kernels/optimizer.hpp) with the settings of the configuration.
    virtual void apply(double learning_rate) = 0;

    /// Logits (count x outputs) without keeping anything. Weights as of the last begin_step() or
    /// begin_inference().
    virtual void infer(const ImageBatch& images, std::span<float> logits) = 0;
    /// Prepares the weights for infer().
    virtual void begin_inference() = 0;

    /// Where passes add their seconds (a device then waits for itself); null: nobody asks.
    void set_pass_seconds(PassSeconds* seconds) noexcept { pass_seconds_ = seconds; }

protected:
    Engine() = default;
    [[nodiscard]] PassSeconds* pass_seconds() const noexcept { return pass_seconds_; }

private:
    PassSeconds* pass_seconds_ = nullptr;
};

/// The engine of this machine's host. `outputs`: of the head.
[[nodiscard]] std::unique_ptr<Engine> make_cpu_engine(const plan::RunConfig& config, std::size_t outputs);

} // namespace suite::train
