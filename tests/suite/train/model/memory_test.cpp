// What a training step asks the allocator for. ATen's tensors come from posix_memalign, which this program
// replaces; so it counts nothing else in the program than what goes through it.
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "suite/train/engine.hpp"
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
    plan::RunConfig config;
    config.network = test::larger_laptop_network();
    Engine engine(config, 10);
    const std::vector<float> images(32 * 3 * 28 * 28, 0.5F);
    const std::vector<std::int64_t> classes(32, 3);
    auto step = [&, number = std::int64_t{0}]() mutable {
        const std::size_t before = aligned_bytes;
        engine.begin_step();
        static_cast<void>(engine.forward_backward({.values = images, .count = 32, .size = 28},
                                                  {.classes = classes}, {}, 1.0));
        engine.gradients().finish();
        engine.apply(0.1, number++);
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
