// What a training step asks the allocator for. ATen's tensors come from posix_memalign, which this program
// replaces; so it counts nothing else in the program than what goes through it.
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "suite/train/network.hpp"
#include "suite/train/trainer.hpp"
#include "tests/suite/train/network_cases.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {
std::size_t aligned_bytes = 0; // one thread
}

extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
    aligned_bytes += bytes;
    *memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    return *memory == nullptr ? 12 /* ENOMEM */ : 0;
}

namespace suite::train {
namespace {

TEST(TrainingMemory, AStepInSteadyStateAsksForNoMaps) {
    initialise_torch();
    Network network(test::larger_laptop_network(), 10);
    const std::vector<float> images(32 * 3 * 28 * 28, 0.5F);
    std::vector<float> logits(32 * 10);
    const auto step = [&] {
        const std::size_t before = aligned_bytes;
        network.weights_changed();
        network.clear_gradients();
        network.forward({.values = images, .count = 32, .size = 28}, Pass::training, logits);
        network.backward(logits);
        network.finish_gradients();
        return aligned_bytes - before;
    };
    const std::size_t first = step();
    static_cast<void>(step());
    const std::size_t third = step();
    constexpr std::size_t smallest_map_bytes = 2 * 64 * 4 * 4 * 16 * sizeof(float);
    EXPECT_GT(first, 20 * smallest_map_bytes); // the maps are seen when they are made
    EXPECT_LT(third, smallest_map_bytes);      // what is left is the head's vectors and matrices
}

} // namespace
} // namespace suite::train
#endif
