#include "suite/app/run_summary.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "suite/app/given_options.hpp"
#include "suite/run/job_script.hpp"

namespace suite::app {
namespace {

std::size_t skipped_runs(const run::RunSummary& summary) {
    return std::accumulate(summary.skipped.begin(), summary.skipped.end(), std::size_t{0},
                           [](std::size_t sum, const auto& entry) { return sum + entry.second; });
}

std::string counts_text(const run::RunSummary& summary) {
    const std::string before =
        summary.done_before > 0 ? fmt::format(" ({} of them before)", summary.done_before) : "";
    return fmt::format("{} of {} runs done{}, {} failed, {} skipped", summary.done_before + summary.done_now,
                       summary.total, before, summary.failed, skipped_runs(summary));
}

} // namespace

std::string called_name() {
    std::ifstream words("/proc/self/cmdline");
    std::string name;
    std::getline(words, name, '\0');
    return name.empty() ? "transferscale" : run::shell_quoted(name);
}

std::string selection_text(const CLI::App& command, const std::vector<std::string>& workloads) {
    const CLI::App& program = *command.get_parent();
    const std::array<const CLI::App*, 3> others{
        program.get_subcommand("plan"), program.get_subcommand("check"), program.get_subcommand("report")};
    std::vector<std::string> words = workloads;
    const std::vector<std::string> options =
        to_arguments(known_to(others, given_options(command)), Paths::as_given);
    words.insert(words.end(), options.begin(), options.end());
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + run::shell_quoted(word);
    }
    return text;
}

std::string summary_text(const run::RunSummary& summary, const std::string& selection,
                         bool names_next_steps) {
    const std::string time = run::duration_text(summary.seconds);
    if (summary.interrupted) {
        return fmt::format("stopped after {}: {}\nrun the same command to go on", time, counts_text(summary));
    }
    std::string text = fmt::format("finished in {}: {}", time, counts_text(summary));
    if (summary.failed > 0) {
        text += "\nrun the same command to try the failed runs again";
    }
    const std::string command = called_name();
    if (summary.done_before + summary.done_now == 0 && !summary.skipped.empty()) {
        text += fmt::format("\nnothing could start; what is missing and where to get it:\nnext: {} plan {}",
                            command, selection);
    } else if (names_next_steps && summary.done_before + summary.done_now > 0) {
        text += fmt::format("\nnext: {0} check {1}\n      {0} report {1}", command, selection);
    }
    return text;
}

} // namespace suite::app
