// run, check and report, which `reproduce` joins: their options and what they do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/check.hpp"
#include "suite/app/run_options.hpp"
#include "suite/app/verbs.hpp"
#include "suite/run/launcher.hpp"

namespace suite::app {

/// What a verb came to. Its texts are printed by then; its document is not.
struct Outcome {
    int exit_code = 0;
    nlohmann::ordered_json document; ///< with --json alone
};

/// Prints the document if it was asked for; the exit code.
[[nodiscard]] int printed(const Outcome& outcome, const OutputOptions& output);

struct RunVerbOptions {
    SelectionOptions selection;
    std::optional<int> jobs; ///< absent: as many as there are cores for
    std::string launcher{run::default_launcher};
    RunOptions more;
    bool names_next_steps = true; ///< at the end, the commands that check and report
};

struct CheckOptions {
    SelectionOptions selection;
    std::vector<std::string> claims;
    reports::ExitRules rules;
};

struct ReportOptions {
    SelectionOptions selection;
    std::vector<std::filesystem::path> bundles; ///< instead of the store
    std::filesystem::path out = "report";
    std::string formats; ///< empty: all but png, figures where gnuplot is there
    bool card = false;
};

/// --jobs.
void add_jobs(CLI::App& verb, RunVerbOptions& options);
/// --claim --strict --strict-inconclusive.
void add_judgement(CLI::App& verb, CheckOptions& options);
/// --out, --format.
void add_report_folder(CLI::App& verb, ReportOptions& options);
void add_formats(CLI::App& verb, ReportOptions& options);

/// `command`: as which it was called, for what it says to type next.
[[nodiscard]] Outcome run_workloads(const RunVerbOptions& options, const CLI::App& command);
/// `prints`: cells and claims as text; faults and what is skipped are logged in any case.
[[nodiscard]] Outcome check_workloads(const CheckOptions& options, bool prints = true);
[[nodiscard]] Outcome report_workloads(const ReportOptions& options);

} // namespace suite::app
