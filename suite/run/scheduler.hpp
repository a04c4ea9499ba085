// Executes plans: claims runs, hands them to worker processes, keeps what fails as records, resumes by
// itself.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/run/estimate.hpp"
#include "suite/run/launcher.hpp"
#include "suite/run/progress.hpp"
#include "suite/run/worker_process.hpp"
#include "suite/store/store.hpp"

namespace suite::run {

struct RunOptions {
    int jobs = 1;                     ///< runs at a time: workers, one thread a rank
    double worker_grace_seconds = 10; ///< from SIGTERM to SIGKILL when interrupted
    double heartbeat_seconds = 5;     ///< renewal of claims
    int ranks = 1;                    ///< of every run that does not name its own number
    std::string launcher{default_launcher};
    bool oversubscribe = false;   ///< more ranks than cores may run
    double deadline_seconds = 60; ///< how long a rank waits for another one
    bool portable_bits = false;   ///< of every run: as its configuration says
    bool gpus = false;            ///< each process has one: for estimates
    std::string device;           ///< of every worker: cpu, cuda, auto; "": auto
    plan::WorkOptions work{};     ///< of every order
    std::filesystem::path worker; ///< the worker program; empty: the one beside this program
};

struct RunSummary {
    std::size_t total = 0;
    std::size_t done_before = 0; ///< already in the store
    std::size_t done_now = 0;    ///< trained here, or by another process meanwhile
    std::size_t failed = 0;
    std::map<std::string, std::size_t> skipped; ///< reason -> runs that could not start
    std::vector<std::string> lost;              ///< keys reported as done once, absent when this run began
    std::optional<ErrorKind> first_failure;
    bool interrupted = false;
    double seconds = 0.0; ///< wall time of all of it
    /// 75 interrupted; else the first failure's code; else 77 when nothing could start; else 0.
    [[nodiscard]] int exit_code() const noexcept;
};

class Scheduler {
public:
    /// The plans' runs with equal keys are one run. `store` must be open for writing and outlive the
    /// scheduler.
    Scheduler(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans, store::Store& store,
              RunOptions options);
    /// Returns when every run is done, failed or skipped, or after SIGINT, SIGTERM, SIGHUP, SIGUSR1 or
    /// SIGUSR2. Throws Error(store) when the store cannot be used, Error(environment) when no worker starts,
    /// Error(usage) when ranks would not fit the cores or differ in program or configuration.
    RunSummary run();

private:
    enum class TaskState { waiting, elsewhere, running, done, failed, skipped };
    struct Task {
        const plan::PlannedRun* run = nullptr;
        const plan::Plan* plan = nullptr;
        TaskState state = TaskState::waiting;
        std::size_t parent = no_task;    ///< index of the pre-training run
        double next_look_seconds = 0.0;  ///< elsewhere: when to look again
        bool checkpoint_retried = false; ///< a child: started again; a parent: trained again
        bool done_before = false;        ///< counts in RunSummary::done_before
    };
    struct Slot {
        std::optional<WorkerProcess> worker;
        std::size_t task = no_task;
        std::optional<store::Claim> claim;
        bool proved = false;       ///< has reported at least once
        bool leaving = false;      ///< was interrupted or has lost a rank: it takes no more orders
        double kill_seconds = 0.0; ///< of a worker that has lost a rank: when it must be gone; 0: none
        int ranks = 1;             ///< of the worker
        std::int64_t step = 0;     ///< of the run in hand, as the worker last reported
        std::int64_t total_steps = 0;
        double loss = 0.0; ///< of that step
        bool exclusive = false;
    };
    /// Of finished runs of a network, after a few seconds of the expected throughput.
    struct Pace {
        double gigamacs = 0.0;
        double seconds = 0.0;
    };
    static constexpr std::size_t no_task = static_cast<std::size_t>(-1);

    void add_plan(const plan::Plan& plan);
    void expect_throughput();
    void take_stock();
    bool set_aside(const store::Lookup& damaged, const std::string& key);
    void note_lost(std::vector<std::string> lost);
    void assign();
    std::size_t next_task();
    [[nodiscard]] int ranks_of(const Task& task) const noexcept;
    [[nodiscard]] bool fits(const Task& task) const;
    void check_cores() const;
    void start_worker(Slot& slot, const Task& task);
    void end_idle_worker(Slot& slot);
    void kill_late_workers();
    bool begin(Slot& slot, std::size_t task);
    void wait_for_reports();
    void handle(Slot& slot, const plan::WorkReport& report);
    void handle_end(Slot& slot);
    void complete(std::size_t task, const plan::WorkReport& report);
    void fail(std::size_t task, const std::string& phase, ErrorKind kind, const std::string& reason,
              bool record_it);
    void skip(std::size_t task, const std::string& reason);
    bool retry_parent(std::size_t child, const std::string& reason);
    void fail_children(std::size_t parent, ErrorKind kind, const std::string& reason);
    void free_slot(Slot& slot);
    void renew_claims();
    void stop_workers();
    [[nodiscard]] bool is_finished() const;
    [[nodiscard]] ProgressState progress_state() const;
    [[nodiscard]] Estimate time_left() const;
    [[nodiscard]] double share_left(const Task& task) const;
    void count_pace(const plan::PlannedRun& run, double wall_seconds);

    const plan::Catalog& catalog_;
    store::Store& store_;
    RunOptions options_;
    std::vector<Task> tasks_;
    std::vector<std::size_t> order_; ///< pre-training runs first, the longest of them first
    std::map<std::string, std::size_t> task_of_key_;
    std::vector<Slot> slots_;
    std::filesystem::path program_;
    Throughput throughput_;
    Throughput expected_;               ///< before any run of this call finished
    std::map<std::string, Pace> paces_; ///< by network: what finished runs showed
    RunSummary summary_;
    ProgressLine progress_;
    double last_renewal_ = 0.0;
};

} // namespace suite::run
