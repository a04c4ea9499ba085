#include "suite/run/scheduler.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/run/stop_signals.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {
namespace {

// How often a run that another process has claimed is looked at again.
constexpr double elsewhere_interval_seconds = 0.5;
constexpr int poll_milliseconds = 100;

// A kind that this version does not know must not stop the other runs.
ErrorKind kind_of(const plan::WorkReport& report) {
    try {
        return error_kind_from_string(report.kind);
    } catch (const Error&) {
        return ErrorKind::environment;
    }
}

// Workers never end with these codes: mpirun ends with 1, or one above those of signals, when it starts
// nothing.
bool is_failed_launch(int wait_status) {
    constexpr int code_of_signals = 128;
    constexpr int last_signal = 64;
    if (!WIFEXITED(wait_status)) {
        return false;
    }
    const int code = WEXITSTATUS(wait_status);
    return code == 1 || code > code_of_signals + last_signal;
}

// The worker was asked to stop by somebody else: its run is repeated.
bool is_interruption(int wait_status) {
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == exit_code(ErrorKind::interrupted);
}

// Ranks that differ or lack something say so by their exit code; a launcher that starts none ends with a code
// of its own; any other end is a lost rank.
ErrorKind kind_before_any_run(int ranks, int wait_status) {
    for (const ErrorKind kind : {ErrorKind::usage, ErrorKind::environment}) {
        if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == exit_code(kind)) {
            return kind;
        }
    }
    return ranks > 1 && !is_failed_launch(wait_status) ? ErrorKind::peer : ErrorKind::environment;
}

} // namespace

