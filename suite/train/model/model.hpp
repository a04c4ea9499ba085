// A network that can be run: the same list of layers, read by an interpreter. Private to suite/train.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "suite/train/model/arenas.hpp"

namespace suite::train {

/// A slice of the gradient arena, elements: [offset, offset + count).
using GradientListener = std::function<void(std::size_t offset, std::size_t count)>;

/// What one forward pass of a training step leaves for its way back. Several may be alive at a time, each
/// goes back once.
class ForwardPass {
public:
    virtual ~ForwardPass() = default;
    ForwardPass(const ForwardPass&) = delete;
    ForwardPass& operator=(const ForwardPass&) = delete;

    /// float32; count x outputs, or count x channels x height x width of a network that ends in a map.
    [[nodiscard]] const at::Tensor& outputs() const noexcept { return outputs_; }
    /// Adds the gradients of this pass to the gradient arena; what was kept for it is dropped. The listener
    /// hears of each slice as soon as it is final for this pass, exactly once, in an order that is the same
    /// on every rank.
    virtual void backward(const at::Tensor& output_gradient, const GradientListener& listener) = 0;

protected:
    ForwardPass() = default;
    at::Tensor outputs_;
};

/// Parameters lie in the arenas that it was made over; Arenas::prepare() comes before a pass. One thread.
/// Results depend on the arguments and the arenas alone, never on earlier calls.
class Model {
public:
    virtual ~Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    /// images: float32, count x channels x height x width. `share`: of the step's images, a float32 scalar
    /// where the arenas are: batch statistics count by it.
    [[nodiscard]] virtual std::unique_ptr<ForwardPass> forward(const at::Tensor& images,
                                                               const at::Tensor& share) = 0;
    /// The output of one layer (of the last: the network's outputs), float32, nothing kept. Batch statistics
    /// are the running ones.
    [[nodiscard]] virtual at::Tensor infer(const at::Tensor& images, std::size_t layer) = 0;
    [[nodiscard]] at::Tensor infer(const at::Tensor& images) { return infer(images, last_layer_); }

protected:
    explicit Model(const Arenas& arenas) : last_layer_(arenas.layout().network.layers.size() - 1) {}

private:
    std::size_t last_layer_;
};

/// Which parameters get no gradients, by tensor of the layout; empty: all get them.
using Frozen = std::vector<bool>;

/// LibTorch's autograd over the arenas: every network, on every device. `element`: of maps, convolutions and
/// matrices (kFloat, kBFloat16 or kHalf); norms, sums and the arenas stay float32. Every operator has one
/// fixed order of summation: the same bits for the same device.
[[nodiscard]] std::unique_ptr<Model> make_torch_model(Arenas& arenas, at::ScalarType element,
                                                      Frozen frozen = {});

/// Whether every layer has a kernel that runs sixteen images side by side
/// (suite/kernels/lane_convolution.hpp): small pre-activation networks on square images, whose activations
/// stay in the cache.
[[nodiscard]] bool runs_in_lanes(const plan::Network& network);
/// The fast path for those, in host memory: the same results as make_torch_model() within rounding.
[[nodiscard]] std::unique_ptr<Model> make_lane_model(Arenas& arenas);

} // namespace suite::train
