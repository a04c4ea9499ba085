// NCCL with one rank: NCCL refuses two on one device, so this is what one GPU can
// show. Several ranks: tests/ranks with TRANSFERSCALE_TEST_BACKEND=nccl.
#include <array>
#include <chrono>
#include <thread>

#include "suite/dist/nccl_communicator.hpp"
#include "tests/gpu/gpu_test.hpp"

namespace suite::dist {
namespace {

using GpuCommunicator = test::GpuTest;

void wait_for(NcclApi& api) {
    const Event event = make_event(api);
    check_cuda(api, api.record_event(event.get(), nullptr), "cudaEventRecord");
    while (api.query_event(event.get()) == CudaResult::not_ready) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
}

TEST_F(GpuCommunicator, OneRankKeepsItsValuesThroughEveryCall) {
    const auto host = make_single();
    const auto gpu = make_nccl(api(), *host, {});
    const std::array<float, 3> values{1.5F, -2.0F, 4.0F};
    const DeviceMemory memory = make_device_memory(api(), sizeof values);
    const DeviceMemory other = make_device_memory(api(), sizeof values);
    check_cuda(api(), api().copy(memory.get(), values.data(), sizeof values, nullptr), "copy");
    const Buffer buffer{memory.get(), values.size(), Element::float32};
    const Buffer copy{other.get(), values.size(), Element::float32};

    gpu->all_reduce(buffer, Reduction::sum);
    gpu->broadcast(buffer, 0);
    Request first = gpu->start_all_reduce(buffer, Reduction::maximum);
    Request second = gpu->start_all_reduce(buffer, Reduction::minimum);
    second.wait();
    first.wait();
    gpu->barrier();
    gpu->exchange(buffer, copy, 0);
    agree(*gpu, nullptr);

    std::array<float, 3> found{};
    check_cuda(api(), api().copy(found.data(), other.get(), sizeof found, nullptr), "copy");
    wait_for(api());
    EXPECT_EQ(found, values);
    gpu->all_gather(buffer, copy);
    check_cuda(api(), api().copy(found.data(), other.get(), sizeof found, nullptr), "copy");
    wait_for(api());
    EXPECT_EQ(found, values);
}

TEST_F(GpuCommunicator, HalvesGoThrough) {
    const auto host = make_single();
    const auto gpu = make_nccl(api(), *host, {});
    const DeviceMemory memory = make_device_memory(api(), 64);
    for (const Element element : {Element::float16, Element::bfloat16, Element::float64, Element::int64}) {
        gpu->all_reduce({memory.get(), 4, element}, Reduction::sum);
    }
}

} // namespace
} // namespace suite::dist
