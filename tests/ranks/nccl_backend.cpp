// NCCL under the conformance tests, where there is a GPU for each rank of this node.
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "suite/dist/device.hpp"
#include "suite/dist/nccl_communicator.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

NcclApi& api() {
    return *linked_nccl_api();
}

void wait_for_copies() {
    const Event event = make_event(api());
    check_cuda(api(), api().record_event(event.get(), nullptr), "cudaEventRecord");
    while (api().query_event(event.get()) == CudaResult::not_ready) {
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
}

class NcclBackend final : public RankBackend {
public:
    using RankBackend::RankBackend;
    void* allocate(std::size_t bytes) override {
        void* memory = nullptr;
        check_cuda(api(), api().allocate_device(&memory, bytes + 1), "cudaMalloc");
        return memory;
    }
    void release(void* memory) override { static_cast<void>(api().free_device(memory)); }
    void upload(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }
    void download(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }

private:
    static void copy(void* to, const void* from, std::size_t bytes) {
        check_cuda(api(), api().copy(to, from, bytes, nullptr), "cudaMemcpyAsync");
        wait_for_copies();
    }
};

/// Stands in where there are too few GPUs: says so.
class MissingBackend final : public RankBackend {
public:
    explicit MissingBackend(std::string reason) : RankBackend(make_single()), reason_(std::move(reason)) {}
    [[nodiscard]] std::string missing() const override { return reason_; }

private:
    std::string reason_;
};

std::unique_ptr<RankBackend> make_nccl_backend() {
    Communicator& host = backend_named("mpi").communicator();
    const DeviceSurvey survey = survey_devices(&api());
    if (survey.count < host.size()) {
        return std::make_unique<MissingBackend>(
            fmt::format("{} ranks, {} GPUs {}", host.size(), survey.count, survey.reason));
    }
    const Device device = select_device(&api(), host.rank(), host.size());
    return std::make_unique<NcclBackend>(
        make_nccl(api(), host, {.device = device.index, .deadline_seconds = 20.0}));
}

const bool is_registered = [] {
    backend_makers()["nccl"] = make_nccl_backend;
    return true;
}();

} // namespace
} // namespace suite::dist::testing
