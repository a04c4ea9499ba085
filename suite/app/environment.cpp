#include "suite/app/environment.hpp"

#include <cstdlib>

namespace suite::app {
namespace {

namespace fs = std::filesystem;

/// "" where it is not set.
std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

fs::path cache_folder() {
    if (const std::string named = variable("TRANSFERSCALE_CACHE"); !named.empty()) {
        return named;
    }
    const std::string home = variable("HOME");
    return fs::path(home.empty() ? "." : home) / ".cache/transferscale";
}

Environment read_environment() {
    Environment read{.data = variable("TRANSFERSCALE_DATA"),
                     .device = variable(device_variable),
                     .manifests = cache_folder() / "manifests",
                     .worker = variable("TRANSFERSCALE_WORKER"),
                     .workloads = variable("TRANSFERSCALE_WORKLOADS")};
    if (const std::string store = variable("TRANSFERSCALE_STORE"); !store.empty()) {
        read.store = store;
    }
    return read;
}

} // namespace

const Environment& environment() {
    static const Environment once = read_environment();
    return once;
}

} // namespace suite::app
