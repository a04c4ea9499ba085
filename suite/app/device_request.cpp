#include "suite/app/device_request.hpp"

#include <array>
#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "suite/app/option_values.hpp"
#include "suite/run/worker_process.hpp"

namespace suite::app {
namespace {

using nlohmann::json;

std::string output_of(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) {
        return {};
    }
    std::string text;
    std::array<char, 4096> part{};
    while (std::fgets(part.data(), part.size(), pipe) != nullptr) {
        text += part.data();
    }
    ::pclose(pipe);
    return text;
}

/// A driver's device file: what is looked for before LibTorch is loaded for a second look.
bool may_have_gpu() {
    std::error_code error;
    return std::filesystem::exists("/dev/nvidiactl", error);
}

/// GPUs that the worker sees; it must answer.
int gpus_of_worker(const std::string& where) {
    const json cuda = described_worker().value("cuda", json::object());
    const int gpus = cuda.value("gpus", 0);
    if (gpus == 0) {
        const bool compiled = cuda.value("compiled", false);
        throw Error(ErrorKind::environment,
                    {where, "no GPU: " + cuda.value("reason", std::string("the worker does not start")),
                     "a GPU that the worker can use",
                     compiled ? "see nvidia-smi, or take --device cpu --precision float32"
                              : "TRANSFERSCALE_CUDA=1 ./reproduce build on a machine with a GPU, or take "
                                "--device cpu --precision float32"});
    }
    return gpus;
}

} // namespace

json described_worker() {
    try {
        const std::string answer =
            output_of("'" + run::worker_program(environment().worker).string() + "' --describe");
        json described = json::parse(answer, nullptr, false);
        return described.is_object() ? described : json::object();
    } catch (const Error&) { // no worker: doctor says so in its own words
        return json::object();
    }
}

void add_device(CLI::App& verb, std::string& device) {
    one_of(
        verb.add_option("--device", device, "Where to train (default: a GPU if build and machine have one)"),
        {"auto", "cpu", "cuda"})
        ->envname(device_variable);
}

int request_device(const std::string& device, const std::string& precision, bool elsewhere) {
    const bool needs_gpu = precision != "float32";
    if (device == "cpu") {
        if (needs_gpu) {
            throw Error(ErrorKind::usage,
                        {"--precision", precision + " with --device cpu",
                         "float32, which alone is fast there", "leave --precision, or take --device cuda"});
        }
        return 0;
    }
    if (elsewhere) {
        return 0;
    }
    if (device == "cuda" || needs_gpu) {
        return gpus_of_worker(device == "cuda" ? "--device cuda" : "--precision " + precision);
    }
    return may_have_gpu() ? described_worker().value("cuda", json::object()).value("gpus", 0) : 0;
}

} // namespace suite::app
