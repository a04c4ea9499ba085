// The layers of a network with their backward passes written out. Private to suite/train: the only place,
// with network.cpp, where arrays are tensors. Each layer keeps what its backward pass needs from the last
// forward pass in training, and drops it once used. Gradients are added to views of the network's gradient
// arena.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#define TORCH_ASSERT_ONLY_METHOD_OPERATORS
#include <ATen/core/Tensor.h>

#include "suite/kernels/lane_convolution.hpp"
#include "suite/train/network.hpp"

namespace suite::train::detail {

/// The elements of a dense tensor.
[[nodiscard]] std::span<float> values(const at::Tensor& tensor);

/// A parameter with its gradient: views of the arenas.
struct Parameter {
    at::Tensor value;
    at::Tensor gradient;
};

/// Tells a listener of parameters whose gradients are final for the pass under way.
class Finished {
public:
    explicit Finished(const GradientListener& listener) : listener_(&listener) {}
    void operator()(const Parameter& parameter) const {
        if (*listener_) {
            (*listener_)(static_cast<std::size_t>(parameter.gradient.storage_offset()),
                         static_cast<std::size_t>(parameter.gradient.numel()));
        }
    }

private:
    const GradientListener* listener_;
};

/// Room for maps in lanes that a layer makes, kept from step to step: a training step in steady state asks
/// for no memory for them. Other maps are made anew, since they may be large.
class Room {
public:
    /// Not initialised. The room of the last call, unless somebody still holds it or the shape is another.
    [[nodiscard]] at::Tensor take(at::IntArrayRef shape);

private:
    at::Tensor kept_;
};

/// Convolution without bias; `value` is the standardised weight.
class Convolution {
public:
    Convolution(Parameter weight, int stride, int padding);
    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass);
    /// Returns the gradient of the input.
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, const Finished& finished);
    /// For the network's first layer, whose input needs no gradient.
    void backward_weight(const at::Tensor& y_gradient, const Finished& finished);

private:
    Parameter weight_;
    int stride_;
    int padding_;
    at::Tensor x_;
    Room y_room_;
    Room x_gradient_room_;

    [[nodiscard]] at::Tensor forward_lanes(const at::Tensor& x);
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, bool input_wanted,
                                      const Finished& finished);
    [[nodiscard]] at::Tensor backward_dense(const at::Tensor& x, const at::Tensor& y_gradient,
                                            bool input_wanted);
    [[nodiscard]] at::Tensor backward_lanes(const at::Tensor& x, const at::Tensor& y_gradient,
                                            bool input_wanted);
    [[nodiscard]] kernels::LaneConvolutionShape lane_shape(const at::Tensor& x) const;
};

/// GroupNorm and ReLU (suite/kernels/group_norm.hpp).
class NormRelu {
public:
    NormRelu(Parameter scale, Parameter shift, int groups, double epsilon);
    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass);
    /// Overwrites y_gradient with the gradient of the input plus `addend` (may be undefined) and returns it.
    [[nodiscard]] at::Tensor backward(at::Tensor y_gradient, const at::Tensor& addend,
                                      const Finished& finished);

private:
    Parameter scale_;
    Parameter shift_;
    int groups_;
    double epsilon_;
    at::Tensor x_;
    at::Tensor y_;
    Room y_room_;
    std::vector<float> statistics_;
};

/// Pre-activation residual unit, bottleneck (three convolutions) or basic (two): cherti-jitsev.md 1.1.
class ResidualUnit {
public:
    ResidualUnit(std::vector<NormRelu> norms, std::vector<Convolution> convolutions,
                 std::optional<Convolution> projection);
    [[nodiscard]] at::Tensor forward(const at::Tensor& x, Pass pass);
    [[nodiscard]] at::Tensor backward(const at::Tensor& y_gradient, const Finished& finished);

private:
    std::vector<NormRelu> norms_;
    std::vector<Convolution> convolutions_;
    std::optional<Convolution> projection_;
};

/// Root convolution; in BiT's stem also zero padding and max-pool (the padding is explicit: a padded max-pool
/// would pad with -inf, and there is no ReLU before it).
class StemLayer {
public:
    StemLayer(Convolution root, bool pooled);
    [[nodiscard]] at::Tensor forward(const at::Tensor& images, Pass pass);
    void backward(const at::Tensor& y_gradient, const Finished& finished);

private:
    Convolution root_;
    bool pooled_;
    Room maps_room_;
    at::Tensor padded_;
    at::Tensor indices_;
};

/// GN, ReLU, global average, 1x1 convolution with bias (a matrix product by then).
class HeadLayer {
public:
    HeadLayer(NormRelu norm, Parameter weight, Parameter bias);
    /// `images`: how many of the images that the maps have room for are real.
    [[nodiscard]] at::Tensor forward(const at::Tensor& x, std::int64_t images, Pass pass);
    [[nodiscard]] at::Tensor backward(const at::Tensor& logit_gradient, const Finished& finished);

private:
    NormRelu norm_;
    Parameter weight_; ///< as a matrix, outputs x features
    Parameter bias_;
    at::Tensor pooled_;
    std::vector<std::int64_t> map_shape_;
    Room gradient_room_;

    [[nodiscard]] static at::Tensor pool(const at::Tensor& maps, std::int64_t images);
    [[nodiscard]] at::Tensor unpool(const at::Tensor& pooled_gradient);
};

} // namespace suite::train::detail
