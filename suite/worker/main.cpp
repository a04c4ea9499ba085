// transferscale-worker: reads orders from stdin, one a line, and answers each on stdout; or, with a task as
// its arguments, does that. Started by transferscale, one thread; a crash here is a failure record there, not
// the end.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"
#include "suite/plan/weights_order.hpp"
#include "suite/plan/work_message.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/executor.hpp"
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

void send(const suite::plan::WorkReport& report) {
    std::cout << to_line(report) << '\n' << std::flush;
}

int serve(const std::string& store) {
    suite::train::initialise_torch();
    suite::worker::Executor executor(
        store, [] { return stop_requested != 0; }, send);
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
        if (arguments.size() != 2 || arguments[0] != "--store") {
            return perform_task(arguments);
        }
        catch_stop_signals();
        return serve(arguments[1]);
    } catch (const suite::Error& error) {
        suite::log_error(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        suite::log_error(std::string("error[E600] transferscale-worker: ") + error.what());
        return suite::exit_code(suite::ErrorKind::environment);
    }
}
