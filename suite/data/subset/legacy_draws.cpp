#include "suite/data/subset/legacy_draws.hpp"

#include <bit>
#include <cassert>
#include <numeric>
#include <utility>

namespace suite::data {

void numpy_shuffle(std::span<std::size_t> values, std::mt19937& engine) {
    for (std::size_t i = values.size(); i-- > 1;) {
        const auto mask = static_cast<std::uint32_t>(std::bit_ceil(i + 1) - 1);
        std::size_t j = engine() & mask;
        while (j > i) {
            j = engine() & mask;
        }
        std::swap(values[i], values[j]);
    }
}

void numpy_shuffle(std::span<std::size_t> values, std::uint32_t seed) {
    std::mt19937 engine(seed);
    numpy_shuffle(values, engine);
}

std::vector<std::size_t> torch_randperm(std::size_t size, std::mt19937& engine) {
    assert(size < 0xFFFFFFFFU / 20); // above, torch draws 64 bits per place
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = 0; i + 1 < size; ++i) {
        std::swap(order[i], order[i + engine() % (size - i)]);
    }
    return order;
}

std::vector<std::size_t> torch_data_loader_order(std::size_t size, std::uint64_t seed) {
    std::mt19937 engine(static_cast<std::uint32_t>(seed)); // torch keeps the low 32 bits of a seed
    engine.discard(2);                                     // a 64-bit draw is two outputs
    return torch_randperm(size, engine);
}

} // namespace suite::data
