// Map sizes, multiply-adds and activation memory of a network, read off its layers.
#pragma once

#include <cstddef>
#include <vector>

#include "suite/plan/network/layers.hpp"
#include "suite/plan/network/spec.hpp"

namespace suite::plan {

/// A layer's output for one image; behind `average` and `linear` 1 x 1.
struct MapSize {
    int channels = 0;
    int height = 0;
    int width = 0;
    [[nodiscard]] double elements() const noexcept { return static_cast<double>(channels) * height * width; }
    [[nodiscard]] bool operator==(const MapSize&) const = default;
};

/// Of every layer, for images of height x width. Throws Error(usage) naming each layer that is left without a
/// position, or that joins maps of different sizes.
[[nodiscard]] std::vector<MapSize> map_sizes(const Network& network, int height, int width);

/// Multiply-accumulates of one forward pass of one image (convolutions and matrices).
[[nodiscard]] double multiply_adds(const Network& network, int height, int width);
/// Elements of one image that the backward pass needs: what every layer with parameters, and every pool, puts
/// out (a ReLU, a sum and a concatenation keep nothing of their own).
[[nodiscard]] double activation_elements(const Network& network, int height, int width);

/// Multiply-accumulates of a declared network on square images, in units of 1e9; 0 without images.
[[nodiscard]] double forward_gigamacs(const NetworkSpec& spec, int image_size, std::size_t outputs);
/// Parameters of a declared network: what one step's gradient holds. outputs = 0: without the head.
[[nodiscard]] double parameter_count(const NetworkSpec& spec, std::size_t outputs);

} // namespace suite::plan
