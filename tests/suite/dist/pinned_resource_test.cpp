#include "suite/dist/pinned_resource.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "tests/suite/dist/recording_api.hpp"

namespace suite::dist {
namespace {

using test::RecordingApi;
using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::span<const float> values) {
    return std::as_bytes(values);
}

TEST(PinnedResource, PinsOnItsDeviceAndGivesBack) {
    RecordingApi api;
    PinnedResource memory(api, 3);
    {
        std::pmr::vector<float> values(6, 1.5F, &memory);
        values.resize(4); // keeps its memory
        EXPECT_EQ(api.alive(), 1);
    }
    EXPECT_EQ(api.alive(), 0);
    EXPECT_THAT(api.calls(), ElementsAre("set_device 3", "allocate_pinned", "free_pinned"));
}

TEST(PinnedResource, KnowsWhatLiesWhollyInOneOfItsAllocations) {
    RecordingApi api;
    PinnedResource memory(api);
    const std::pmr::vector<float> first(8, 0.0F, &memory);
    const std::pmr::vector<float> second(8, 0.0F, &memory);
    const std::vector<float> heap(8);
    EXPECT_TRUE(memory.holds(bytes_of(first)));
    EXPECT_TRUE(memory.holds(bytes_of(std::span(second).subspan(5))));
    EXPECT_FALSE(memory.holds(bytes_of(heap)));
    EXPECT_FALSE(memory.holds(std::as_bytes(std::span(first.data(), 9)))) << "one behind its end";
    EXPECT_FALSE(memory.holds(std::as_bytes(std::span(first.data() - 1, 2)))) << "one before its begin";
}

TEST(PinnedResource, ForgetsWhatItGaveBack) {
    RecordingApi api;
    PinnedResource memory(api);
    const float* place = nullptr;
    {
        const std::pmr::vector<float> values(8, 0.0F, &memory);
        place = values.data();
    }
    EXPECT_FALSE(memory.holds(std::as_bytes(std::span(place, 8))));
}

TEST(PinnedResource, TakesTheHeapAndSaysSoOnceWhenNoMemoryCanBePinned) {
    RecordingApi api;
    PinnedResource memory(api);
    const std::pmr::vector<float> pinned(8, 0.0F, &memory);
    api.cuda_results["allocate_pinned"] = CudaResult::memory_allocation;
    testing::internal::CaptureStderr();
    {
        const std::pmr::vector<float> a(8, 2.0F, &memory);
        const std::pmr::vector<float> b(8, 3.0F, &memory);
        EXPECT_FALSE(memory.holds(bytes_of(a)));
        EXPECT_EQ(a[7] + b[7], 5.0F);
        EXPECT_TRUE(memory.holds(bytes_of(pinned)));
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("cudaHostAlloc(32 bytes): found cuda error 2, expected pinned memory"));
    EXPECT_EQ(std::ranges::count(said, '\n'), 1);
    EXPECT_EQ(api.alive(), 1) << "the first";
}

TEST(PinnedResource, RefusesWhateverElseGoesWrong) {
    for (const auto& [call, words] :
         {std::pair{"allocate_pinned", "cudaHostAlloc(32 bytes)"}, {"set_device", "cudaSetDevice(0)"}}) {
        RecordingApi api;
        PinnedResource memory(api);
        api.cuda_results[call] = static_cast<CudaResult>(700);
        try {
            const std::pmr::vector<float> values(8, 0.0F, &memory);
            ADD_FAILURE() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.exit_code(), 6);
            EXPECT_THAT(error.what(), HasSubstr(words));
        }
        EXPECT_EQ(api.alive(), 0);
    }
}

} // namespace
} // namespace suite::dist
