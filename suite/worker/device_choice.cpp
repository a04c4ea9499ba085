#include "suite/worker/device_choice.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/dist/nccl_communicator.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {
namespace {

train::Precision precision_of(plan::Precision precision) {
    switch (precision) {
    case plan::Precision::tf32:
        return train::Precision::tf32;
    case plan::Precision::bfloat16:
        return train::Precision::bfloat16;
    case plan::Precision::float16:
        return train::Precision::float16;
    case plan::Precision::float32:
        break;
    }
    return train::Precision::float32;
}

std::string version_text(int number, int major, int minor) {
    return fmt::format("{}.{}", number / major, number % major / minor);
}

} // namespace

DeviceChoice choose_device(dist::NcclApi* api, std::string_view wanted, const dist::LocalRank& local,
                           const DeviceView& view) {
    if (wanted == "cpu") {
        return {};
    }
    if (wanted != "cuda" && wanted != "auto" && !wanted.empty()) {
        throw Error(ErrorKind::usage,
                    {"--device", "'" + std::string(wanted) + "'", "cpu, cuda or auto", "--device cpu"});
    }
    const dist::DeviceSurvey survey = dist::survey_devices(api);
    if (survey.count == 0 && wanted != "cuda") {
        return {.reason = survey.reason};
    }
    return {.engine = EngineKind::cuda,
            .device = view.has_own ? dist::select_device(api, 0, 1)
                                   : dist::select_device(api, local.rank, local.count, view.first)};
}

DeviceChoice choose_device(std::string_view wanted, int first_gpu, const dist::LocalRank& local) {
    const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    const std::string_view devices = visible == nullptr ? "" : visible;
    const bool has_own = !devices.empty() && devices.find(',') == std::string_view::npos;
    return choose_device(dist::linked_nccl_api(), wanted, local, {.first = first_gpu, .has_own = has_own});
}

std::string to_string(const DeviceChoice& choice) {
    switch (choice.engine) {
    case EngineKind::cuda:
        return fmt::format("cuda {}, {}", choice.device.index, choice.device.name);
    case EngineKind::device_on_host:
        return "device engine on the host";
    case EngineKind::cpu:
        break;
    }
    return "cpu";
}

std::string text_of_build(const DeviceChoice& choice) {
    const std::string build =
        sha256_hex_of_file("/proc/self/exe") + " " + train::torch_version() + " " + train::cpu_capability();
    switch (choice.engine) {
    case EngineKind::cuda:
        return build + " " + choice.device.name;
    case EngineKind::device_on_host:
        return build + " " + to_string(choice);
    case EngineKind::cpu:
        break;
    }
    return build;
}

std::map<std::string, std::string> provenance_of(const DeviceChoice& choice) {
    std::map<std::string, std::string> provenance{{"device", to_string(choice)}};
    if (choice.engine == EngineKind::cuda) {
        provenance["driver"] = "CUDA " + version_text(choice.device.driver, 1000, 10);
        provenance["nccl"] = version_text(dist::linked_nccl_api()->nccl_version(), 10000, 100);
    }
    return provenance;
}

std::unique_ptr<dist::PinnedResource> image_memory(const DeviceChoice& choice, dist::NcclApi* api) {
    return choice.engine == EngineKind::cuda && api != nullptr
               ? std::make_unique<dist::PinnedResource>(*api, choice.device.index)
               : nullptr;
}

std::function<std::unique_ptr<train::Engine>(const plan::RunConfig&, std::size_t)>
engine_maker(const DeviceChoice& choice, dist::PinnedResource* images) {
    return [choice, images](const plan::RunConfig& config, std::size_t outputs) {
        if (choice.engine != EngineKind::cpu) {
            return std::make_unique<train::Engine>(
                config, outputs,
                train::DeviceOptions{.cuda = choice.engine == EngineKind::cuda,
                                     .index = choice.device.index,
                                     .own_kernels = choice.engine == EngineKind::cuda,
                                     .lanes = false,
                                     .precision = precision_of(config.precision),
                                     .images = images});
        }
        if (config.precision != plan::Precision::float32) {
            throw Error(ErrorKind::environment,
                        {"precision",
                         fmt::format("{}, and no GPU{}{}", plan::enum_name(config.precision),
                                     choice.reason.empty() ? "" : ": ", choice.reason),
                         "a GPU, or float32, which alone is fast on a CPU", "--precision float32"});
        }
        return std::make_unique<train::Engine>(config, outputs);
    };
}

std::unique_ptr<dist::Communicator> gradient_communicator(const DeviceChoice& choice,
                                                          dist::Communicator& host, double deadline_seconds) {
    if (choice.engine != EngineKind::cuda || host.size() == 1) {
        return nullptr;
    }
    return dist::make_nccl(*dist::linked_nccl_api(), host,
                           {.device = choice.device.index,
                            .deadline_seconds = deadline_seconds,
                            .current_stream = train::device_stream});
}

} // namespace suite::worker
