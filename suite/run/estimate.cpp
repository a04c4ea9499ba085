#include "suite/run/estimate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/files.hpp"

namespace suite::run {
namespace {

// Hidden: a folder with nothing else in it can still become a store.
constexpr const char* throughput_file = ".throughput.json";

constexpr double seconds_per_hour = 3600.0;
constexpr int most_local_gpus = 64; // device files looked for

int local_gpus() {
    int gpus = 0;
    std::error_code error;
    while (gpus < most_local_gpus && std::filesystem::exists(fmt::format("/dev/nvidia{}", gpus), error)) {
        ++gpus;
    }
    return gpus;
}

const plan::SystemSpec* system_of(const plan::Catalog& catalog, const plan::ProfileSpec& profile) {
    return profile.system.empty() ? nullptr : &plan::find(catalog.systems, profile.system, "system");
}

std::string plural(int count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

bool is_measured(const plan::PlannedRun& run, const ItemStatus& status) {
    const bool trained = run.gigamacs > 0.0; // taking up weights shows no throughput
    return status.state == ItemState::done && status.wall_seconds > 0.0 && trained;
}

} // namespace

LocalProcesses local_processes(std::string_view device) {
    const int gpus = device == "cpu" ? 0 : local_gpus();
    return {.count = gpus > 0 ? std::min(gpus, default_jobs()) : default_jobs(), .gpus = gpus > 0};
}

Throughput expected_throughput(const plan::Catalog& catalog, const plan::Plan& plan,
                               const std::vector<ItemStatus>& statuses, const Throughput& recorded) {
    const plan::ProfileSpec& profile = plan::find(catalog.profiles, plan.profile, "profile");
    Throughput throughput = measured_throughput(plan, statuses);
    throughput.insert(recorded.begin(), recorded.end());
    for (const plan::PlannedRun& run : plan.runs) {
        const std::string& network = run.config.network.id;
        throughput.try_emplace(network, plan::declared_rate(profile, network));
    }
    return throughput;
}

double process_seconds(const plan::PlannedRun& run, const Throughput& throughput) {
    return run.gigamacs / throughput.at(run.config.network.id);
}

Estimator::Estimator(const plan::Catalog& catalog, const std::string& profile, LocalProcesses here)
    : profile_(plan::find(catalog.profiles, profile, "profile")),
      system_(system_of(catalog, profile_)),
      here_(here) {
    here_.count = std::max(1, here_.count);
}

void Estimator::Sum::add(const plan::PlannedRun& run, double seconds, int processes) {
    if (run.exclusive) {
        alone += seconds / std::clamp(run.ranks, 1, processes);
        return;
    }
    shared += seconds;
    double& longest = run.is_pretraining() ? longest_parent : longest_child;
    longest = std::max(longest, seconds);
}

double Estimator::Sum::spread_over(int processes) const {
    return alone + std::max(shared / processes, longest_parent + longest_child);
}

// The declared throughput is that of this machine, or of a GPU of the system.
double Estimator::local_seconds(const plan::PlannedRun& run, const Throughput& throughput) const {
    const double rate = throughput.at(run.config.network.id);
    const bool is_of_gpu = system_ != nullptr && rate == plan::declared_rate(profile_, run.config.network.id);
    return is_of_gpu && !here_.gpus ? run.gigamacs / core_gigamacs_per_second : run.gigamacs / rate;
}

void Estimator::add_to_system(const plan::PlannedRun& run, double share) {
    const double seconds = run.gigamacs / plan::declared_rate(profile_, run.config.network.id) * share;
    device_seconds_ += seconds;
    if (run.exclusive) {
        most_ranks_ = std::max(most_ranks_, run.ranks);
        alone_seconds_ += seconds / std::max(1, run.ranks);
    } else {
        shared_seconds_ += seconds;
    }
}

void Estimator::add(const plan::PlannedRun& run, const Throughput& throughput, double share) {
    const double seconds = local_seconds(run, throughput) * share;
    local_seconds_ += seconds;
    here_sum_.add(run, seconds, here_.count);
    if (system_ != nullptr) {
        add_to_system(run, share);
    }
}

Estimate Estimator::total() const {
    const double here_seconds = here_sum_.spread_over(here_.count);
    Estimate estimate{.seconds = here_seconds,
                      .device_hours = local_seconds_ / seconds_per_hour,
                      .device = here_.gpus ? "GPU" : "core",
                      .devices = here_.count,
                      .here_seconds = here_seconds,
                      .here = here_};
    if (system_ != nullptr) {
        const int all = system_->nodes * std::max(1, system_->gpus_per_node);
        estimate.is_local = false;
        estimate.device = system_->gpu.empty() ? "core" : system_->gpu;
        estimate.devices = std::max(std::min(stated_gpus, all), most_ranks_);
        estimate.device_hours = device_seconds_ / seconds_per_hour;
        estimate.seconds = alone_seconds_ + shared_seconds_ / estimate.devices;
    }
    return estimate;
}

Estimate estimate_of(const plan::Catalog& catalog, const plan::Plan& plan, LocalProcesses here,
                     const std::vector<ItemStatus>& statuses, const Throughput& recorded) {
    const Throughput throughput = expected_throughput(catalog, plan, statuses, recorded);
    Estimator estimator(catalog, plan.profile, here);
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        if (statuses.empty() || statuses[i].state != ItemState::done) {
            estimator.add(plan.runs[i], throughput);
        }
    }
    return estimator.total();
}

Throughput measured_throughput(const plan::Plan& plan, const std::vector<ItemStatus>& statuses) {
    struct Sum {
        double gigamacs = 0.0;
        double seconds = 0.0;
    };
    std::map<std::string, Sum> sums;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        if (is_measured(plan.runs[i], statuses[i])) {
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

Comparison compare_with_records(const plan::Catalog& catalog, const plan::Plan& plan,
                                const std::vector<ItemStatus>& statuses) {
    const plan::ProfileSpec& profile = plan::find(catalog.profiles, plan.profile, "profile");
    Comparison comparison;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        if (is_measured(plan.runs[i], statuses[i])) {
            ++comparison.runs;
            comparison.taken_seconds += statuses[i].wall_seconds;
            comparison.predicted_seconds +=
                plan.runs[i].gigamacs / plan::declared_rate(profile, plan.runs[i].config.network.id);
        }
    }
    return comparison;
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

int default_jobs() {
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::string duration_text(double seconds) {
    struct Unit {
        double below; ///< seconds up to which it is used
        double length;
        const char* name;
        int decimals;
    };
    constexpr std::array<Unit, 4> units{{{100.0, 1.0, "s", 0},
                                         {100.0 * 60.0, 60.0, "min", 0},
                                         {100.0 * 3600.0, 3600.0, "h", 1},
                                         {1000.0 * 86400.0, 86400.0, "days", 0}}};
    for (const Unit& unit : units) {
        if (seconds < unit.below) {
            return fmt::format("{:.{}f} {}", seconds / unit.length, unit.decimals, unit.name);
        }
    }
    return hours_text(seconds / (365.25 * 86400.0)) + " years";
}

std::string hours_text(double hours) {
    if (hours < 99.95) {
        return fmt::format("{:.{}f}", hours, hours < 0.0995 ? 3 : hours < 9.95 ? 1 : 0);
    }
    const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(hours)) - 2.0));
    std::string text = fmt::format("{:.0f}", std::round(hours / step) * step);
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), ",");
    }
    return text;
}

