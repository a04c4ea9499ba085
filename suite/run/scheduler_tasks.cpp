// The scheduler's tasks: what the store holds of them, which is next, what becomes of them.
#include <algorithm>

#include <fmt/format.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/run/plan_groups.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::run {
namespace {

store::RunRecord failure_record(const plan::PlannedRun& run, const std::string& phase, ErrorKind kind,
                                const std::string& reason) {
    store::RunRecord record;
    record.key = run.key;
    record.status = store::RunStatus::failed;
    record.kind = plan::enum_name(run.config.kind);
    record.cell = run.cell;
    record.config = canonical_text(run.config);
    record.seed = run.seed;
    record.parent_key = run.parent;
    record.failure =
        store::Failure{.phase = phase, .kind = std::string(to_string(kind)), .reason = reason, .step = -1};
    return record;
}

// A process that was killed between publishing and releasing left its claim: taking it over and letting go
// removes it. A living owner keeps its own.
void drop_dead_claim(store::Store& store, const std::string& key) {
    if (std::filesystem::exists(store.root() / "claims" / key)) {
        static_cast<void>(store.try_claim(key));
    }
}

} // namespace

int RunSummary::exit_code() const noexcept {
    if (interrupted) {
        return suite::exit_code(ErrorKind::interrupted);
    }
    if (first_failure) {
        return suite::exit_code(*first_failure);
    }
    return !skipped.empty() && done_before + done_now == 0 ? suite::exit_code(ErrorKind::skipped) : 0;
}

Scheduler::Scheduler(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans, store::Store& store,
                     RunOptions options)
    : catalog_(catalog), store_(store), options_(options) {
    for (const plan::Plan& plan : plans) {
        add_plan(plan);
    }
    order_.resize(tasks_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
        order_[i] = i;
    }
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
        const Task& left = tasks_[a];
        const Task& right = tasks_[b];
        const bool left_parent = left.run->is_pretraining();
        const bool right_parent = right.run->is_pretraining();
        if (left_parent && right_parent) {
            return left.run->gigamacs > right.run->gigamacs;
        }
        return left_parent && !right_parent;
    });
    summary_.total = tasks_.size();
}

void Scheduler::add_plan(const plan::Plan& plan) {
    for (const plan::PlannedRun& run : plan.runs) {
        const auto [entry, is_new] = task_of_key_.try_emplace(run.key, tasks_.size());
        if (is_new) {
            Task task{.run = &run, .plan = &plan};
            if (!run.parent.empty()) {
                task.parent = task_of_key_.at(run.parent); // parents come first in a plan
            }
            tasks_.push_back(task);
        }
    }
}

// As doctor recorded or the profile declares it, until finished runs say otherwise.
void Scheduler::expect_throughput() {
    const Throughput recorded = recorded_throughput(store_.root());
    for (const Task& task : tasks_) {
        if (!throughput_.contains(task.run->config.network.id)) {
            throughput_.merge(expected_throughput(catalog_, *task.plan, {}, recorded));
        }
    }
    expected_ = throughput_;
}

void Scheduler::count_pace(const plan::PlannedRun& run, double wall_seconds) {
    constexpr double expected_weight_seconds = 10.0; // one short run must not decide
    if (wall_seconds <= 0.0 || run.gigamacs <= 0.0) {
        return;
    }
    const std::string& network = run.config.network.id;
    Pace& pace = paces_[network];
    pace.gigamacs += run.gigamacs;
    pace.seconds += wall_seconds;
    throughput_[network] = (pace.gigamacs + expected_.at(network) * expected_weight_seconds) /
                           (pace.seconds + expected_weight_seconds);
}

