#include <memory>

#include <fmt/format.h>

#include "reports/check/check.hpp"
#include "reports/format/json.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/terminal.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/main_verbs.hpp"
#include "suite/app/reporting.hpp"
#include "suite/base/log.hpp"

namespace suite::app {
namespace {

void print(const std::vector<reports::CheckResult>& results) {
    for (const reports::CheckResult& result : results) {
        fmt::print("{}{}", &result == &results.front() ? "" : "\n",
                   reports::check_text(result, page_of_stdout()));
    }
}

void log_skips(const reports::CheckResult& result, bool by_gates) {
    for (const std::string& test : by_gates ? reports::absences(result) : reports::skipped_tests(result)) {
        log_warning("skipped: " + test);
    }
}

/// What the tests before a strict check came to: CTest calls a suite of skipped tests a success.
void log_tally(const reports::CheckResult& result) {
    log_info(fmt::format("{} at {}: {}", result.workload, result.profile, reports::test_tally_text(result)));
}

} // namespace

Outcome check_workloads(const CheckOptions& options, bool prints) {
    const std::vector<reports::CheckResult> results =
        check_selection(options.selection, {.cells = options.selection.cells, .claims = options.claims});
    Outcome outcome;
    if (options.selection.output.json) {
        outcome.document =
            document_of_all(results, [](const auto& result) { return reports::to_json(result); });
    } else if (prints) {
        print(results);
    }
    for (const reports::CheckResult& result : results) {
        log_damage(result);
        const bool by_gates = options.rules.gates && result.is_scaling;
        const int own = reports::exit_code(result, options.rules);
        if (own == exit_code(ErrorKind::skipped)) {
            log_skips(result, by_gates);
        }
        if ((options.rules.strict || options.rules.strict_inconclusive) && !by_gates) {
            log_tally(result);
        }
        outcome.exit_code = worse_exit_code(outcome.exit_code, own);
    }
    return outcome;
}

void add_judgement(CLI::App& verb, CheckOptions& options) {
    verb.add_option("--claim", options.claims, "Only this claim; may be repeated")
        ->type_name("ID")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    verb.add_flag("--strict", options.rules.strict,
                  "A cell that is missing or has too few runs fails the check");
    verb.add_flag("--strict-inconclusive", options.rules.strict_inconclusive,
                  "As --strict, and what is inconclusive (unclear, cannot be told) fails it, too");
}

void register_check(Dispatcher& dispatcher) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "check", "Compares the results in the store with the references, and tests the claims",
        options->selection.output,
        [options] { return printed(check_workloads(*options), options->selection.output); });
    add_selection(*verb, options->selection);
    add_judgement(*verb, *options);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
    verb->add_flag("--gates", options->rules.gates,
                   "Of scaling runs, judge only validity (counts, parameters, losses), not timing")
        ->group(rare_group);
    verb->add_flag("--skip-missing", options->rules.skip_missing,
                   "Exit with 77 when something is missing, incomplete or without a reference and nothing "
                   "differs")
        ->group(rare_group);
    verb->add_flag("--skip-inconclusive", options->rules.skip_inconclusive,
                   "Exit with 77 when something is inconclusive and nothing differs")
        ->group(rare_group);
}

} // namespace suite::app
