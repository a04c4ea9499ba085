#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <hdf5.h>
#include <nlohmann/json.hpp>

#include "provenance_generated.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/data_places.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/help_text.hpp"
#include "suite/app/run_options.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/files.hpp"
#include "suite/base/memory.hpp"
#include "suite/run/measure.hpp"
#include "suite/run/worker_process.hpp"

namespace suite::app {
namespace {

using nlohmann::json;

std::string first_line_of(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) {
        return {};
    }
    char line[256] = {};
    const bool read = std::fgets(line, sizeof(line), pipe) != nullptr;
    ::pclose(pipe);
    std::string text = read ? line : "";
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

json libraries() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return {{"libtorch", build_provenance::libtorch_version},
            {"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"compiler", build_provenance::compiler},
            {"transferscale", build_provenance::project_version},
            {"commit", build_provenance::git_commit}};
}

json worker_state() {
    try {
        const std::filesystem::path program = run::worker_program(environment().worker);
        const std::string missing = first_line_of("ldd '" + program.string() + "' | grep 'not found'");
        return {{"program", program.string()}, {"starts", missing.empty()}, {"missing", missing}};
    } catch (const Error& error) {
        return {{"program", nullptr}, {"starts", false}, {"missing", error.what()}};
    }
}

/// Ranks: the MPI library that the worker was built with, and the topology.
json ranks_state(const json& described) {
    json state{{"mpi_library", described.value("mpi", json(nullptr))},
               {"topology", described.value("topology", json(nullptr))},
               {"cores", run::default_jobs()}};
    state["possible"] = !state["mpi_library"].is_null() && !first_line_of("mpirun --version").empty();
    return state;
}

std::string ranks_text(const json& ranks) {
    if (!ranks["possible"].get<bool>()) {
        return "one rank only: install libopenmpi-dev and openmpi-bin, then ./reproduce build";
    }
    return fmt::format("up to {} ranks (more with --oversubscribe), {}", ranks["cores"].get<int>(),
                       ranks["mpi_library"].get<std::string>());
}

/// Whether any test or run of this version was seen on a GPU by those who wrote it.
constexpr bool has_run_on_a_gpu = false;

json devices_of(const json& cuda) {
    json devices = json::array();
    const std::string gpu = first_line_of("nvidia-smi --query-gpu=name,memory.total --format=csv,noheader");
    if (!gpu.empty()) {
        const bool used = cuda["gpus"].get<int>() > 0;
        devices.push_back(
            {{"name", gpu}, {"used", used}, {"reason", used ? "" : cuda["reason"].get<std::string>()}});
    }
    return devices;
}

std::string cuda_text(const json& cuda) {
    const std::string parts =
        cuda["compiled"].get<bool>() ? "compiled" : "not compiled (TRANSFERSCALE_CUDA=1 ./reproduce build)";
    const int gpus = cuda["gpus"].get<int>();
    const auto reason = cuda["reason"].get<std::string>();
    return fmt::format("{}; {}; this version was not tested on a GPU", parts,
                       gpus > 0         ? fmt::format("{} GPUs", gpus)
                       : reason.empty() ? "no GPU"
                                        : "no GPU: " + reason);
}

json examine(const Places& places) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const json described = described_worker();
    const json cuda = described.value("cuda", json{{"compiled", false}, {"gpus", 0}, {"reason", ""}});
    const std::string mpi = first_line_of("mpirun --version");
    json document{{"cores", std::thread::hardware_concurrency()},
                  {"memory_bytes", static_cast<std::int64_t>(memory_bytes())},
                  {"devices", devices_of(cuda)},
                  {"cuda", cuda},
                  {"ran_on_gpu", has_run_on_a_gpu},
                  {"libraries", libraries()},
                  {"mpi", mpi.empty() ? json(nullptr) : json(mpi)},
                  {"ranks", ranks_state(described)},
                  {"worker", worker_state()}};
    document.update(places_document(catalog, places));
    return document;
}

void print(const json& document) {
    fmt::print("cores {}, memory {:.1f} GB\n", document["cores"].get<int>(),
               document["memory_bytes"].get<double>() / 1e9);
    for (const json& device : document["devices"]) {
        fmt::print("GPU {}{}\n", device["name"].get<std::string>(),
                   device["used"].get<bool>() ? "" : ": not used, " + device["reason"].get<std::string>());
    }
    const auto line = [](const std::string& name, const std::string& text) {
        constexpr std::size_t name_columns = 17;
        fmt::print("{}", labelled("  " + name, text, name_columns));
    };
    for (const auto& [name, version] : document["libraries"].items()) {
        line(name, version.get<std::string>());
    }
    line("MPI", document["mpi"].is_null() ? "not found" : document["mpi"].get<std::string>());
    line("CUDA parts", cuda_text(document["cuda"]));
    line("ranks", ranks_text(document["ranks"]));
    if (!document["ranks"]["topology"].is_null()) {
        line("topology", document["ranks"]["topology"].get<std::string>());
    }
    const json& worker = document["worker"];
    line("worker", worker["starts"].get<bool>() ? worker["program"].get<std::string>()
                                                : "cannot start: " + worker["missing"].get<std::string>());
    if (document.contains("gigamacs_per_second")) {
        for (const auto& [network, rate] : document["gigamacs_per_second"].items()) {
            fmt::print("{} trains at {:.1f} gigamacs per second and core\n", network, rate.get<double>());
        }
    }
    fmt::print("{}", places_text(document));
}

struct DoctorOptions {
    OutputOptions output;
    bool measure = false;
    std::string profile = "laptop";
    std::filesystem::path store = environment().store;
    std::filesystem::path data = environment().data;
    std::filesystem::path weights;
};

/// Trains a little of every workload's networks and keeps the throughput in the store, where estimates find
/// it.
json measure(const DoctorOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const store::Store store(options.store, store::Access::read_write);
    run::Throughput throughput = run::recorded_throughput(store.root());
    for (const auto& [id, workload] : catalog.workloads) {
        const plan::Plan plan = plan::expand(catalog, id, options.profile);
        for (const auto& [network, rate] : run::measure_throughput(
                 catalog, plan, temporary_name(store.root() / "measurement"),
                 {.work = work_options(options.data, {}), .worker = environment().worker})) {
            throughput[network] = rate;
        }
    }
    run::record_throughput(store.root(), throughput);
    return throughput;
}

int doctor(const DoctorOptions& options) {
    const OutputOptions& output = options.output;
    json document = examine({.data = options.data, .weights = options.weights});
    if (options.measure) {
        document["gigamacs_per_second"] = measure(options);
    }
    if (output.json) {
        fmt::print("{}\n", document.dump(2));
    } else {
        print(document);
    }
    return document["worker"]["starts"].get<bool>() ? 0 : exit_code(ErrorKind::environment);
}

} // namespace

void register_doctor(Dispatcher& dispatcher) {
    auto options = std::make_shared<DoctorOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "doctor",
                 "Shows what this machine has (cores, memory, libraries, MPI, data sets) and what is missing",
                 options->output, [options] { return doctor(*options); });
    add_data_root(*verb, options->data)->group(common_group);
    verb->add_option("--weights", options->weights, "Folder of the official weights")->type_name("DIR");
    verb->add_flag("--measure", options->measure,
                   "Train each network of the profile for some seconds; estimates then use its throughput");
    verb->add_option("--profile", options->profile, "With --measure: whose networks")
        ->type_name("PROFILE")
        ->capture_default_str();
    verb->add_option("--store", options->store, "With --measure: where the throughput is kept")
        ->type_name("DIR")
        ->capture_default_str();
}

} // namespace suite::app
