// transferscale: reads the options, runs one verb, turns errors of the world into one message and an exit
// code.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "suite/app/verbs.hpp"
#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"
#include "suite/base/names.hpp"

namespace {

using suite::app::Dispatcher;

void register_verbs(Dispatcher& dispatcher) {
    suite::app::register_list(dispatcher);
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
}

// "option '--profil'; nearest …" for a word that the command line does not know; empty when all are known.
std::vector<suite::Fault> unknown_words(const CLI::App& root, const std::vector<std::string>& words) {
    std::vector<std::string> verbs;
    for (const CLI::App* verb : root.get_subcommands({})) {
        verbs.push_back(verb->get_name());
    }
    if (words.empty() || words.front().starts_with('-')) {
        return {};
    }
    if (std::find(verbs.begin(), verbs.end(), words.front()) == verbs.end()) {
        return {{.where = "verb",
                 .found = "'" + words.front() + "'",
                 .expected = suite::expected_names(words.front(), verbs),
                 .fix = "see transferscale --help"}};
    }
    std::vector<std::string> options;
    for (const CLI::App* app = root.get_subcommand(words.front()); app != nullptr;) {
        for (const CLI::Option* option : app->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                options.push_back("--" + name);
            }
        }
        const auto deeper = app->get_subcommands(); // those that were named
        app = deeper.empty() ? nullptr : deeper.front();
    }
    std::vector<suite::Fault> faults;
    for (const std::string& word : words) {
        const std::string name = word.substr(0, word.find('='));
        if (name.starts_with("--") && name.size() > 2 &&
            std::find(options.begin(), options.end(), name) == options.end()) {
            faults.push_back({.where = "option",
                              .found = "'" + name + "'",
                              .expected = suite::expected_names(name, options),
                              .fix = "see transferscale " + words.front() + " --help"});
        }
    }
    return faults;
}

int report_usage(const CLI::App& root, const CLI::ParseError& error, const std::vector<std::string>& words) {
    if (error.get_exit_code() == 0) {
        return root.exit(error); // --help
    }
    std::vector<suite::Fault> faults = unknown_words(root, words);
    if (faults.empty()) {
        faults.push_back({.where = "command line",
                          .found = error.what(),
                          .expected = "",
                          .fix = "see transferscale --help"});
    }
    const suite::Error usage(suite::ErrorKind::usage, std::move(faults));
    suite::log_error(usage.what());
    return usage.exit_code();
}

// A full disk or a closed pipe behind stdout must not look like success.
void flush_stdout() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        throw suite::errno_error(suite::ErrorKind::environment, "stdout", "writing", errno);
    }
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
        const int code = dispatcher.action();
        flush_stdout();
        return code;
    } catch (const CLI::ParseError& error) {
        return report_usage(root, error, {argv + 1, argv + argc});
    } catch (const suite::Error& error) {
        suite::log_error(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        suite::log_error(std::string("error[E600] found ") + error.what() + ". Fix: report this as a bug");
        return suite::exit_code(suite::ErrorKind::environment);
    }
}
