// The legacy random draws that published splits were made with, bit for bit. Only for few-shot and split
// draws; everything else uses Philox streams (suite/base/philox.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace suite::data {

/// numpy.random.RandomState(seed).shuffle of the values, in place, continuing from `engine`: for i = n-1 … 1
/// pick j in [0, i] by masking 32-bit outputs and rejecting j > i, then swap (paper.md#numpy-shuffle).
void numpy_shuffle(std::span<std::size_t> values, std::mt19937& engine);
/// The same on a fresh RandomState(seed).
void numpy_shuffle(std::span<std::size_t> values, std::uint32_t seed);

/// torch.randperm(size, generator=g) on the CPU, continuing from `engine` (one 32-bit output per place).
/// size < 2^32 / 20.
[[nodiscard]] std::vector<std::size_t> torch_randperm(std::size_t size, std::mt19937& engine);

/// The order in which a shuffling torch DataLoader with g.manual_seed(seed) visits its set: one 64-bit draw
/// (its base seed) precedes the permutation (paper.md#few-shot-draw).
[[nodiscard]] std::vector<std::size_t> torch_data_loader_order(std::size_t size, std::uint64_t seed);

} // namespace suite::data