// What the store holds: finished runs are done, damaged ones are set aside and done again, lost ones are
// noted.
void Scheduler::take_stock() {
    expect_throughput();
    store_.remove_stale_temporaries();
    std::vector<std::string> lost = store_.lost_keys();
    std::vector<bool> wanted(tasks_.size(), false);
    for (std::size_t i = tasks_.size(); i-- > 0;) {
        Task& task = tasks_[i];
        const store::Lookup lookup = store_.look_up(task.run->key);
        if (lookup.state == store::LookupState::damaged && set_aside(lookup, task.run->key)) {
            lost.push_back(task.run->key);
        }
        const bool finished = lookup.state == store::LookupState::finished;
        const bool complete =
            finished && (!wanted[i] || std::filesystem::exists(store_.checkpoint_path(task.run->key)));
        if (complete) {
            task.state = TaskState::done;
            task.done_before = true;
            ++summary_.done_before;
            drop_dead_claim(store_, task.run->key);
        } else if (task.parent != no_task) {
            wanted[task.parent] = true;
        }
        if (finished) {
            count_pace(*task.run, lookup.record->wall_seconds);
        }
    }
    note_lost(std::move(lost));
}

// True when a result was damaged; false when it was only the record of a failure.
bool Scheduler::set_aside(const store::Lookup& damaged, const std::string& key) {
    const bool was_finished = std::filesystem::exists(store_.record_path(key));
    log_error(damaged.message);
    if (const auto place = store_.set_aside(key, damaged.message)) {
        log_warning(fmt::format("set aside as {}; the run is planned again", place->string()));
    }
    return was_finished;
}

void Scheduler::note_lost(std::vector<std::string> lost) {
    std::sort(lost.begin(), lost.end());
    lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
    for (const std::string& key : lost) {
        if (task_of_key_.contains(key)) {
            summary_.lost.push_back(key);
            log_warning(fmt::format(
                "lost: the record of run {} was reported as done and is gone; it is trained again", key));
        }
    }
}

bool Scheduler::is_finished() const {
    return std::none_of(tasks_.begin(), tasks_.end(), [](const Task& task) {
        return task.state == TaskState::waiting || task.state == TaskState::running ||
               task.state == TaskState::elsewhere;
    });
}

std::size_t Scheduler::next_task() {
    const double now = monotonic_seconds();
    for (const std::size_t index : order_) {
        const Task& task = tasks_[index];
        const bool open = task.state == TaskState::waiting ||
                          (task.state == TaskState::elsewhere && task.next_look_seconds <= now);
        if (open && fits(task) && (task.parent == no_task || tasks_[task.parent].state == TaskState::done)) {
            return index;
        }
    }
    return no_task;
}

int Scheduler::ranks_of(const Task& task) const noexcept {
    return task.run->exclusive || task.run->ranks > 1 ? task.run->ranks : options_.ranks;
}

// Beside what runs now; a task that is too large for any company runs alone.
bool Scheduler::fits(const Task& task) const {
    int running = 0;
    bool exclusive = task.run->exclusive;
    for (const Slot& slot : slots_) {
        if (slot.task != no_task) {
            running += ranks_of(tasks_[slot.task]);
            exclusive = exclusive || tasks_[slot.task].run->exclusive;
        }
    }
    return running == 0 || (!exclusive && running + ranks_of(task) <= options_.jobs * options_.ranks);
}

// Other launchers know about other machines.
void Scheduler::check_cores() const {
    const int cores = default_jobs();
    FaultList faults;
    const auto check = [&](const std::string& where, int ranks) {
        if (ranks > cores) {
            faults.add({.where = where,
                        .found = fmt::format("{} ranks at a time", ranks),
                        .expected = fmt::format("at most {}, the cores of this machine", cores),
                        .fix = "fewer ranks or jobs, or --oversubscribe (slow; noted in every record)"});
        }
    };
    if (options_.oversubscribe || options_.launcher != default_launcher) {
        return;
    }
    if (options_.ranks > 1) {
        check(fmt::format("--ranks {} --jobs {}", options_.ranks, options_.jobs),
              options_.ranks * options_.jobs);
    }
    for (const Task& task : tasks_) {
        // Of a run that has the machine to itself the plan has decided whether it may oversubscribe.
        if (task.state == TaskState::waiting && task.run->ranks > 1 && !task.run->exclusive) {
            check("run " + task.run->label, task.run->ranks);
        }
    }
    faults.throw_if_any(ErrorKind::usage);
}

