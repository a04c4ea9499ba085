// transferscale: reads the options, runs one verb, turns errors of the world into one message and an exit
// code.
#include <exception>
#include <string>

#include "suite/app/verbs.hpp"
#include "suite/base/error.hpp"
#include "suite/base/log.hpp"

namespace {

using suite::app::Dispatcher;

void register_verbs(Dispatcher& dispatcher) {
    suite::app::register_list(dispatcher);
    suite::app::register_plan(dispatcher);
    suite::app::register_run(dispatcher);
    suite::app::register_check(dispatcher);
    suite::app::register_report(dispatcher);
    suite::app::register_stats(dispatcher);
    suite::app::register_baseline(dispatcher);
    suite::app::register_doctor(dispatcher);
}

int report_usage(const CLI::App& root, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
        return root.exit(error); // --help
    }
    const suite::Error usage(suite::ErrorKind::usage, suite::Fault{.where = "command line",
                                                                   .found = error.what(),
                                                                   .expected = "",
                                                                   .fix = "see transferscale --help"});
    suite::log_error(usage.what());
    return usage.exit_code();
}

} // namespace

int main(int argc, char** argv) {
    CLI::App root("States published transfer-learning results as workloads, reproduces and checks them.",
                  "transferscale");
    root.require_subcommand(1);
    Dispatcher dispatcher{.root = root, .action = {}};
    try {
        register_verbs(dispatcher);
        root.parse(argc, argv);
        return dispatcher.action();
    } catch (const CLI::ParseError& error) {
        return report_usage(root, error);
    } catch (const suite::Error& error) {
        suite::log_error(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        suite::log_error(std::string("error[E600] found ") + error.what() + ". Fix: report this as a bug");
        return suite::exit_code(suite::ErrorKind::environment);
    }
}
