// `transferscale --version`, and what else concerns the program as a whole.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "provenance_generated.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/help_text.hpp"
#include "suite/app/verbs.hpp"

namespace suite::app {
namespace {

struct VersionOptions {
    bool version = false;
    bool json = false;
};

int print_version(bool json) {
    namespace built = build_provenance;
    if (json) {
        const nlohmann::ordered_json document{
            {"version", built::project_version},    {"commit", built::git_commit},
            {"local_changes", built::git_dirty},    {"libtorch", built::libtorch_version},
            {"build_type", built::build_type},      {"compiler", built::compiler},
            {"compile_flags", built::compile_flags}};
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    fmt::print("transferscale {}\ncommit {}{}\nLibTorch {}\n{} build, {}\n", built::project_version,
               built::git_commit, built::git_dirty ? " with local changes" : "", built::libtorch_version,
               built::build_type, built::compiler);
    return 0;
}

} // namespace

void set_up_program(Dispatcher& dispatcher) {
    CLI::App& root = dispatcher.root;
    root.formatter_fn([](const CLI::App* command, const std::string& name, CLI::AppFormatMode) {
        const std::size_t blank = name.find(' '); // "transferscale data check"
        return help_text(command_entry(*command, blank == std::string::npos ? "" : name.substr(blank + 1)));
    });
    root.set_help_flag("-h,--help", "Print this text and exit")->group(output_group);
    root.require_subcommand(0, 1); // one at most: names of commands may be arguments of `help`
    auto options = std::make_shared<VersionOptions>();
    CLI::Option* version = root.add_flag("--version", options->version,
                                         "Print version, commit, LibTorch and build type, and exit")
                               ->group(output_group);
    root.add_flag("--json", options->json, "With --version: print one JSON document")
        ->needs(version)
        ->group(output_group);
    root.parse_complete_callback([&dispatcher, options] {
        if (options->version) {
            dispatcher.action = [options] { return print_version(options->json); };
        }
    });
}

} // namespace suite::app