void Scheduler::complete(std::size_t index, const plan::WorkReport& report) {
    Task& task = tasks_[index];
    task.state = TaskState::done;
    ++summary_.done_now;
    count_pace(*task.run, report.wall_seconds);
    store_.acknowledge(task.run->key);
    const std::string name =
        task.run->cell.empty() ? "pretrain:" + pretraining_name(*task.run) : task.run->cell;
    progress_.note_done({.key = task.run->key,
                         .name = name,
                         .seed = task.run->seed,
                         .metric = report.metric,
                         .score = report.score,
                         .unit = report.unit,
                         .seconds = report.wall_seconds});
}

void Scheduler::fail(std::size_t index, const std::string& phase, ErrorKind kind, const std::string& reason,
                     bool record_it) {
    Task& task = tasks_[index];
    task.state = TaskState::failed;
    ++summary_.failed;
    summary_.first_failure = summary_.first_failure.value_or(kind);
    if (record_it) {
        store_.commit_failure(failure_record(*task.run, phase, kind, reason));
    }
    const bool follows_parent = phase == "parent" && record_it; // its parent's line says it all
    if (!follows_parent) {
        progress_.note(fmt::format("failed {} {} {} in phase {}: {}", task.run->key, task.run->label,
                                   task.run->seed, phase, reason));
    }
    fail_children(index, kind, reason);
}

void Scheduler::fail_children(std::size_t parent, ErrorKind kind, const std::string& reason) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const TaskState state = tasks_[i].state;
        const bool open = state == TaskState::waiting || state == TaskState::elsewhere;
        if (tasks_[i].parent == parent && open) {
            fail(i, "parent", kind, fmt::format("its {} failed: {}", tasks_[parent].run->label, reason),
                 true);
        }
    }
}

void Scheduler::skip(std::size_t index, const std::string& reason) {
    tasks_[index].state = TaskState::skipped;
    ++summary_.skipped[reason];
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (tasks_[i].parent == index && tasks_[i].state == TaskState::waiting) {
            skip(i, reason);
        }
    }
}

// A child could not read its parent's checkpoint: the first time it is set aside and the parent trained
// again; a child that had read the old one meanwhile is only started again.
bool Scheduler::retry_parent(std::size_t child, const std::string& reason) {
    if (tasks_[child].parent == no_task || tasks_[child].checkpoint_retried) {
        return false;
    }
    Task& parent = tasks_[tasks_[child].parent];
    if (parent.state == TaskState::failed || parent.state == TaskState::skipped) {
        return false; // nothing would ever start the child again
    }
    tasks_[child].checkpoint_retried = true;
    tasks_[child].state = TaskState::waiting;
    if (parent.state == TaskState::done && !parent.checkpoint_retried) {
        log_error(reason);
        store_.set_aside_checkpoint(parent.run->key, reason);
        parent.checkpoint_retried = true;
        parent.state = TaskState::waiting;
        --(parent.done_before ? summary_.done_before : summary_.done_now);
        parent.done_before = false;
    }
    return true;
}

Estimate Scheduler::time_left() const {
    if (tasks_.empty()) {
        return {};
    }
    Estimator estimator(
        catalog_, tasks_.front().plan->profile,
        {.count = std::max(1, options_.jobs) * std::max(1, options_.ranks), .gpus = options_.gpus});
    for (const Task& task : tasks_) {
        if (task.state == TaskState::waiting || task.state == TaskState::running) {
            estimator.add(*task.run, throughput_, share_left(task));
        }
    }
    return estimator.total();
}

// As the worker last reported it.
double Scheduler::share_left(const Task& task) const {
    for (const Slot& slot : slots_) {
        if (slot.task != no_task && &tasks_[slot.task] == &task && slot.total_steps > 0) {
            return 1.0 - static_cast<double>(slot.step) / static_cast<double>(slot.total_steps);
        }
    }
    return 1.0;
}

ProgressState Scheduler::progress_state() const {
    ProgressState state{.done = summary_.done_before + summary_.done_now,
                        .total = tasks_.size(),
                        .failed = summary_.failed,
                        .remaining_seconds = time_left().here_seconds,
                        .current = {}};
    for (const Slot& slot : slots_) {
        if (slot.task != no_task) {
            state.current.push_back({.label = tasks_[slot.task].run->label,
                                     .step = slot.step,
                                     .total_steps = slot.total_steps,
                                     .loss = slot.loss});
        }
    }
    return state;
}

} // namespace suite::run