RunSummary Scheduler::run() {
    const double started = monotonic_seconds();
    StopSignals signals; // before the store is read, which takes a while when it is large
    take_stock();
    const std::size_t todo = tasks_.size() - summary_.done_before;
    log_info(fmt::format("{} runs: {} in the store, {} to do{}", tasks_.size(), summary_.done_before, todo,
                         todo == 0 ? "" : ", " + local_text(time_left())));
    if (todo > 0) {
        check_cores();
        program_ = worker_program(options_.worker);
        if (const std::string names = set_binding_variables(); !names.empty()) {
            log_warning(
                fmt::format("{}: not handed to workers, which bind themselves; with it all would share "
                            "one core",
                            names));
        }
        slots_.resize(std::min(static_cast<std::size_t>(std::max(1, options_.jobs)), todo));
    }
    while (!is_finished()) {
        assign();
        wait_for_reports();
        kill_late_workers();
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
    summary_.seconds = monotonic_seconds() - started;
    return summary_;
}

void Scheduler::assign() {
    for (Slot& slot : slots_) {
        while (slot.task == no_task && !slot.leaving) {
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

bool Scheduler::begin(Slot& slot, std::size_t index) {
    Task& task = tasks_[index];
    slot.claim = store_.try_claim(task.run->key);
    if (!slot.claim) {
        task.state = TaskState::elsewhere;
        task.next_look_seconds = monotonic_seconds() + elsewhere_interval_seconds;
        return false;
    }
    const store::Lookup lookup = store_.look_up(task.run->key); // another process may just have finished it
    const bool is_parent = task.run->is_pretraining();
    if (lookup.state == store::LookupState::finished &&
        (!is_parent || std::filesystem::exists(store_.checkpoint_path(task.run->key)))) {
        slot.claim.reset();
        complete(index, {});
        return false;
    }
    start_worker(slot, task);
    slot.task = index;
    task.state = TaskState::running;
    const plan::WorkOrder order{.key = task.run->key,
                                .config = canonical_text(task.run->config),
                                .cell = task.run->cell,
                                .workload = task.plan->workload,
                                .profile = task.plan->profile,
                                .weights = task.run->weights_file,
                                .options = options_.work};
    if (!slot.worker->send(order)) {
        handle_end(slot);
    }
    return true;
}

// A worker of the task's kind; one of another kind ends before. Beside an exclusive run not even an idle one
// stays.
void Scheduler::start_worker(Slot& slot, const Task& task) {
    const int ranks = ranks_of(task);
    if (slot.worker && (slot.ranks != ranks || slot.exclusive != task.run->exclusive)) {
        end_idle_worker(slot);
    }
    if (task.run->exclusive) {
        for (Slot& other : slots_) {
            if (&other != &slot && other.worker) {
                end_idle_worker(other);
            }
        }
    }
    if (slot.worker) {
        return;
    }
    // Another launcher may reach other machines: there the ranks count themselves and their cores.
    const bool oversubscribed = ranks > 1 && options_.launcher == default_launcher &&
                                ranks * (task.run->exclusive ? 1 : options_.jobs) > default_jobs();
    // Workers of one machine spread over its GPUs; each goes round again at the last.
    const int first_gpu = task.run->exclusive ? 0 : static_cast<int>(&slot - slots_.data()) * options_.ranks;
    slot.worker.emplace(WorkerLaunch{.program = program_,
                                     .store = store_.root(),
                                     .ranks = ranks,
                                     .launcher = options_.launcher,
                                     .oversubscribed = oversubscribed,
                                     .first_core = task.run->exclusive && !oversubscribed ? 0 : -1,
                                     .device = options_.device,
                                     .first_gpu = first_gpu,
                                     .deadline_seconds = options_.deadline_seconds,
                                     .portable_bits = options_.portable_bits});
    slot.ranks = ranks;
    slot.exclusive = task.run->exclusive;
    slot.proved = false;
}

void Scheduler::end_idle_worker(Slot& slot) {
    slot.worker->end_orders();
    slot.worker->wait();
    slot.worker.reset();
    slot.leaving = false;
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
        slot.step = report.step;
        slot.total_steps = report.total_steps;
        slot.loss = report.loss;
        return;
    case plan::WorkEvent::interrupted:
        tasks_[task].state = TaskState::waiting;
        slot.leaving = true;
        break;
    case plan::WorkEvent::done:
        progress_.count_done();
        complete(task, report);
        break;
    case plan::WorkEvent::failed:
        if (report.kind == to_string(ErrorKind::skipped)) {
            skip(task, report.reason);
        } else if (report.phase != "parent" || !retry_parent(task, report.reason)) {
            // A worker that cannot trust its order has no configuration to record; one that has lost a rank
            // may have lost the one that writes.
            const bool lost_rank = kind_of(report) == ErrorKind::peer;
            if (lost_rank) { // the remaining ranks exit on their own
                slot.leaving = true;
                slot.worker->end_orders();
                slot.kill_seconds = monotonic_seconds() + options_.worker_grace_seconds;
            }
            fail(task, report.phase, kind_of(report), report.reason, report.phase == "order" || lost_rank);
        }
        break;
    }
    free_slot(slot);
}

// The worker closed its pipe: whatever it had in hand failed there.
void Scheduler::handle_end(Slot& slot) {
    const int status = slot.worker->wait();
    slot.worker.reset();
    slot.leaving = false;
    slot.kill_seconds = 0.0;
    if (slot.task == no_task) {
        return;
    }
    const std::size_t task = slot.task;
    const std::string how = describe_exit(status);
    if (!slot.proved && slot.ranks > 1 && is_failed_launch(status)) {
        throw Error(ErrorKind::environment,
                    failed_launch({.ranks = slot.ranks, .launcher = options_.launcher}, how));
    }
    if (!slot.proved) {
        throw Error(kind_before_any_run(slot.ranks, status),
                    Fault{.where = program_.string(),
                          .found = "a worker that ended with " + how + " before any run",
                          .expected = "a running worker",
                          .fix = "start it by hand to see why: ./reproduce doctor"});
    }
    if (is_interruption(status)) {
        tasks_[task].state = TaskState::waiting;
        free_slot(slot);
        return;
    }
    if (slot.ranks > 1) {
        fail(task, "worker", ErrorKind::peer,
             fmt::format("the worker of {} ranks ended with {}: a rank was lost", slot.ranks, how), true);
    } else {
        fail(task, "worker", ErrorKind::environment, "the worker process ended with " + how, true);
    }
    free_slot(slot);
}

// A launcher that cannot get rid of its ranks must not hold up the rest.
void Scheduler::kill_late_workers() {
    for (const Slot& slot : slots_) {
        if (slot.worker && slot.kill_seconds > 0.0 && monotonic_seconds() > slot.kill_seconds) {
            slot.worker->signal(SIGKILL);
        }
    }
}

void Scheduler::free_slot(Slot& slot) {
    slot.task = no_task;
    slot.claim.reset();
    slot.step = 0;
    slot.total_steps = 0;
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
    log_warning("stopping: finished runs are kept, long runs keep their state");
    for (Slot& slot : slots_) {
        if (slot.worker) {
            slot.worker->stop();
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

} // namespace suite::run
