// A network as data: an ordered list of layers with their inputs. Families make it from a declaration
// (families.hpp); parameters and buffers (layout.hpp), map sizes, multiply-adds and memory (cost.hpp) are
// read off it; suite/train runs it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace suite::plan {

enum class LayerKind {
    input, ///< the images, channels x height x width
    convolution,
    transposed_convolution,
    linear, ///< of vectors, or of one channel vector behind `average`
    batch_norm,
    group_norm,
    relu,
    sigmoid,
    max_pool,
    average, ///< over all positions of a map: what is left is a vector
    add,
    concatenate, ///< along the channels
};

/// What stands around a map before windows are laid over it.
enum class PoolPadding {
    zeros,
    lowest, ///< -inf: never the largest
};

/// Square kernels, the same stride and padding both ways; positions behind the last whole window are left
/// out, as in PyTorch. What a kind does not use keeps its default.
struct Layer {
    std::string name; ///< prefix of its tensors: "body.block1.unit01.conv1"; empty where it has none
    LayerKind kind = LayerKind::input;
    std::vector<std::size_t> inputs; ///< earlier layers, by their place in the list
    int channels = 0;                ///< of the output
    int kernel = 1;
    int stride = 1;
    int padding = 0; ///< zeros on each side (max_pool: `pool_padding`)
    PoolPadding pool_padding = PoolPadding::lowest;
    bool bias = false;
    /// Weight standardisation: each filter less its mean, divided by √(biased variance + epsilon).
    bool standardised = false;
    /// A matrix that is kept as outputs x inputs x 1 x 1, the form of a 1x1 convolution.
    bool pointwise = false;
    int groups = 1;        ///< of group_norm
    double epsilon = 1e-5; ///< inside the root: of norms, and of weight standardisation
    double momentum = 0.1; ///< of batch_norm's running statistics: running = (1 − m) running + m new
    bool is_head = false;  ///< replaced when a network is handed on to another task
    std::string official;  ///< name of its tensors in published files; empty where none are published
};

/// The last layer's output is the network's.
struct Network {
    std::string id;
    std::vector<Layer> layers;
};

/// Appends layers one behind the other. Each call returns the place of what it appended:
///
///     LayerList list(3);
///     std::size_t x = list.add({.name = "conv1", .kind = LayerKind::convolution, .channels = 64,
///                               .kernel = 7, .stride = 2, .padding = 3}, {LayerList::images});
///     x = list.add({.kind = LayerKind::relu}, {x});
class LayerList {
public:
    static constexpr std::size_t images = 0;

    explicit LayerList(int input_channels);
    /// Channels follow from the inputs where the kind does not change them.
    std::size_t add(Layer layer, std::vector<std::size_t> inputs);
    [[nodiscard]] int channels(std::size_t layer) const { return layers_.at(layer).channels; }
    /// Throws Error(usage) with all faults at once, each with `where` and the layer's name: an input that
    /// does not come before, inputs of another number or of other channels than the kind takes, sizes below
    /// one, groups that do not divide the channels, two layers of one name.
    [[nodiscard]] Network finish(std::string id, std::string_view where) &&;

private:
    std::vector<Layer> layers_;
};

/// "group_norm": for messages.
[[nodiscard]] std::string_view to_text(LayerKind kind);
/// Layers that take this one's output, in order.
[[nodiscard]] std::vector<std::vector<std::size_t>> consumers(const Network& network);

} // namespace suite::plan
