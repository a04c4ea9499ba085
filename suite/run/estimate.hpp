// How long a plan takes: its multiply-accumulates over a throughput that finished runs showed, or that is
// declared as long as none has finished. `list`, `plan`, `run`, `submit` and the tables of REPRODUCE.md all
// ask here.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "suite/plan/plan.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {

/// Gigamacs per second of one process, by network id.
using Throughput = std::map<std::string, double>;

/// GPUs that the time of a plan is stated for where its profile names a system of GPUs.
inline constexpr int stated_gpus = 256;

/// Work that would take this machine longer is called not feasible here.
inline constexpr double longest_feasible_seconds = 60.0 * 86400.0;

/// What one CPU core does with a network of the published size, where the declared throughput is a GPU's:
/// training of R50x1 at 224 px with LibTorch, to about a factor of two.
inline constexpr double core_gigamacs_per_second = 25.0;

/// Processors that runs are spread over on this machine.
struct LocalProcesses {
    int count = 1;     ///< runs at a time times ranks of each
    bool gpus = false; ///< each with a GPU of its own
};

/// GPUs where this machine has some and `device` is not cpu, at most one process a core; else the cores.
/// Looks for device files, asks no driver.
[[nodiscard]] LocalProcesses local_processes(std::string_view device = {});

/// Wall time of runs, and on what.
struct Estimate {
    double seconds = 0.0;      ///< wall time on `devices`
    double device_hours = 0.0; ///< of all devices together
    std::string device;        ///< "core" or "GPU", or the GPU of the profile's system: "A100-40GB"
    int devices = 1;
    double here_seconds = 0.0; ///< wall time on this machine; `seconds` where the profile names no system
    LocalProcesses here;
    bool is_local = true; ///< `devices` are those of this machine: the profile names no system
    [[nodiscard]] bool is_feasible_here() const noexcept { return here_seconds <= longest_feasible_seconds; }
};

/// Throughput of the plan's networks: what its finished runs showed, else what `recorded` says (doctor's
/// measurement), else what the profile declares. `statuses` as survey() has them, or empty.
[[nodiscard]] Throughput expected_throughput(const plan::Catalog& catalog, const plan::Plan& plan,
                                             const std::vector<ItemStatus>& statuses = {},
                                             const Throughput& recorded = {});

/// Seconds that one process takes for the whole run.
[[nodiscard]] double process_seconds(const plan::PlannedRun& run, const Throughput& throughput);

/// Adds up runs of one profile. Each run is to be added once, whatever number of plans hold it.
///
///     Estimator estimator(catalog, "laptop", local_processes());
///     estimator.add(run, expected_throughput(catalog, plan));
///     estimate_text(estimator.total());   // "about 6 min on 2 cores"
class Estimator {
public:
    Estimator(const plan::Catalog& catalog, const std::string& profile, LocalProcesses here);
    /// `share`: how much of the run is left, 0 to 1.
    void add(const plan::PlannedRun& run, const Throughput& throughput, double share = 1.0);
    [[nodiscard]] Estimate total() const;

private:
    /// Seconds of processes that work side by side.
    struct Sum {
        double shared = 0.0;         ///< of runs that share the machine, one process at a time
        double alone = 0.0;          ///< wall time of runs that have it to themselves
        double longest_parent = 0.0; ///< no number of processes makes the longest pre-training run shorter,
        double longest_child = 0.0;  ///< nor the run that follows it
        void add(const plan::PlannedRun& run, double seconds, int processes);
        [[nodiscard]] double spread_over(int processes) const;
    };
    [[nodiscard]] double local_seconds(const plan::PlannedRun& run, const Throughput& throughput) const;
    void add_to_system(const plan::PlannedRun& run, double share);

    const plan::ProfileSpec& profile_;
    const plan::SystemSpec* system_; ///< null: this machine
    LocalProcesses here_;
    Sum here_sum_;
    double local_seconds_ = 0.0;  ///< of one process after the other
    double device_seconds_ = 0.0; ///< of the system's devices together
    double shared_seconds_ = 0.0; ///< of them those of runs that any number of devices share
    double alone_seconds_ = 0.0;  ///< wall time of the other runs, each on its ranks
    int most_ranks_ = 1;
};

/// Of the whole plan, or with `statuses` of what is not done yet.
[[nodiscard]] Estimate estimate_of(const plan::Catalog& catalog, const plan::Plan& plan, LocalProcesses here,
                                   const std::vector<ItemStatus>& statuses = {},
                                   const Throughput& recorded = {});

/// Throughput that the finished runs of this plan showed.
[[nodiscard]] Throughput measured_throughput(const plan::Plan& plan, const std::vector<ItemStatus>& statuses);

/// What doctor measured and kept in the store (.throughput.json); empty when it never ran there.
[[nodiscard]] Throughput recorded_throughput(const std::filesystem::path& store);
void record_throughput(const std::filesystem::path& store, const Throughput& throughput);

/// What the profile's declared throughput says of finished runs, and what their records say they took; both
/// in seconds of one process.
struct Comparison {
    std::size_t runs = 0;
    double predicted_seconds = 0.0;
    double taken_seconds = 0.0;
    [[nodiscard]] double ratio() const noexcept { return predicted_seconds / taken_seconds; }
};
[[nodiscard]] Comparison compare_with_records(const plan::Catalog& catalog, const plan::Plan& plan,
                                              const std::vector<ItemStatus>& statuses);

/// Processes of one run's worth of cores on this machine.
[[nodiscard]] int default_jobs();

/// "45 s", "12 min", "3.4 h", "210 days", "12 years".
[[nodiscard]] std::string duration_text(double seconds);

/// "about 6 min on 2 cores"; "32,300 A100-hours: 5 days on 256".
[[nodiscard]] std::string estimate_text(const Estimate& estimate);
/// What it takes here: "about 6 min on 2 cores", or infeasible_text().
[[nodiscard]] std::string local_text(const Estimate& estimate);
/// "6 min"; "32,300 A100-h".
[[nodiscard]] std::string short_text(const Estimate& estimate);
/// "not feasible here: about 90 years on 2 cores"; "" where it is feasible.
[[nodiscard]] std::string infeasible_text(const Estimate& estimate);
/// "2 cores", "1 GPU".
[[nodiscard]] std::string processes_text(const LocalProcesses& processes);
/// "32,300", "902", "0.4": three digits that count, thousands set apart.
[[nodiscard]] std::string hours_text(double hours);
/// "A100" of "A100-40GB".
[[nodiscard]] std::string short_device(const std::string& device);

/// {"seconds","device","devices","device_hours","text","here":{"seconds","device","devices","feasible","infeasible"}}
[[nodiscard]] nlohmann::json to_json(const Estimate& estimate);

} // namespace suite::run
