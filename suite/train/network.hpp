// The network over flat arenas: forward, backward, nothing else. No tensor shows outside.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "suite/train/engine.hpp"

namespace suite::train {

enum class Pass {
    training,  ///< keeps what the backward pass needs
    inference, ///< keeps nothing
};

/// Pre-activation ResNet-v2 with GroupNorm and weight standardisation (cherti-jitsev.md 1.1). Parameters and
/// their gradients each stand in one flat arena in the order of the layout; there are no other copies of the
/// gradients. One thread. Results depend on the arguments alone, never on earlier calls.
///
/// An optimiser step is: weights_changed(); clear_gradients(); for each micro-batch forward(training),
/// backward(); finish_gradients(); then read gradients() and write weights().
///
/// A network for inference has one arena and no gradients: weights_changed() standardises the convolutions
/// where they stand, once after weights() was written whole, and only forward(inference) may follow.
class Network {
public:
    Network(const plan::NetworkSpec& spec, std::size_t outputs, Pass purpose = Pass::training);
    ~Network();
    Network(Network&&) noexcept;
    Network& operator=(Network&&) noexcept;

    [[nodiscard]] const NetworkLayout& layout() const noexcept;
    [[nodiscard]] std::span<float> weights() noexcept;
    [[nodiscard]] std::span<float> gradients() noexcept; ///< empty for inference

    /// Standardises the convolutions anew. To be called after weights() was written to, before forward().
    void weights_changed();
    void clear_gradients();
    /// logits: count x outputs, written.
    void forward(const ImageBatch& images, Pass pass, std::span<float> logits);
    /// Adds the gradients of the last forward(training). `logit_gradient`: count x outputs. The listener
    /// hears of each parameter as soon as its gradient is final for this pass.
    void backward(std::span<const float> logit_gradient, const GradientListener& listener = {});
    /// Turns the summed gradients of standardised convolutions in a slice of whole tensors into those of the
    /// raw ones (linear, so once a step).
    void finish_gradients(std::size_t offset, std::size_t count);
    void finish_gradients();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

} // namespace suite::train
