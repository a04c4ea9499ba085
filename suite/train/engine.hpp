// The parts of one training on one rank, joined: a model over its arenas, an objective and an optimiser, in
// the memory where it computes. No tensor shows outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suite/plan/network/layout.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/train/device.hpp"
#include "suite/train/objective/loss.hpp"
#include "suite/train/precision.hpp"
#include "suite/train/reduce/gradient_arena.hpp"

namespace suite::train {

/// Images ready for the network: count x 3 x size x size, dense; with a width count x 3 x size x width, which
/// networks that run in lanes do not take.
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

/// The numbers that a training goes on from are named arenas of float32: "weights", "buffers" where the
/// network has running statistics, and the optimiser's slots ("momentum"). Host spans in and out; only the
/// gradients show where they lie, for a communicator of that memory.
///
/// A step is: begin_step(); for each micro-batch forward_backward(); finish the gradients; apply(). Between
/// the passes gradients may be put aside and summed in pairs (GradientArena::push, pop), or with those of
/// other ranks. One thread; results depend on the calls since the arenas were written, on nothing else.
class Engine {
public:
    /// `outputs`: of the head. Throws Error(environment) when a GPU is asked for and the build has no CUDA
    /// parts.
    Engine(const plan::RunConfig& config, std::size_t outputs, const DeviceOptions& options = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] const plan::NetworkLayout& layout() const noexcept;

    /// Names of the arenas, "weights" first.
    [[nodiscard]] std::vector<std::string> arenas() const;
    [[nodiscard]] std::size_t arena_size(const std::string& arena) const;
    /// Spans as long as the arena.
    void write(const std::string& arena, std::span<const float> values);
    void read(const std::string& arena, std::span<float> values) const;
    [[nodiscard]] std::vector<float> read(const std::string& arena) const;
    /// hash64 (suite/base/hash.hpp) of the bytes of weights and buffers; one pass.
    [[nodiscard]] std::uint64_t weights_hash() const;

    /// Where the dynamic scale of the loss stands, between steps; none but in float16.
    [[nodiscard]] std::optional<LossScaleState> loss_scale() const;
    /// Goes on from there. Only in float16; throws Error(weights) for an unreachable state.
    void set_loss_scale(const LossScaleState& state);

    /// Prepares the weights for passes (standardises them) and clears the gradients.
    void begin_step();
    /// Images that forward_backward() or infer() will get, in the order of their use: a device copies them
    /// while it computes. They stay as they are until done_with().
    void prefetch(const ImageBatch& images);
    /// Returns once nothing reads these images any more: they may be overwritten or freed. Prefetched and not
    /// passed, they are forgotten.
    void done_with(const ImageBatch& images);
    /// Forward, loss and backward of one micro-batch whose images are mixed already: adds `weight` times its
    /// gradient to the gradients and returns `weight` times its loss (objective/loss.hpp). `weight`: the
    /// micro-batch's share of the step. The gradients' listener hears of each slice inside backward, each
    /// once, about from the arena's end to its beginning; in the same order on every rank.
    [[nodiscard]] double forward_backward(const ImageBatch& images, const Targets& targets,
                                          const MixUp& mixup, double weight);
    /// For the engine's life. Its finish() turns the summed gradients of standardised convolutions into those
    /// of the raw weights; once a step for each slice, after all sums: it is linear in the gradient, so it
    /// costs one pass a step instead of one a micro-batch, and every rank gets the same bits from equal sums.
    [[nodiscard]] GradientArena& gradients() noexcept;
    /// One step of the optimiser, number `step` from 0.
    void apply(double learning_rate, std::int64_t step);

    /// Prepares the weights for infer().
    void begin_inference();
    /// Outputs (count x outputs) without keeping anything. Weights as of the last begin_step() or
    /// begin_inference().
    void infer(const ImageBatch& images, std::span<float> outputs);

    /// Where passes add their seconds (a device then waits for itself); null: nobody asks.
    void set_pass_seconds(PassSeconds* seconds) noexcept;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

/// A network that only infers: one arena and no gradients. prepare() standardises the convolutions where they
/// stand, once after weights() was written whole, and only infer() may follow. In host memory.
class InferenceNetwork {
public:
    InferenceNetwork(const plan::NetworkSpec& spec, std::size_t outputs);
    ~InferenceNetwork();
    InferenceNetwork(InferenceNetwork&&) noexcept;
    InferenceNetwork& operator=(InferenceNetwork&&) noexcept;

    [[nodiscard]] const plan::NetworkLayout& layout() const noexcept;
    [[nodiscard]] std::span<float> weights() noexcept;
    [[nodiscard]] std::span<float> buffers() noexcept;
    void prepare();
    /// outputs: count x outputs, written.
    void infer(const ImageBatch& images, std::span<float> outputs);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

} // namespace suite::train
