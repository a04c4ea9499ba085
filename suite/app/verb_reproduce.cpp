#include <memory>

#include <fmt/format.h>

#include "suite/app/main_verbs.hpp"
#include "suite/base/log.hpp"

namespace suite::app {
namespace {

/// Its selection is that of all three; `check.selection` and `report.selection` are filled before their turn.
struct ReproduceOptions {
    RunVerbOptions run{.names_next_steps = false};
    CheckOptions check;
    ReportOptions report;
};

/// A verb whose error must not keep the next one from its turn: the error is logged, its exit code stands.
template<typename Verb>
Outcome attempted(const Verb& verb) {
    try {
        return verb();
    } catch (const Error& error) {
        log_error(error.what());
        return {.exit_code = error.exit_code()};
    }
}

/// A run that failed or was interrupted ends it. A check that fails does not keep the report from being
/// written, whose table says the same as the text of the check: that one is printed for named claims alone.
Outcome reproduce(ReproduceOptions options, const CLI::App& command) {
    Outcome all{.document = {{"run", nullptr}, {"check", nullptr}, {"report", nullptr}}};
    const Outcome run = run_workloads(options.run, command);
    all.exit_code = run.exit_code;
    all.document["run"] = run.document;
    if (run.exit_code != 0) {
        log_info(fmt::format("the run ended with exit code {}; what is done stays in the store, the same "
                             "command goes on from there",
                             run.exit_code));
        return all;
    }
    options.check.selection = options.run.selection;
    options.report.selection = options.run.selection;
    const Outcome check =
        attempted([&] { return check_workloads(options.check, !options.check.claims.empty()); });
    const Outcome report = attempted([&] { return report_workloads(options.report); });
    all.document["check"] = check.document;
    all.document["report"] = report.document;
    all.exit_code = check.exit_code != 0 ? check.exit_code : report.exit_code;
    return all;
}

} // namespace

int printed(const Outcome& outcome, const OutputOptions& output) {
    if (output.json) {
        fmt::print("{}\n", outcome.document.dump(2));
    }
    return outcome.exit_code;
}

void register_reproduce(Dispatcher& dispatcher) {
    auto options = std::make_shared<ReproduceOptions>();
    SelectionOptions& selection = options->run.selection;
    CLI::App* verb = add_verb(
        dispatcher, "reproduce",
        "Trains what is still missing of these workloads, checks the results and writes the report: run, "
        "check and report in one; run again, it goes on",
        selection.output, [options, &dispatcher] {
            const CLI::App& command = *dispatcher.root.get_subcommand("reproduce");
            return printed(reproduce(*options, command), options->run.selection.output);
        });
    add_selection(*verb, selection);
    add_jobs(*verb, options->run);
    add_judgement(*verb, options->check);
    add_report_folder(*verb, options->report);
    add_formats(*verb, options->report);
    add_data(*verb, selection);
    add_ranks(*verb, selection);
    add_launcher(*verb, options->run.launcher);
    add_run_options(*verb, options->run.more);
}

} // namespace suite::app
