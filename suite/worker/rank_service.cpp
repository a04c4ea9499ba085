#include "suite/worker/rank_service.hpp"

#include <array>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/hash.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/device.hpp"
#include "suite/dist/handshake.hpp"
#include "suite/dist/mpi.hpp"
#include "suite/dist/topology.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/executor.hpp"
#include "suite/worker/order_channel.hpp"

namespace suite::worker {
namespace {

// Switches of libraries that change which code runs; all ranks must have them alike.
constexpr const char* switches[] = {"ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR",
                                    "OMP_NUM_THREADS", "CUBLAS_WORKSPACE_CONFIG"};

// The host's own names and places (temporary folders, caches) may differ.
std::vector<dist::Trait> traits_of(const RankServiceOptions& options) {
    std::vector<dist::Trait> traits{{"program", sha256_hex_of_file("/proc/self/exe").substr(0, 16)},
                                    {"LibTorch", train::torch_version()},
                                    {"instruction set", train::cpu_capability()},
                                    {"--store", options.store.string()},
                                    {"--deadline", fmt::format("{}", options.deadline_seconds)},
                                    {"--device", options.device}};
    for (const char* name : switches) {
        const char* value = std::getenv(name);
        traits.push_back({name, value == nullptr ? "" : value});
    }
    return traits;
}

void check_count(const dist::Communicator& communicator, int wanted) {
    if (communicator.size() != wanted) {
        throw Error(ErrorKind::usage,
                    Fault{.where = "ranks",
                          .found = fmt::format("{} that were started", communicator.size()),
                          .expected = fmt::format("{}", wanted),
                          .fix = "let the launcher start {ranks} of them; a launcher of another "
                                 "MPI library starts single ones"});
    }
}

/// What the records of these ranks say besides.
std::map<std::string, std::string> provenance_of(dist::Communicator& communicator,
                                                 const RankServiceOptions& options) {
    const dist::LocalRank local = dist::local_rank(communicator);
    const dist::Topology topology = dist::this_topology();
    std::array<std::int64_t, 1> crowded{
        options.oversubscribed || static_cast<std::size_t>(local.count) > topology.cores.size() ? 1 : 0};
    communicator.all_reduce(dist::buffer(crowded), dist::Reduction::maximum);
    bind_rank(options, local.rank, local.count);
    return {{"ranks", fmt::format("{}", communicator.size())},
            {"hosts", fmt::format("{}", local.hosts)},
            {"oversubscribed", crowded[0] != 0 ? "yes" : "no"},
            {"mpi", dist::mpi_library()},
            {"topology", to_text(topology)}};
}

class Service {
public:
    Service(const RankServiceOptions& options, dist::Communicator& communicator,
            const std::function<bool()>& stop_requested,
            const std::function<void(const plan::WorkReport&)>& send)
        : communicator_(communicator),
          send_(send),
          orders_(communicator, stop_requested),
          executor_(
              options.store, communicator, stop_requested, report_of_rank_0(),
              {.provenance = provenance_of(communicator, options),
               .device = choose_device(options.device, options.first_gpu, dist::local_rank(communicator)),
               .deadline_seconds = options.deadline_seconds}) {}

    int serve() {
        report_of_rank_0()({}); // ready
        std::string line;
        for (;;) {
            communicator_.set_phase("wait for an order");
            const NextOrder next = orders_.next(line);
            if (next != NextOrder::order) {
                return next == NextOrder::stop ? exit_code(ErrorKind::interrupted) : 0;
            }
            const plan::WorkReport report = executor_.execute(plan::work_order_from_line(line));
            if (report.kind == to_string(ErrorKind::peer)) {
                leave(report);
            }
            report_of_rank_0()(report);
            if (report.event == plan::WorkEvent::interrupted) {
                return exit_code(ErrorKind::interrupted);
            }
        }
    }

private:
    std::function<void(const plan::WorkReport&)> report_of_rank_0() {
        return communicator_.rank() == 0 ? send_ : [](const plan::WorkReport&) {};
    }

    // Whoever is left speaks, since rank 0 may be the one that is lost; the scheduler takes the first word.
    [[noreturn]] void leave(const plan::WorkReport& report) {
        log_error(report.reason);
        send_(report);
        communicator_.abort(exit_code(ErrorKind::peer));
        std::_Exit(exit_code(ErrorKind::peer));
    }

    dist::Communicator& communicator_;
    const std::function<void(const plan::WorkReport&)>& send_;
    OrderChannel orders_;
    Executor executor_;
};

} // namespace

int serve_ranks(const RankServiceOptions& options, const std::function<bool()>& stop_requested,
                const std::function<void(const plan::WorkReport&)>& send) {
    const auto communicator = dist::make_mpi({.deadline_seconds = options.deadline_seconds});
    communicator->set_phase("handshake");
    train::initialise_torch();
    try {
        check_count(*communicator, options.ranks);
        dist::expect_same(*communicator, traits_of(options));
    } catch (const Error& error) { // the same on all ranks: one of them says it
        if (error.kind() == ErrorKind::usage && communicator->rank() > 0) {
            return error.exit_code();
        }
        throw;
    }
    try {
        return Service(options, *communicator, stop_requested, send).serve();
    } catch (const std::exception& error) { // of this rank alone: the others wait for it
        log_error(error.what());
        const auto* known = dynamic_cast<const Error*>(&error);
        communicator->abort(known != nullptr ? known->exit_code() : exit_code(ErrorKind::environment));
        throw;
    }
}

void bind_rank(const RankServiceOptions& options, int index, int count) {
    if (options.first_core < 0) {
        return;
    }
    const auto places = dist::place_ranks(dist::this_topology(), count);
    const dist::RankPlace& place = places[static_cast<std::size_t>(index)];
    const std::span<const int> cores = place.cores;
    dist::bind_to_cores(place.gpu >= 0 ? cores : cores.first(1));
}

namespace {

nlohmann::json describe_devices() {
    dist::NcclApi* api = dist::linked_nccl_api();
    const dist::DeviceSurvey survey = dist::survey_devices(api);
    return {{"compiled", survey.compiled},
            {"gpus", survey.count},
            {"reason", survey.reason},
            {"driver", survey.driver},
            {"nccl", api == nullptr ? 0 : api->nccl_version()}};
}

} // namespace

std::string describe_ranks() {
    const std::string library = dist::mpi_library();
    const nlohmann::json document{
        {"mpi", library.empty() ? nlohmann::json(nullptr) : nlohmann::json(library)},
        {"topology", to_text(dist::this_topology())},
        {"cuda", describe_devices()}};
    return document.dump();
}

} // namespace suite::worker
