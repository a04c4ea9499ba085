#include "suite/dist/device.hpp"

#include <fmt/format.h>

namespace suite::dist {
namespace {

[[noreturn]] void throw_no_device(const DeviceSurvey& survey, std::string expected) {
    throw Error(
        ErrorKind::environment,
        {"device", survey.count == 0 ? "no GPU: " + survey.reason : fmt::format("{} GPUs", survey.count),
         std::move(expected),
         survey.compiled ? "use fewer ranks a node, or --device cpu (TRANSFERSCALE_DEVICE=cpu)"
                         : "build with TRANSFERSCALE_CUDA=1 on a machine with a GPU, or use --device cpu"});
}

std::string none_because(NcclApi& api, CudaResult result) {
    switch (result) {
    case CudaResult::success:
    case CudaResult::no_device:
        return "the driver sees no device";
    case CudaResult::insufficient_driver:
        return "no NVIDIA driver, or one older than the CUDA runtime";
    case CudaResult::stub_library:
        return "the toolkit's stub stands in for the driver";
    case CudaResult::memory_allocation:
    case CudaResult::not_ready:
        break;
    }
    return api.text(result);
}

} // namespace

void check_cuda(NcclApi& api, CudaResult result, std::string_view call) {
    if (result != CudaResult::success) {
        throw Error(ErrorKind::environment,
                    {std::string(call), api.text(result), "success",
                     "see nvidia-smi and dmesg; the same command goes on once the device does"});
    }
}

DeviceSurvey survey_devices(NcclApi* api) {
    if (api == nullptr) {
        return {.reason = "this build has no CUDA parts"};
    }
    DeviceSurvey survey{.compiled = true};
    // Both leave their argument alone when they fail.
    const CudaResult counted = api->device_count(survey.count);
    if (api->driver_version(survey.driver) != CudaResult::success) {
        survey.driver = 0;
    }
    if (counted != CudaResult::success || survey.count < 1) {
        survey.count = 0;
        survey.reason = none_because(*api, counted);
    }
    return survey;
}

Device select_device(NcclApi* api, int local_rank, int local_ranks, int first) {
    const DeviceSurvey survey = survey_devices(api);
    if (survey.count < local_ranks) {
        throw_no_device(survey, fmt::format("one GPU for each of the {} ranks on this node", local_ranks));
    }
    Device device{.index = (first + local_rank) % survey.count, .name = "", .driver = survey.driver};
    check_cuda(*api, api->set_device(device.index), fmt::format("cudaSetDevice({})", device.index));
    check_cuda(*api, api->device_name(device.index, device.name), "cudaGetDeviceProperties");
    return device;
}

Stream make_stream(NcclApi& api, bool urgent) {
    StreamHandle stream = nullptr;
    check_cuda(api, api.create_stream(stream, urgent), "cudaStreamCreateWithPriority");
    return {api, stream};
}

Event make_event(NcclApi& api) {
    EventHandle event = nullptr;
    check_cuda(api, api.create_event(event), "cudaEventCreateWithFlags");
    return {api, event};
}

DeviceMemory make_device_memory(NcclApi& api, std::size_t bytes) {
    void* memory = nullptr;
    check_cuda(api, api.allocate_device(&memory, bytes), fmt::format("cudaMalloc({} bytes)", bytes));
    return {api, memory};
}

} // namespace suite::dist
