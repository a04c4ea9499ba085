// Batches on their way to a GPU through pinned memory.
#include "suite/dist/staging.hpp"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/gpu/gpu_test.hpp"

namespace suite::dist {
namespace {

using GpuStaging = test::GpuTest;

TEST_F(GpuStaging, BringsEveryBatchWholeAndInOrder) {
    PinnedResource memory(api());
    StagedUpload upload(memory);
    const Stream stream = make_stream(api(), false);
    const DeviceMemory room = make_device_memory(api(), 1 << 20);
    std::vector<std::vector<int>> batches(6, std::vector<int>((1 << 20) / sizeof(int)));
    for (std::size_t i = 0; i < batches.size(); ++i) {
        std::iota(batches[i].begin(), batches[i].end(), static_cast<int>(1000 * i));
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto bytes = std::as_bytes(std::span(batches[i]));
        const void* staged = upload.take(bytes, stream.get());
        check_cuda(api(), api().copy(room.get(), staged, bytes.size(), stream.get()), "copy");
        upload.release(stream.get());
        if (i + 1 < batches.size()) {
            upload.begin(std::as_bytes(std::span(batches[i + 1])));
        }
        std::vector<int> found(batches[i].size());
        check_cuda(api(), api().copy(found.data(), room.get(), bytes.size(), stream.get()), "copy");
        const Event done = make_event(api());
        check_cuda(api(), api().record_event(done.get(), stream.get()), "cudaEventRecord");
        while (api().query_event(done.get()) == CudaResult::not_ready) {
            std::this_thread::yield();
        }
        ASSERT_EQ(found, batches[i]) << i;
    }
}

TEST_F(GpuStaging, CopiesPinnedBatchesFromWhereTheyLieBeforeTheyAreWrittenAgain) {
    PinnedResource memory(api());
    StagedUpload upload(memory);
    const Stream stream = make_stream(api(), false);
    const DeviceMemory room = make_device_memory(api(), 1 << 20);
    std::pmr::vector<int> batch((1 << 20) / sizeof(int), &memory);
    std::pmr::vector<int> found(batch.size(), &memory);
    const auto bytes = std::as_bytes(std::span(batch));
    for (int turn = 0; turn < 6; ++turn) {
        std::iota(batch.begin(), batch.end(), 1000 * turn);
        const std::vector<int> expected(batch.begin(), batch.end());
        upload.begin(bytes);
        const void* staged = upload.take(bytes, stream.get());
        check_cuda(api(), api().copy(room.get(), staged, bytes.size(), stream.get()), "copy");
        upload.release(stream.get());
        upload.done_with(bytes);
        std::ranges::fill(batch, -1); // must not reach the device
        check_cuda(api(), api().copy(found.data(), room.get(), bytes.size(), stream.get()), "copy");
        const Event done = make_event(api());
        check_cuda(api(), api().record_event(done.get(), stream.get()), "cudaEventRecord");
        while (api().query_event(done.get()) == CudaResult::not_ready) {
            std::this_thread::yield();
        }
        ASSERT_TRUE(std::ranges::equal(found, expected)) << turn;
    }
}

} // namespace
} // namespace suite::dist
