// transferscale-worker: reads orders from stdin, one a line, and answers each on stdout, alone or as one of
// several ranks; or, with a task as its arguments, does that. Started by transferscale, one thread; a crash
// here is a failure record there, not the end.
//
//   transferscale-worker --store DIR [--first-core C] [--device D] [--first-gpu G] [--portable-bits]
//   transferscale-worker --store DIR --communicator mpi --ranks N [--deadline S] [--first-core C]
//                        [--device D] [--first-gpu G] [--oversubscribed] [--portable-bits]
//   transferscale-worker --describe        MPI library and topology as JSON
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/prctl.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"
#include "suite/plan/order/weights_order.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/train/runtime.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/executor.hpp"
#include "suite/worker/rank_service.hpp"
#include "suite/worker/weights_tasks.hpp"

namespace {

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void note_stop(int) {
    stop_requested = 1;
}

void catch_stop_signals() {
    struct sigaction action {};
    action.sa_handler = note_stop; // without SA_RESTART: a worker that waits for an order wakes up
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGXFSZ, SIG_IGN); // a file-size limit becomes an error with a message
}

// Launchers hand on the signals of batch systems, and reset what the scheduler had ignored for its workers.
// A launcher that is gone must not leave its ranks behind.
void prepare_rank() {
    struct sigaction action {};
    action.sa_handler = note_stop;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGUSR1, &action, nullptr);
    ::sigaction(SIGUSR2, &action, nullptr);
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void send(const suite::plan::WorkReport& report) {
    std::cout << to_line(report) << '\n' << std::flush;
}

int serve(const suite::worker::RankServiceOptions& options) {
    suite::worker::bind_rank(options, 0, 1);
    suite::train::initialise_torch();
    suite::worker::Executor executor(
        options.store, [] { return stop_requested != 0; }, send,
        suite::worker::choose_device(options.device, options.first_gpu, {}));
    send({}); // ready: from now on the end of this process is the fault of the run in hand
    std::string line;
    while (stop_requested == 0 && std::getline(std::cin, line)) {
        const suite::plan::WorkReport report = executor.execute(suite::plan::work_order_from_line(line));
        send(report);
        if (report.event == suite::plan::WorkEvent::interrupted) {
            break;
        }
    }
    return stop_requested != 0 ? suite::exit_code(suite::ErrorKind::interrupted) : 0;
}

suite::Error argument_error(const std::string& where, const std::string& found) {
    return {suite::ErrorKind::usage,
            suite::Fault{.where = where,
                         .found = found,
                         .expected =
                             "--store DIR [--communicator mpi --ranks N] [--deadline S] [--first-core C] "
                             "[--device D] [--first-gpu G] [--oversubscribed] [--portable-bits]",
                         .fix = "let transferscale run start it"}};
}

suite::worker::RankServiceOptions rank_options(const std::vector<std::string>& arguments) {
    suite::worker::RankServiceOptions options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--oversubscribed") {
            options.oversubscribed = true;
            continue;
        }
        if (name == "--portable-bits") {
            suite::train::expect_portable_code_paths();
            continue;
        }
        if (i + 1 == arguments.size()) {
            throw argument_error(name, "no value");
        }
        const std::string& value = arguments[++i];
        try {
            if (name == "--store") {
                options.store = value;
            } else if (name == "--ranks") {
                options.ranks = std::stoi(value);
            } else if (name == "--deadline") {
                options.deadline_seconds = std::stod(value);
            } else if (name == "--first-core") {
                options.first_core = std::stoi(value);
            } else if (name == "--device") {
                options.device = value;
            } else if (name == "--first-gpu") {
                options.first_gpu = std::stoi(value);
            } else if (name != "--communicator" || value != "mpi") {
                throw argument_error(name, "'" + value + "'");
            }
        } catch (const std::logic_error&) { // of stoi and stod
            throw argument_error(name, "'" + value + "'");
        }
    }
    return options;
}

int serve_as_rank(const suite::worker::RankServiceOptions& options) {
    prepare_rank();
    return suite::worker::serve_ranks(
        options, [] { return stop_requested != 0; }, send);
}

int perform_task(const std::vector<std::string>& arguments) {
    const auto order = suite::plan::weights_order_from_arguments(arguments);
    suite::set_log_level(order.quiet ? suite::LogLevel::error : suite::LogLevel::info);
    suite::train::initialise_torch();
    suite::worker::perform(order);
    if (std::fflush(stdout) != 0) {
        throw suite::errno_error(suite::ErrorKind::environment, "stdout", "writing", errno);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        if (arguments.size() == 1 && arguments[0] == "--describe") {
            std::cout << suite::worker::describe_ranks() << std::endl;
            return 0;
        }
        const bool serves = arguments.size() >= 2 && arguments[0] == "--store";
        if (!serves) {
            return perform_task(arguments);
        }
        catch_stop_signals();
        const auto options = rank_options(arguments);
        const bool is_alone = std::ranges::find(arguments, "--communicator") == arguments.end();
        return is_alone ? serve(options) : serve_as_rank(options);
    } catch (const suite::Error& error) {
        suite::log_error(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        suite::log_error(std::string("error[E600] transferscale-worker: ") + error.what());
        return suite::exit_code(suite::ErrorKind::environment);
    }
}
