#include "suite/run/scheduler.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <poll.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/run/stop_signals.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {
namespace {

// How often a run that another process has claimed is looked at again.
constexpr double elsewhere_interval_seconds = 0.5;
constexpr int poll_milliseconds = 100;

store::RunRecord failure_record(const plan::PlannedRun& run, const std::string& phase, ErrorKind kind,
                                const std::string& reason) {
    store::RunRecord record;
    record.key = run.key;
    record.status = store::RunStatus::failed;
    record.kind = run.parent.empty() ? "pretrain" : "finetune";
    record.cell = run.cell;
    record.config = canonical_text(run.config);
    record.seed = run.seed;
    record.parent_key = run.parent;
    record.failure =
        store::Failure{.phase = phase, .kind = std::string(to_string(kind)), .reason = reason, .step = -1};
    return record;
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
        const bool left_parent = left.run->parent.empty();
        const bool right_parent = right.run->parent.empty();
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

// What the store holds: finished runs are done, damaged ones are set aside and done again, lost ones are
// noted.
void Scheduler::take_stock() {
    store_.remove_stale_temporaries();
    std::vector<std::string> lost = store_.lost_keys();
    std::vector<bool> wanted(tasks_.size(), false);
    for (std::size_t i = tasks_.size(); i-- > 0;) {
        const store::Lookup lookup = store_.look_up(tasks_[i].run->key);
        if (lookup.state == store::LookupState::damaged) {
            log_error(lookup.message);
            if (const auto place = store_.set_aside(tasks_[i].run->key, lookup.message)) {
                log_warning(fmt::format("set aside as {}; the run is planned again", place->string()));
            }
            lost.push_back(tasks_[i].run->key);
        }
        const bool finished = lookup.state == store::LookupState::finished;
        const bool complete =
            finished && (!wanted[i] || std::filesystem::exists(store_.checkpoint_path(tasks_[i].run->key)));
        if (complete) {
            tasks_[i].state = TaskState::done;
            ++summary_.done_before;
        } else if (tasks_[i].parent != no_task) {
            wanted[tasks_[i].parent] = true;
        }
        if (finished && lookup.record->wall_seconds > 0.0) {
            throughput_[tasks_[i].run->config.network.id] =
                tasks_[i].run->gigamacs / lookup.record->wall_seconds;
        }
    }
    std::sort(lost.begin(), lost.end());
    for (const std::string& key : lost) {
        if (task_of_key_.contains(key) && (summary_.lost.empty() || summary_.lost.back() != key)) {
            summary_.lost.push_back(key);
            log_warning(fmt::format(
                "lost: the record of run {} was reported as done and is gone; it is trained again", key));
        }
    }
}

RunSummary Scheduler::run() {
    take_stock();
    const std::size_t todo = tasks_.size() - summary_.done_before;
    log_info(fmt::format("{} runs: {} in the store, {} to do{}", tasks_.size(), summary_.done_before, todo,
                         todo == 0 ? "" : ", about " + duration_text(remaining_seconds())));
    if (todo > 0) {
        program_ = worker_program();
        slots_.resize(std::min(static_cast<std::size_t>(std::max(1, options_.jobs)), todo));
    }
    StopSignals signals;
    while (!is_finished()) {
        assign();
        wait_for_reports();
        renew_claims();
        progress_.update(progress_state());
        if (signals.requested()) {
            stop_workers();
            summary_.interrupted = true;
            break;
        }
    }
    slots_.clear();
    progress_.finish(progress_state());
    return summary_;
}

bool Scheduler::is_finished() const {
    return std::none_of(tasks_.begin(), tasks_.end(), [](const Task& task) {
        return task.state == TaskState::waiting || task.state == TaskState::running ||
               task.state == TaskState::elsewhere;
    });
}

void Scheduler::assign() {
    for (Slot& slot : slots_) {
        while (slot.task == no_task) {
            const std::size_t task = next_task();
            if (task == no_task) {
                return;
            }
            if (!begin(slot, task)) {
                continue; // done or claimed by another process meanwhile
            }
        }
    }
}

std::size_t Scheduler::next_task() {
    const double now = monotonic_seconds();
    for (const std::size_t index : order_) {
        const Task& task = tasks_[index];
        const bool open = task.state == TaskState::waiting ||
                          (task.state == TaskState::elsewhere && task.next_look_seconds <= now);
        if (open && (task.parent == no_task || tasks_[task.parent].state == TaskState::done)) {
            return index;
        }
    }
    return no_task;
}

bool Scheduler::begin(Slot& slot, std::size_t index) {
    Task& task = tasks_[index];
    slot.claim = store_.try_claim(task.run->key);
    if (!slot.claim) {
        task.state = TaskState::elsewhere;
        task.next_look_seconds = monotonic_seconds() + elsewhere_interval_seconds;
        return false;
    }
    const store::Lookup lookup = store_.look_up(task.run->key); // another process may just have finished it
    const bool is_parent = task.parent == no_task;
    if (lookup.state == store::LookupState::finished &&
        (!is_parent || std::filesystem::exists(store_.checkpoint_path(task.run->key)))) {
        slot.claim.reset();
        complete(index, 0.0);
        return false;
    }
    if (!slot.worker) {
        slot.worker.emplace(program_, store_.root());
        slot.proved = false;
    }
    slot.task = index;
    task.state = TaskState::running;
    const plan::WorkOrder order{.key = task.run->key,
                                .config = canonical_text(task.run->config),
                                .cell = task.run->cell,
                                .workload = task.plan->workload,
                                .profile = task.plan->profile};
    if (!slot.worker->send(order)) {
        handle_end(slot);
    }
    return true;
}

void Scheduler::wait_for_reports() {
    std::vector<pollfd> descriptors;
    std::vector<Slot*> owners;
    for (Slot& slot : slots_) {
        if (slot.worker) {
            descriptors.push_back({.fd = slot.worker->report_fd(), .events = POLLIN, .revents = 0});
            owners.push_back(&slot);
        }
    }
    if (::poll(descriptors.data(), descriptors.size(), poll_milliseconds) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < owners.size(); ++i) {
        if (descriptors[i].revents == 0) {
            continue;
        }
        bool ended = false;
        for (const plan::WorkReport& report : owners[i]->worker->receive(ended)) {
            handle(*owners[i], report);
        }
        if (ended) {
            handle_end(*owners[i]);
        }
    }
}

void Scheduler::handle(Slot& slot, const plan::WorkReport& report) {
    slot.proved = true;
    if (slot.task == no_task || report.key != tasks_[slot.task].run->key) {
        return;
    }
    const std::size_t task = slot.task;
    switch (report.event) {
    case plan::WorkEvent::progress:
        return;
    case plan::WorkEvent::interrupted:
        tasks_[task].state = TaskState::waiting;
        break;
    case plan::WorkEvent::done:
        progress_.count_done();
        complete(task, report.wall_seconds);
        break;
    case plan::WorkEvent::failed:
        if (report.kind == to_string(ErrorKind::skipped)) {
            skip(task, report.reason);
        } else if (report.phase != "parent" || !retry_parent(task, report.reason)) {
            fail(task, report.phase, error_kind_from_string(report.kind), report.reason, false);
        }
        break;
    }
    free_slot(slot);
}

// The worker closed its pipe: whatever it had in hand failed there.
void Scheduler::handle_end(Slot& slot) {
    const int status = slot.worker->wait();
    slot.worker.reset();
    if (slot.task == no_task) {
        return;
    }
    const std::size_t task = slot.task;
    const std::string how = describe_exit(status);
    if (!slot.proved) {
        throw Error(ErrorKind::environment,
                    Fault{.where = program_.string(),
                          .found = "a worker that ended with " + how + " before any run",
                          .expected = "a running worker",
                          .fix = "start it by hand to see why: ./reproduce doctor"});
    }
    fail(task, "worker", ErrorKind::environment, "the worker process ended with " + how, true);
    free_slot(slot);
}

void Scheduler::free_slot(Slot& slot) {
    slot.task = no_task;
    slot.claim.reset();
}

void Scheduler::complete(std::size_t index, double wall_seconds) {
    Task& task = tasks_[index];
    task.state = TaskState::done;
    ++summary_.done_now;
    if (wall_seconds > 0.0) {
        double& rate = throughput_[task.run->config.network.id];
        const double latest = task.run->gigamacs / wall_seconds;
        rate = rate > 0.0 ? 0.8 * rate + 0.2 * latest : latest;
    }
    store_.acknowledge(task.run->key);
    const std::string name =
        task.run->cell.empty() ? "pretrain:" + task.run->label.substr(9) : task.run->cell;
    progress_.note(fmt::format("done {} {} {}", task.run->key, name, task.run->seed));
}

void Scheduler::fail(std::size_t index, const std::string& phase, ErrorKind kind, const std::string& reason,
                     bool record_it) {
    Task& task = tasks_[index];
    task.state = TaskState::failed;
    ++summary_.failed;
    summary_.first_failure = summary_.first_failure.value_or(kind);
    if (record_it) {
        store_.publish_failure(failure_record(*task.run, phase, kind, reason));
    }
    if (phase != "parent") {
        progress_.note(fmt::format("failed {} {} {} in phase {}: {}", task.run->key, task.run->label,
                                   task.run->seed, phase, reason));
    }
    fail_children(index, kind, reason);
}

void Scheduler::fail_children(std::size_t parent, ErrorKind kind, const std::string& reason) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (tasks_[i].parent == parent && tasks_[i].state == TaskState::waiting) {
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

// A child could not read its parent's checkpoint: set it aside and pre-train once more, then the child again.
bool Scheduler::retry_parent(std::size_t child, const std::string& reason) {
    const std::size_t parent = tasks_[child].parent;
    if (parent == no_task || tasks_[child].checkpoint_retried) {
        return false;
    }
    tasks_[child].checkpoint_retried = true;
    tasks_[child].state = TaskState::waiting;
    if (tasks_[parent].state == TaskState::done) {
        log_error(reason);
        store_.set_aside_checkpoint(tasks_[parent].run->key, reason);
        tasks_[parent].state = TaskState::waiting;
        --(summary_.done_now > 0 ? summary_.done_now : summary_.done_before);
    }
    return true;
}

void Scheduler::renew_claims() {
    const double now = monotonic_seconds();
    if (now - last_renewal_ < options_.heartbeat_seconds) {
        return;
    }
    last_renewal_ = now;
    for (Slot& slot : slots_) {
        if (slot.claim && !slot.claim->renew()) {
            log_warning("another process has taken over run " + tasks_[slot.task].run->key +
                        "; both results must be equal");
        }
    }
}

// Workers finish nothing: what is in flight is lost, what is published stays.
void Scheduler::stop_workers() {
    log_warning("stopping: finished runs are kept, runs in flight start again next time");
    for (Slot& slot : slots_) {
        if (slot.worker) {
            slot.worker->signal(SIGTERM);
        }
    }
    const double deadline = monotonic_seconds() + options_.worker_grace_seconds;
    const auto any_running = [this] {
        return std::any_of(slots_.begin(), slots_.end(),
                           [](const Slot& slot) { return slot.worker.has_value(); });
    };
    while (any_running() && monotonic_seconds() < deadline) {
        for (Slot& slot : slots_) {
            if (!slot.worker) {
                continue;
            }
            bool ended = false;
            for (const plan::WorkReport& report : slot.worker->receive(ended)) {
                if (report.event == plan::WorkEvent::done) { // published before the signal arrived
                    handle(slot, report);
                }
            }
            if (slot.worker->try_wait()) {
                slot.worker.reset();
                free_slot(slot);
            }
        }
        ::poll(nullptr, 0, 20);
    }
}

double Scheduler::rate_of(const Task& task) const {
    const auto measured = throughput_.find(task.run->config.network.id);
    return measured != throughput_.end() && measured->second > 0.0
               ? measured->second
               : plan::find(catalog_.profiles, task.plan->profile, "profile").gigamacs_per_second;
}

double Scheduler::remaining_seconds() const {
    double seconds = 0.0;
    for (const Task& task : tasks_) {
        if (task.state == TaskState::waiting || task.state == TaskState::running) {
            seconds += task.run->gigamacs / rate_of(task);
        }
    }
    return seconds / static_cast<double>(std::max<int>(1, options_.jobs));
}

ProgressState Scheduler::progress_state() const {
    ProgressState state{.done = summary_.done_before + summary_.done_now,
                        .total = tasks_.size(),
                        .failed = summary_.failed,
                        .remaining_seconds = remaining_seconds(),
                        .current = {}};
    for (const Slot& slot : slots_) {
        if (slot.task != no_task) {
            state.current.push_back(tasks_[slot.task].run->label);
        }
    }
    return state;
}

} // namespace suite::run