std::string short_device(const std::string& device) {
    return device.substr(0, device.find('-'));
}

std::string processes_text(const LocalProcesses& processes) {
    return plural(processes.count, processes.gpus ? "GPU" : "core");
}

std::string local_text(const Estimate& estimate) {
    return estimate.is_feasible_here() ? fmt::format("about {} on {}", duration_text(estimate.here_seconds),
                                                     processes_text(estimate.here))
                                       : infeasible_text(estimate);
}

std::string estimate_text(const Estimate& estimate) {
    if (estimate.is_local) {
        return local_text(estimate);
    }
    return fmt::format("{} {}-hours: {} on {}", hours_text(estimate.device_hours),
                       short_device(estimate.device), duration_text(estimate.seconds), estimate.devices);
}

std::string short_text(const Estimate& estimate) {
    return estimate.is_local
               ? duration_text(estimate.seconds)
               : fmt::format("{} {}-h", hours_text(estimate.device_hours), short_device(estimate.device));
}

std::string infeasible_text(const Estimate& estimate) {
    return estimate.is_feasible_here()
               ? ""
               : fmt::format("not feasible here: about {} on {}", duration_text(estimate.here_seconds),
                             processes_text(estimate.here));
}

nlohmann::json to_json(const Estimate& estimate) {
    return {{"seconds", estimate.seconds},
            {"device", estimate.device},
            {"devices", estimate.devices},
            {"device_hours", estimate.device_hours},
            {"text", estimate_text(estimate)},
            {"here",
             {{"seconds", estimate.here_seconds},
              {"device", estimate.here.gpus ? "GPU" : "core"},
              {"devices", estimate.here.count},
              {"feasible", estimate.is_feasible_here()},
              {"infeasible", infeasible_text(estimate)}}}};
}

} // namespace suite::run
