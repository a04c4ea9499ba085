// transferscale: reads the options, runs one command, turns errors of the world into one message and an exit
// code.
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "suite/app/help_text.hpp"
#include "suite/app/usage_errors.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"

namespace {

using suite::app::Dispatcher;

void register_verbs(Dispatcher& dispatcher) {
    suite::app::register_list(dispatcher);
    suite::app::register_reproduce(dispatcher);
    suite::app::register_plan(dispatcher);
    suite::app::register_run(dispatcher);
    suite::app::register_check(dispatcher);
    suite::app::register_audit(dispatcher);
    suite::app::register_report(dispatcher);
    suite::app::register_bundle(dispatcher);
    suite::app::register_verify(dispatcher);
    suite::app::register_compare(dispatcher);
    suite::app::register_scale(dispatcher);
    suite::app::register_stats(dispatcher);
    suite::app::register_baseline(dispatcher);
    suite::app::register_predict(dispatcher);
    suite::app::register_infer(dispatcher);
    suite::app::register_weights(dispatcher);
    suite::app::register_doctor(dispatcher);
    suite::app::register_submit(dispatcher);
    suite::app::register_data(dispatcher);
    suite::app::register_help(dispatcher);
    suite::app::register_completion(dispatcher);
    suite::app::register_man(dispatcher);
}

int report(const suite::Error& error) {
    suite::log_error(error.what());
    return error.exit_code();
}

// A full disk or a closed pipe behind stdout must not look like success.
void flush_stdout() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        throw suite::errno_error(suite::ErrorKind::environment, "stdout", "writing", errno);
    }
}

} // namespace

int main(int argc, char** argv) {
    CLI::App root(
        "Reproduces the published results of a transfer-learning study, each as a named workload, and "
        "checks them with statistics.",
        "transferscale");
    Dispatcher dispatcher{.root = root, .action = {}};
    try {
        suite::app::set_up_program(dispatcher);
        register_verbs(dispatcher);
        suite::app::group_commands(root);
        root.parse(argc, argv);
        if (!dispatcher.action) {
            throw suite::app::no_command();
        }
        const int code = dispatcher.action();
        flush_stdout();
        return code;
    } catch (const CLI::ParseError& refusal) {
        return refusal.get_exit_code() == 0
                   ? root.exit(refusal) // --help
                   : report(suite::app::usage_error(root, refusal, {argv + 1, argv + argc}));
    } catch (const suite::Error& error) {
        return report(error);
    } catch (const std::exception& error) {
        suite::log_error(std::string("error[E600] found ") + error.what() + ". Fix: report this as a bug");
        return suite::exit_code(suite::ErrorKind::environment);
    }
}
