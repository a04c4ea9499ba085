#include "suite/run/estimate.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/files.hpp"

namespace suite::run {
namespace {

// Hidden: a folder with nothing else in it can still become a store.
constexpr const char* throughput_file = ".throughput.json";

// Devices of the profile's system, or this machine's cores.
double declared_processes(const plan::Catalog& catalog, const plan::ProfileSpec& profile) {
    if (profile.system.empty()) {
        return default_jobs();
    }
    const plan::SystemSpec& system = plan::find(catalog.systems, profile.system, "system");
    return static_cast<double>(system.nodes) * std::max(1, system.gpus_per_node);
}

} // namespace

double estimate_from_declaration(const plan::Catalog& catalog, const plan::Plan& plan) {
    const plan::ProfileSpec& profile = plan::find(catalog.profiles, plan.profile, "profile");
    double seconds = 0.0;
    for (const plan::PlannedRun& run : plan.runs) {
        seconds += run.gigamacs / plan::declared_rate(profile, run.config.network.id) /
                   (run.exclusive ? 1.0 : declared_processes(catalog, profile));
    }
    return seconds;
}

Throughput measured_throughput(const plan::Plan& plan, const std::vector<ItemStatus>& statuses) {
    struct Sum {
        double gigamacs = 0.0;
        double seconds = 0.0;
    };
    std::map<std::string, Sum> sums;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const bool trained = plan.runs[i].gigamacs > 0.0; // weights that were only taken up tell nothing
        if (statuses[i].state == ItemState::done && statuses[i].wall_seconds > 0.0 && trained) {
            Sum& sum = sums[plan.runs[i].config.network.id];
            sum.gigamacs += plan.runs[i].gigamacs;
            sum.seconds += statuses[i].wall_seconds;
        }
    }
    Throughput throughput;
    for (const auto& [network, sum] : sums) {
        throughput[network] = sum.gigamacs / sum.seconds;
    }
    return throughput;
}

Throughput recorded_throughput(const std::filesystem::path& store) {
    std::error_code error;
    if (!std::filesystem::exists(store / throughput_file, error)) {
        return {};
    }
    try {
        return nlohmann::json::parse(read_file(store / throughput_file, ErrorKind::store)).get<Throughput>();
    } catch (const nlohmann::json::exception&) {
        return {}; // an estimate may be rough, a damaged note about speed is not worth an error
    }
}

void record_throughput(const std::filesystem::path& store, const Throughput& throughput) {
    publish_text(store / throughput_file, nlohmann::json(throughput).dump(2) + "\n", ErrorKind::store);
}

double estimate_remaining(const plan::Catalog& catalog, const plan::Plan& plan,
                          const std::vector<ItemStatus>& statuses, const Throughput& throughput, int jobs) {
    const plan::ProfileSpec& profile = plan::find(catalog.profiles, plan.profile, "profile");
    double seconds = 0.0;
    double alone = 0.0; // of runs that have the machine to themselves
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        if (statuses[i].state != ItemState::done) {
            const auto measured = throughput.find(plan.runs[i].config.network.id);
            const double rate = measured == throughput.end()
                                    ? plan::declared_rate(profile, plan.runs[i].config.network.id)
                                    : measured->second;
            (plan.runs[i].exclusive ? alone : seconds) += plan.runs[i].gigamacs / rate;
        }
    }
    return alone +
           seconds / (profile.system.empty() ? std::max(1, jobs) : declared_processes(catalog, profile));
}

int default_jobs() {
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::string duration_text(double seconds) {
    if (seconds < 100.0) {
        return fmt::format("{:.0f} s", seconds);
    }
    if (seconds < 100.0 * 60.0) {
        return fmt::format("{:.0f} min", seconds / 60.0);
    }
    if (seconds < 100.0 * 3600.0) {
        return fmt::format("{:.1f} h", seconds / 3600.0);
    }
    return fmt::format("{:.0f} days", seconds / 86400.0);
}

} // namespace suite::run
